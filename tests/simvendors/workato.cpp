// Workato, GET /api/activity_logs: keyset paging by id in either direction, a `total` that lies, three time
// spellings. Facts: the vendor's environment management and limits documents; the product page's sample
// record.
#include <algorithm>
#include <iterator>

#include "auditstream/json.h"
#include "simvendors/api.h"
#include "simvendors/row_writer.h"

namespace auditstream::sim {

namespace {

using test::Reply;
using test::Request;

constexpr std::string_view event_types[] = {"connector_released", "recipe_started", "recipe_stopped",
                                            "user_login"};
constexpr std::string_view resource_types[] = {"CustomAdapter", "Flow", "User", "ApiClient"};
constexpr std::uint64_t first_id = 656541;
constexpr std::uint64_t id_step = 7;  // ids have gaps

std::string_view event_type(std::uint64_t dice) { return event_types[(dice >> 8) % std::size(event_types)]; }
std::string_view resource_type(std::uint64_t dice) {
  return resource_types[(dice >> 10) % std::size(resource_types)];
}

std::uint64_t id_number(const Tenant& tenant, Serial serial) {
  return first_id + serial * id_step + tenant.dice(serial) % id_step;
}

// The row that follows the id in the order, whether or not a row has that id. Nothing: no row can follow.
std::optional<Serial> row_after(const Tenant& tenant, Order order, std::uint64_t id) {
  const bool descending = order == Order::descending;
  if (id < first_id) return descending ? std::nullopt : std::optional<Serial>(0);
  const std::uint64_t place = (id - first_id) / id_step;
  if (place >= tenant.log.size()) return descending ? std::optional<Serial>(tenant.log.size()) : std::nullopt;
  const auto row = static_cast<Serial>(place);
  const std::uint64_t there = id_number(tenant, row);
  if (descending) {
    if (there < id) return row;
    return row == 0 ? std::nullopt : std::optional<Serial>(row - 1);
  }
  return there > id ? row : row + 1;
}

class WorkatoApi final : public Api {
 public:
  std::string_view vendor() const override { return "workato"; }
  const Profile& profile() const override {
    static const Profile profile{
        .key_setting = "api_token",
        .key = "workato-token-",
        .first_page = "/api/activity_logs",
        .next_page =
            [](const Reply& reply, std::size_t) {
              const auto rows = rows_of(*reply.body);
              if (rows.empty()) return std::string();
              return "/api/activity_logs?page%5Bafter%5D=" + json::scalar_at(rows.back(), "/id").value_or("");
            },
        .refused = {"/api/activity_logs?page%5Bsize%5D=101", "/api/activity_logs?page[size]=100",
                    "/api/activity_logs?per_page=100", "/api/activity_logs?from=2026-11-20",
                    "/api/activity_logs?event_type=x", "/api/activity_logs?user_ids%5B%5D=1",
                    "/api/activity_logs?page%5Bafter%5D=abc"},
        .shapes = {"utc", "milliseconds", "offset", "mixed"},
        .usual_shape = "mixed",
        .time = "/timestamp",
        .page = {R"({"data":[)", R"(],"total":)", "}", ""},
        .orders = {Order::ascending, Order::descending},
        .goes_on_from_last_row = true};
    return profile;
  }
  bool serves(std::string_view path) const override { return path == "/api/activity_logs"; }
  std::vector<RateSpec> documented_limit() const override { return {{60, 1min}}; }

  std::optional<std::string> credential(const Request& request) const override {
    return authorization(request, "Bearer");
  }

  Reply error(int status, std::string_view message) const override {
    return test::json_reply(status, "{\"message\":" + json_string(message) + "}");
  }

  Reply answer(Tenant& tenant, const Request& request, Time now) const override {
    Query query(request);
    const auto from = query.instant("from", 3);
    const auto to = query.instant("to", 3);
    const bool pages_on = !query.list("page[after]").empty();
    const std::uint64_t after = query.number("page[after]", 0, 0, 1000000000000);
    const std::uint64_t size = query.number("page[size]", 100, 1, 100);
    const auto users = query.list("users_ids[]");
    const auto types = query.list("include_event_types[]");
    const auto no_types = query.list("exclude_event_types[]");
    const auto resources = query.list("include_resource_types[]");
    const auto no_resources = query.list("exclude_resource_types[]");
    if (!query.finish()) return error(400, query.complaint());

    const TenantSpec& spec = tenant.spec;
    const Duration exact(1);
    const Duration printed = spec.shape.empty() || spec.shape == "utc" || spec.shape == "mixed" ? 1s : 1ms;
    const Duration unit = spec.printed_bounds ? printed : exact;
    Range range;
    if (from) range.from = lower_bound(*from, spec.inclusive.value_or(true), unit);
    if (to) range.to = upper_bound(*to, spec.inclusive.value_or(true), unit);

    Filter filter;
    if (!(users.empty() && types.empty() && no_types.empty() && resources.empty() && no_resources.empty())) {
      filter = [&](Serial row) {
        const std::uint64_t dice = tenant.dice(row);
        const auto in = [](const auto& list, std::string_view value) {
          return std::find(list.begin(), list.end(), value) != list.end();
        };
        return (users.empty() || in(users, std::to_string(person(dice).id))) &&
               (types.empty() || in(types, event_type(dice))) && !in(no_types, event_type(dice)) &&
               (resources.empty() || in(resources, resource_type(dice))) &&
               !in(no_resources, resource_type(dice));
      };
    }
    // A keyset by id has no third direction.
    const Order order =
        spec.order.value_or(Order::descending) == Order::descending ? Order::descending : Order::ascending;
    std::optional<Serial> start;
    if (pages_on) start = row_after(tenant, order, after);
    KeySlice rows;
    const Heard heard = as_heard(tenant, range, !to, std::move(filter), now);
    const auto rows_from = [&](std::optional<Serial> row) {
      return key_slice(tenant.log, order, heard.range, heard.filter, row, size);
    };
    if (!pages_on || start) rows = rows_from(start);
    if (spec.endless_pages && rows.rows.empty()) rows = rows_from(std::nullopt);
    lose_at_border(tenant, !pages_on, rows.rows);
    std::string body = "{\"data\":[";
    append_rows(*this, tenant, rows.rows, body);
    body += "],\"total\":" + std::to_string(rows.rows.size() % 3 == 0 ? 1 : rows.rows.size() + 17) + "}";
    return test::json_reply(200, std::move(body));
  }

  void render(const Tenant& tenant, Serial serial, std::string& out) const override {
    const std::uint64_t dice = tenant.dice(serial);
    const Flaw flaw = tenant.flaw(serial);
    const Person& who = person(dice);
    RowWriter row(out);
    row.id("id", id(tenant, serial), flaw);
    if (row.may_tell_time("timestamp", flaw)) append_timestamp(tenant, serial, row);
    row.text("event_type", event_type(dice));
    row.raw(
        "workspace",
        R"({"id":2100003309,"name":"ACME Inc's workspace","email":"john.doe+workato@example.com","environment":"dev"})");
    row.value("user") += "{\"id\":";
    append_number(out, who.id);
    out += ",\"name\":\"";
    out += who.name;
    out += "\",\"email\":\"";
    out += who.email;
    out += "\"}";
    row.value("details") += "{\"request\":{\"ip_address\":\"183.83.147.66\",\"user_agent\":\"";
    out += user_agent(dice >> 24);
    out += "\"},\"activity\":";
    out += payload(dice >> 32);
    out += '}';
    row.value("resource") += "{\"id\":108,\"name\":\"CustomerSupport\",\"type\":\"";
    out += resource_type(dice);
    out += "\",\"version_no\":1}";
    if (names_id_twice(dice, flaw)) row.raw("id", "\"named twice\"");
    row.end();
  }

  std::string id(const Tenant& tenant, Serial serial) const override {
    return std::to_string(id_number(tenant, serial));
  }

  Duration precision(const Tenant& tenant, Serial serial) const override {
    return style(tenant, serial) == "utc" ? Duration(1s) : Duration(1ms);
  }

 private:
  static std::string_view style(const Tenant& tenant, Serial serial) {
    const std::string& shape = tenant.spec.shape;
    if (shape.empty()) return "utc";
    if (shape != "mixed") return shape;
    constexpr std::string_view styles[] = {"utc", "milliseconds", "offset"};
    return styles[tenant.dice(serial) % 3];
  }

  static void append_timestamp(const Tenant& tenant, Serial serial, RowWriter& row) {
    const Time time = tenant.printed(serial);
    const std::string_view wanted = style(tenant, serial);
    if (wanted == "offset") {
      row.time("timestamp", time - 8h, 3, 'T', "-08:00");
    } else if (wanted == "milliseconds") {
      row.time("timestamp", time, 3);
    } else {
      row.time("timestamp", time, 0, ' ', " UTC");
    }
  }
};

}  // namespace

const Api& workato_api() {
  static const WorkatoApi api;
  return api;
}

}  // namespace auditstream::sim
