// Tines, GET /api/v1/audit_logs: pages by number, newest first, strict bounds in whole seconds.
// Facts: the vendor's API documents (audit logs, rate limits, welcome); the product page's sample for the
// second shape.
#include <algorithm>
#include <iterator>

#include "simvendors/api.h"
#include "simvendors/row_writer.h"

namespace auditstream::sim {

namespace {

using test::Reply;
using test::Request;

constexpr std::string_view operations[] = {
    "Login",         "StoryItemsMovement", "UserCredentialSave", "UserCredentialDestruction",
    "StoryRecovery", "ActionsCreation",    "story.created",      "credential.updated"};

std::string_view operation(std::uint64_t dice) { return operations[(dice >> 8) % std::size(operations)]; }

bool product_page(const Tenant& tenant) { return tenant.spec.shape == "product_page"; }

class TinesApi final : public Api {
 public:
  std::string_view vendor() const override { return "tines"; }
  const Profile& profile() const override {
    static const Profile profile{
        .settings =
            [](const TenantSpec& tenant) {
              return SourceSettings{{"tenant_domain", tenant.name + ".tines.com"}};
            },
        .key = "tines-key-",
        .first_page = "/api/v1/audit_logs?per_page=500",
        .next_page =
            [](const Reply& reply, std::size_t) {
              const std::string number = text_at(reply, "/meta/next_page_number");
              return number.empty() || number == "null" ? ""
                                                        : "/api/v1/audit_logs?per_page=500&page=" + number;
            },
        .refused = {"/api/v1/audit_logs?per_page=501", "/api/v1/audit_logs?per_page=0",
                    "/api/v1/audit_logs?page=0", "/api/v1/audit_logs?limit=5",
                    "/api/v1/audit_logs?after=2026-11-20", "/api/v1/audit_logs?user_id%5B%5D=1&user_id[]=2",
                    "/api/v1/audit_logs?after=2026-11-20T00:00:00.123Z",
                    "/api/v1/audit_logs?after=2026-11-20T00:00:00%2B00:00",
                    "/api/v1/audit_logs?page=1&page=2", "/api/v1/audit_logs?before="},
        .shapes = {"documented", "product_page"},
        .time = "/created_at",
        .page = {R"({"audit_logs":[)", R"(],"meta":{"count":1,"next_page_number":)", "}}", ""},
        .orders = {Order::descending}};
    return profile;
  }
  bool serves(std::string_view path) const override { return path == "/api/v1/audit_logs"; }
  std::vector<RateSpec> documented_limit() const override { return {{1000, 1min}}; }

  std::optional<std::string> credential(const Request& request) const override {
    if (const auto token = request.header("x-user-token")) return std::string(*token);
    return authorization(request, "Bearer");
  }

  Reply error(int status, std::string_view message) const override {
    return test::json_reply(status, "{\"error\":" + json_string(message) + "}");
  }

  Reply answer(Tenant& tenant, const Request& request, Time now) const override {
    Query query(request);
    const auto after = query.instant("after", 0);
    const auto before = query.instant("before", 0);
    auto users = query.list("user_id[]");
    if (const auto user = query.text("user_id")) users.push_back(*user);
    auto names = query.list("operation_name[]");
    if (const auto name = query.text("operation_name")) names.push_back(*name);
    const std::uint64_t per_page = query.number("per_page", 20, 1, 500);
    const std::uint64_t page = query.number("page", 1, 1, 1000000000);
    if (!query.finish()) return error(400, query.complaint());

    const TenantSpec& spec = tenant.spec;
    const Duration unit = spec.printed_bounds ? precision(tenant, 0) : Duration(1);
    Range range;
    if (after) range.from = lower_bound(*after, spec.inclusive.value_or(false), unit);
    if (before) range.to = upper_bound(*before, spec.inclusive.value_or(false), unit);

    Filter filter;
    if (!users.empty() || !names.empty()) {
      filter = [&](Serial row) {
        const std::uint64_t dice = tenant.dice(row);
        const auto has = [](const auto& list, std::string_view value) {
          return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
        };
        return has(users, user_id(tenant, dice)) && has(names, operation(dice));
      };
    }
    // Every third page is empty where some are.
    const bool gap = spec.empty_pages && page % 3 == 0;
    const std::uint64_t full_pages = page - 1 - (spec.empty_pages ? (page - 1) / 3 : 0);
    const Heard heard = as_heard(tenant, range, !before, std::move(filter), now);
    Slice rows = slice(tenant.log, spec.order.value_or(Order::descending), heard.range, heard.filter,
                       full_pages * per_page, per_page);
    lose_at_border(tenant, page == 1, rows.rows);
    if (gap) rows.rows.clear();
    std::string body = "{\"audit_logs\":[";
    append_rows(*this, tenant, rows.rows, body);
    body += "],\"meta\":";
    append_meta(spec, request, rows.total, per_page, page, body);
    body += '}';
    return test::json_reply(200, std::move(body));
  }

  void render(const Tenant& tenant, Serial serial, std::string& out) const override {
    const std::uint64_t dice = tenant.dice(serial);
    const Time time = tenant.printed(serial);
    const Flaw flaw = tenant.flaw(serial);
    const Person& who = person(dice);
    if (product_page(tenant)) {
      RowWriter row(out);
      row.id("id", json_string(id(tenant, serial)), flaw);
      if (row.may_tell_time("timestamp", flaw)) row.time("timestamp", time, 3);
      row.text("user_id", user_id(tenant, dice));
      row.text("user_email", who.email);
      row.text("user_name", who.name);
      row.text("operation_name", operation(dice));
      row.text("resource_type", "story");
      row.text("resource_id", uuid(dice, 1));
      row.text("resource_name", "Production Workflow");
      row.address("ip_address", dice >> 16);
      row.text("user_agent", user_agent(dice >> 24));
      row.text("status", "success");
      row.value("metadata") += "{\"changes\":";
      out += payload(dice >> 32);
      out += '}';
      row.text("tenant", "acme-corp");
      row.end();
      return;
    }
    RowWriter row(out);
    if (dice % 3 == 0) row.raw("inputs", payload(dice >> 32));
    if (row.may_tell_time("created_at", flaw)) row.time("created_at", time, 0);
    row.text("operation_name", operation(dice));
    row.id("id", id(tenant, serial), flaw);
    if (dice % 3 == 1) row.raw("inputs", payload(dice >> 32));
    if (dice % 3 == 2) row.raw("inputs", "null");
    row.value("outputs") += "{\"storyId\":";
    append_number(out, dice >> 44);
    out += ",\"status\":\"ok\"}";
    row.address("request_ip", dice >> 16);
    row.text("request_user_agent", user_agent(dice >> 24));
    row.number("tenant_id", tenant.spec.log.seed % 10000);
    row.time("updated_at", tenant.ingested(serial) + tenant.spec.printed_offset, 0);
    row.text("user_email", who.email);
    row.number("user_id", who.id);
    row.text("user_name", who.name);
    if (names_id_twice(dice, flaw)) row.raw("id", "\"named twice\"");
    row.end();
  }

  std::string id(const Tenant& tenant, Serial serial) const override {
    return product_page(tenant) ? uuid(tenant.spec.log.seed, serial)
                                : std::to_string(1488526 + std::uint64_t{serial});
  }

  Duration precision(const Tenant& tenant, Serial) const override {
    return product_page(tenant) ? Duration(1ms) : Duration(1s);
  }

 private:
  static std::string user_id(const Tenant& tenant, std::uint64_t dice) {
    const std::uint64_t number = person(dice).id;
    return product_page(tenant) ? uuid(number, 0) : std::to_string(number);
  }

  // The links carry no filter, as in recorded answers: who follows them reads the whole log.
  static void append_meta(const TenantSpec& spec, const Request& request, std::uint64_t total,
                          std::uint64_t per_page, std::uint64_t page, std::string& out) {
    const std::uint64_t full = (total + per_page - 1) / per_page;
    std::uint64_t pages = spec.empty_pages && full > 0 ? full + (full - 1) / 2 : full;
    if (spec.endless_pages) pages = page + 1;
    const std::string_view none = spec.null_as_text ? "\"null\"" : "null";
    const auto link = [&](std::uint64_t number) {
      return json_string(request.origin + "/api/v1/audit_logs?per_page=" + std::to_string(per_page) +
                         "&page=" + std::to_string(number));
    };
    out += "{\"current_page\":" + link(page) + ",\"previous_page\":";
    out += page > 1 ? link(page - 1) : none;
    out += ",\"next_page\":";
    out += page < pages ? link(page + 1) : none;
    out += ",\"next_page_number\":";
    out += page < pages ? std::to_string(page + 1) : none;
    out += ",\"per_page\":" + std::to_string(per_page) + ",\"pages\":" + std::to_string(pages) +
           ",\"count\":" + std::to_string(total + spec.total_more) + "}";
  }
};

}  // namespace

const Api& tines_api() {
  static const TinesApi api;
  return api;
}

}  // namespace auditstream::sim
