// CaptivateIQ, GET /ciq/v1/audit-logs/: whole-day filters, pages by offset, `next` absolute and relative in
// turn. Facts: the vendor's developer pages (pagination, faqs) and its OpenAPI description of the endpoint.
#include <algorithm>
#include <iterator>

#include "simvendors/api.h"
#include "simvendors/row_writer.h"

namespace auditstream::sim {

namespace {

using test::Reply;
using test::Request;

constexpr std::string_view events[] = {"update", "create", "delete", "user.login"};

// Where some pages are empty, offsets count what can't be seen too: so many of them after so many rows.
constexpr std::uint64_t seen = 200;
constexpr std::uint64_t unseen = 100;

std::uint64_t rows_before(const TenantSpec& spec, std::uint64_t offset) {
  if (!spec.empty_pages) return offset;
  return offset / (seen + unseen) * seen + std::min(offset % (seen + unseen), seen);
}
std::uint64_t offset_of(const TenantSpec& spec, std::uint64_t row) {
  return spec.empty_pages ? row / seen * (seen + unseen) + row % seen : row;
}

class CaptivateiqApi final : public Api {
 public:
  std::string_view vendor() const override { return "captivateiq"; }
  const Profile& profile() const override {
    static const Profile profile{
        .key_setting = "api_token",
        .key = "captivateiq-token-",
        .scheme = "Token ",
        .first_page = "/ciq/v1/audit-logs/?limit=1000",
        .next_page = [](const Reply& reply, std::size_t) { return target_of(text_at(reply, "/next")); },
        .refused = {"/ciq/v1/audit-logs/?limit=1001", "/ciq/v1/audit-logs/?start_date=2026-11-20T00:00:00Z",
                    "/ciq/v1/audit-logs/?ordering=created_at", "/ciq/v1/audit-logs/?page=2",
                    "/ciq/v1/audit-logs/?end_date=2026-02-30"},
        .shapes = {"documented", "product_page"},
        .time = "/created_at",
        .page = {R"({"total_count":1,"data":[)", R"(],"next":)", "}", ""}};
    return profile;
  }
  bool serves(std::string_view path) const override {
    return path == "/ciq/v1/audit-logs/" || path == "/ciq/v1/audit-logs";
  }
  std::vector<RateSpec> documented_limit() const override { return {{5, 1s}, {1500, 1h}}; }

  std::optional<std::string> credential(const Request& request) const override {
    return authorization(request, "Token");
  }

  Reply error(int status, std::string_view message) const override {
    return test::json_reply(status, "{\"detail\":" + json_string(message) + "}");
  }

  Reply answer(Tenant& tenant, const Request& request, Time now) const override {
    if (!request.path().ends_with('/')) return error(404, "no such path: the slash at the end is missing");
    Query query(request);
    const auto first = query.day("start_date");
    const auto last = query.day("end_date");
    const auto email = query.text("email");
    const std::uint64_t limit = query.number("limit", 50, 1, 1000);
    const std::uint64_t offset = query.number("offset", 0, 0, 1000000000);
    if (!query.finish()) return error(400, query.complaint());

    Filter filter;
    if (email) filter = [&](Serial row) { return person(tenant.dice(row)).email == *email; };
    const std::uint64_t row = rows_before(tenant.spec, offset);
    const Heard heard = as_heard(tenant, day_range(tenant.spec, first, last), !last, std::move(filter), now);
    Slice rows = slice(tenant.log, tenant.spec.order.value_or(Order::descending), heard.range, heard.filter,
                       row, rows_before(tenant.spec, offset + limit) - row);
    lose_at_border(tenant, offset == 0, rows.rows);
    const bool last_page = !tenant.spec.endless_pages &&
                           (rows.total == 0 || offset + limit > offset_of(tenant.spec, rows.total - 1));
    const auto link = [&](std::uint64_t at) {
      std::string url = at / limit % 2 == 0 ? "" : request.origin;
      url += "/ciq/v1/audit-logs/?limit=" + std::to_string(limit) + "&offset=" + std::to_string(at);
      if (first) url += "&start_date=" + time_text(*first, 0).substr(0, 10);
      if (last) url += "&end_date=" + time_text(*last, 0).substr(0, 10);
      if (email) url += "&email=" + *email;
      return json_string(url);
    };
    std::string body =
        "{\"object\":\"list\",\"total_count\":" + std::to_string(rows.total + tenant.spec.total_more) +
        ",\"next\":";
    body += last_page ? "null" : link(offset + limit);
    body += ",\"previous\":";
    body += offset > 0 ? link(offset > limit ? offset - limit : 0) : "null";
    body += ",\"data\":[";
    append_rows(*this, tenant, rows.rows, body);
    body += "]}";
    return test::json_reply(200, std::move(body));
  }

  void render(const Tenant& tenant, Serial serial, std::string& out) const override {
    const std::uint64_t dice = tenant.dice(serial);
    const Flaw flaw = tenant.flaw(serial);
    const Person& who = person(dice);
    const Person& actor = person(dice % 11 == 0 ? dice >> 3 : dice);
    RowWriter row(out);
    row.id("id", json_string(id(tenant, serial)), flaw);
    row.text("object", "audit_log");
    row.text("organization_id", "org_123456");
    row.text("organization_name", "Acme Corp");
    row.number("user_id", who.id);
    row.text("user_name", who.name);
    row.text("user_email", who.email);
    row.number("logged_in_user_id", actor.id);
    row.text("logged_in_user_name", actor.name);
    row.text("logged_in_user_email", actor.email);
    row.address("ip_address", dice >> 16);
    if (!product_page(tenant)) row.raw("data", payload(dice >> 32));
    if (row.may_tell_time("created_at", flaw)) {
      row.time("created_at", tenant.printed(serial), product_page(tenant) ? 0 : 6);
    }
    row.text("event_type", events[(dice >> 8) % std::size(events)]);
    row.number("version", 0);
    row.text("object_id", uuid(dice, 2));
    row.text("object_name", "Sales Dashboard");
    row.text("object_type", "worksheet");
    row.raw("parent_objects", "[]");
    if (names_id_twice(dice, flaw)) row.raw("id", "\"named twice\"");
    row.end();
  }

  std::string id(const Tenant& tenant, Serial serial) const override {
    return uuid(tenant.spec.log.seed, serial);
  }

  Duration precision(const Tenant& tenant, Serial) const override {
    return product_page(tenant) ? Duration(1s) : Duration(1);
  }

 private:
  static bool product_page(const Tenant& tenant) { return tenant.spec.shape == "product_page"; }
};

}  // namespace

const Api& captivateiq_api() {
  static const CaptivateiqApi api;
  return api;
}

}  // namespace auditstream::sim
