// FloQast, GET /api/v1/audit-trail: day filters with both ends included, pages by cursor with relative links
// in raw brackets, 303 for large payloads, and a feed that records each request made to it. GET /api/v1/me
// names the key. Facts: the vendor's API reference (audit trail, getme). The field of the time is not
// documented, hence three shapes.
#include <iterator>

#include "simvendors/api.h"
#include "simvendors/row_writer.h"

namespace auditstream::sim {

namespace {

using test::Reply;
using test::Request;

constexpr std::string_view services[] = {"Reconciliations", "Checklists", "Users", "Entities"};
constexpr std::string_view uris[] = {"/api/v1/reconciliations", "/api/v1/checklists", "/api/v1/users",
                                     "/api/v1/entities"};
constexpr std::size_t payloads_max = 64;

std::string key_id(std::string_view credential) {
  std::uint64_t hash = 0;
  for (const char c : credential) hash = mix(hash, static_cast<unsigned char>(c));
  std::string id = "5e94d5b6";
  append_hex(id, hash, 16);
  return id;
}

// The links carry raw brackets.
std::string without_brackets(std::string url) {
  for (const auto& [plain, escaped] : {std::pair("[", "%5B"), std::pair("]", "%5D")}) {
    for (std::size_t at; (at = url.find(plain)) != std::string::npos;) url.replace(at, 1, escaped);
  }
  return url;
}

class FloqastApi final : public Api {
 public:
  std::string_view vendor() const override { return "floqast"; }
  const Profile& profile() const override {
    static const Profile profile{
        .settings =
            [](const TenantSpec&) {
              return SourceSettings{{"region", "us"}};
            },
        .key = "floqast-key-",
        .header = "x-api-key",
        .scheme = "",
        .first_page = "/api/v1/audit-trail?page%5Bsize%5D=700",
        .next_page = [](const Reply& reply,
                        std::size_t) { return without_brackets(text_at(reply, "/links/next")); },
        .refused = {"/api/v1/audit-trail?page%5Bsize%5D=30001", "/api/v1/audit-trail?page[size]=10",
                    "/api/v1/audit-trail?startDate=2026-11-20",
                    "/api/v1/audit-trail?filter%5BstartDate%5D=2026-11-20T00:00:00Z",
                    "/api/v1/audit-trail?page%5Bcursor%5D=1", "/api/v1/audit-trail?allowRedirect=yes"},
        .shapes = {"createdAt", "timestamp", "object_id"},
        .time = "/createdAt",
        .page = {R"({"data":[)", R"(],"links":{"next":)", "}}", ""},
        .records_requests = true,
        .ids_tell_times = true};
    return profile;
  }
  bool serves(std::string_view path) const override {
    return path == "/api/v1/audit-trail" || path == "/api/v1/me";
  }

  std::optional<std::string> credential(const Request& request) const override {
    const auto key = request.header("x-api-key");
    return key ? std::optional<std::string>(*key) : std::nullopt;
  }

  Reply error(int status, std::string_view message) const override {
    return test::json_reply(status, "{\"message\":" + json_string(message) + "}");
  }

  Reply answer(Tenant& tenant, const Request& request, Time now) const override {
    if (request.path() == "/api/v1/me") return me(tenant, request);
    Query query(request);
    const auto first = query.day("filter[startDate]");
    const auto last = query.day("filter[endDate]");
    const auto key = query.text("filter[userApiKey._id]");
    const std::uint64_t size = query.number("page[size]", 30000, 1, 30000);
    const auto cursor = query.text("page[cursor]");
    query.boolean("allowRedirect", false);
    const auto start = object_serial(tenant.spec.log.seed, without_gap_mark(cursor.value_or("")));
    if (cursor && !start) query.complain("page[cursor] is not one of ours");
    if (!query.finish()) return error(400, query.complaint());

    Filter filter;
    if (key) filter = [&](Serial row) { return user_key(tenant, row) == *key; };
    const Heard heard = as_heard(tenant, day_range(tenant.spec, first, last), !last, std::move(filter), now);
    KeySlice rows = key_slice(tenant.log, tenant.spec.order.value_or(Order::ascending), heard.range,
                              heard.filter, start, size);
    if (tenant.spec.endless_pages && !rows.next && !rows.rows.empty()) rows.next = rows.rows.back();
    lose_at_border(tenant, !cursor, rows.rows);
    const bool gap = gap_before(tenant, rows.rows, cursor.value_or(""));
    if (gap) rows = KeySlice{{}, rows.rows.front()};
    std::string body = "{\"data\":[";
    append_rows(*this, tenant, rows.rows, body);
    body += "],\"links\":{\"self\":" + json_string(link(first, last, key, size, cursor));
    append_next(tenant, rows.next, gap, first, last, key, size, body);
    body += "}}";
    if (tenant.spec.self_feeding) tenant.log.append_own(now);
    if (tenant.spec.redirect_over > 0 && rows.rows.size() > tenant.spec.redirect_over) {
      return redirect(tenant, std::move(body));
    }
    return test::json_reply(200, std::move(body));
  }

  void render(const Tenant& tenant, Serial serial, std::string& out) const override {
    const std::uint64_t dice = tenant.dice(serial);
    const Flaw flaw = tenant.flaw(serial);
    const bool own = tenant.log.own(serial);
    RowWriter row(out);
    row.id("id", json_string(id(tenant, serial)), flaw);
    row.text("uri", own ? "/api/v1/audit-trail" : uris[(dice >> 8) % std::size(uris)]);
    row.text("method", "GET");
    row.address("sourceIp", dice >> 16);
    const std::string& shape = tenant.spec.shape;
    const std::string_view field = shape.empty() ? std::string_view("createdAt") : std::string_view(shape);
    if (field != "object_id" && row.may_tell_time(field, flaw)) row.time(field, tenant.printed(serial), 3);
    row.value("userApiKey") += "{\"_id\":\"" + user_key(tenant, serial) + "\",\"name\":\"";
    out += person(dice).name;
    out += "\"}";
    row.value("meta") += "{\"status\":\"200\",\"service\":\"";
    out += own ? "AuditTrail" : services[(dice >> 8) % std::size(services)];
    out +=
        "\",\"queryParameters\":{\"filter[modifiedBefore]\":\"2020-04-13\",\"page[size]\":1e2},\"userAgent\":"
        "\"";
    out += user_agent(dice >> 24);
    out += "\",\"body\":";
    out += payload(dice >> 32);
    out += '}';
    if (names_id_twice(dice, flaw)) row.raw("id", "\"named twice\"");
    row.end();
  }

  std::string id(const Tenant& tenant, Serial serial) const override {
    return object_id(tenant.spec.log.seed, serial, tenant.log.time(serial));
  }

  Duration precision(const Tenant& tenant, Serial) const override {
    return tenant.spec.shape == "object_id" ? Duration(1s) : Duration(1ms);
  }

 private:
  static std::string user_key(const Tenant& tenant, Serial serial) {
    return tenant.log.own(serial) ? key_id(tenant.spec.credential)
                                  : key_id(std::to_string(person(tenant.dice(serial)).id));
  }

  Reply me(const Tenant& tenant, const Request& request) const {
    Query query(request);
    if (!query.finish()) return error(400, query.complaint());
    return test::json_reply(200, "{\"data\":{\"apiKeyId\":\"" + key_id(tenant.spec.credential) + "\"}}");
  }

  static std::string link(std::optional<Time> first, std::optional<Time> last,
                          const std::optional<std::string>& key, std::uint64_t size,
                          const std::optional<std::string>& cursor) {
    std::string url = "/api/v1/audit-trail?page[size]=" + std::to_string(size);
    if (first) url += "&filter[startDate]=" + time_text(*first, 0).substr(0, 10);
    if (last) url += "&filter[endDate]=" + time_text(*last, 0).substr(0, 10);
    if (key) url += "&filter[userApiKey._id]=" + *key;
    if (cursor) url += "&page[cursor]=" + *cursor;
    return url;
  }

  // How the vendor marks the end is not documented: a null, an empty text, or nothing at all.
  void append_next(const Tenant& tenant, std::optional<Serial> next, bool gap, std::optional<Time> first,
                   std::optional<Time> last, const std::optional<std::string>& key, std::uint64_t size,
                   std::string& body) const {
    if (next) {
      const std::string cursor = id(tenant, *next) + std::string(gap ? gap_mark : "");
      body += ",\"next\":" + json_string(link(first, last, key, size, cursor));
    } else if (tenant.stats.requests % 3 == 0) {
      body += ",\"next\":null";
    } else if (tenant.stats.requests % 3 == 1) {
      body += ",\"next\":\"\"";
    }
  }

  static Reply redirect(Tenant& tenant, std::string body) {
    std::string target =
        "/_payload/" + tenant.spec.name + "/" + std::to_string(tenant.stats.requests) + "?signature=";
    append_hex(target, mix(tenant.spec.log.seed, tenant.stats.requests), 16);
    tenant.payloads.emplace_back(target, std::make_shared<const std::string>(std::move(body)));
    if (tenant.payloads.size() > payloads_max) tenant.payloads.pop_front();
    const std::string url = tenant.spec.redirect_origin + target;
    Reply reply = test::json_reply(303, "{\"data\":{\"url\":" + json_string(url) + "}}");
    reply.headers.push_back({"Location", url});
    return reply;
  }
};

}  // namespace

const Api& floqast_api() {
  static const FloqastApi api;
  return api;
}

}  // namespace auditstream::sim
