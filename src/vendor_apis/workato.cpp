// Workato: GET <base URL>/api/activity_logs, keyset paging by id.
//
// From Workato's API documents (environment management, limits, base URLs, audit log streaming): path,
// `Authorization: Bearer`, `page[after]`, `page[size]` (at most 100), `from` and `to` as
// YYYY-MM-DDTHH:mm:ss.SSSZ; {"data","total"}; 60 requests a minute for all endpoints of environment
// management; one year of retention; one log per environment. From the product page: times as "YYYY-MM-DD
// hh:mm:ss UTC"; RFC3339 with milliseconds or an offset is read as well. Not verified: the order (going on
// from the last row received is right for both), whether `from` and `to` include their bound, what `total`
// counts (never used), and whether a short page is the last (only an empty one is taken for it).
#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis {
namespace {

constexpr std::string_view workato_base_url = "https://www.workato.com";

constexpr toolkit::Remedies remedies{
    .title = "Workato",
    .unauthorized =
        "Check api_token: it is wrong, expired or of another workspace or environment; each environment "
        "needs an API client of its own. Check too that base_url is that of your region.",
    .forbidden =
        "Give the API client's role, under Workspace admin > API clients, the endpoint GET "
        "/api/activity_logs of Environment Management; the client in api_token must belong to the right "
        "workspace and environment.",
    .not_found =
        "Check base_url: it is that of your region, https://www.workato.com (US) or "
        "https://app.eu.workato.com (EU), without a path.",
    .throttled =
        "Workato allows 60 requests a minute for all endpoints of environment management together; it is "
        "asked again after a pause. If it lasts, ask less from other applications, or lower rate_limit.",
    .unreachable =
        "Check base_url: it is that of your region, https://www.workato.com (US) or "
        "https://app.eu.workato.com (EU), with https:// and without a trailing slash; then proxy and the "
        "network.",
};

class Workato final : public Vendor {
 public:
  std::string_view name() const override { return "workato"; }
  std::string_view title() const override { return remedies.title; }

  const Traits& traits() const override {
    static const Traits traits{.page_size = 100,
                               .page_size_max = 100,
                               .rate_limit = {{60, 1min}},
                               .retention = 365 * 24h,
                               .actor = "user.email, else user.id",
                               .action = "/event_type"};
    return traits;
  }

  const EventShape& event_shape() const override {
    static const EventShape shape{.id = "/id", .times = {"/timestamp"}};
    return shape;
  }

  const std::vector<Setting>& settings() const override {
    static const std::vector<Setting> settings{
        {.name = "api_token",
         .type = Setting::Type::secret,
         .required = true,
         .meaning =
             "The token of an API client whose role allows GET /api/activity_logs; one per environment."},
    };
    return settings;
  }

  std::string default_base_url(const Source&) const override { return std::string(workato_base_url); }

  std::vector<std::pair<std::string, std::string>> mistakes(const Source&) const override { return {}; }

  http::Request request(const Source& source, const Secrets& secrets, const std::optional<Token>&,
                        const PageRequest& ask) const override {
    toolkit::Url url(source.base_url, "/api/activity_logs");
    url.add("page[size]", ask.page_size);
    if (!ask.token.empty()) url.add("page[after]", ask.token);
    url.add("from", toolkit::rfc3339_ms(ask.from));
    if (ask.to) url.add("to", toolkit::rfc3339_ms(*ask.to + 1ms - 1us));
    http::Request request;
    request.url = url.text();
    request.headers = {{"Authorization", "Bearer " + secrets.at("api_token").reveal()},
                       {"Accept", "application/json"}};
    return request;
  }

  Answer read(const Source& source, const PageRequest& ask, const http::Response& response) const override {
    static const toolkit::Shape shape{
        .events = "/data",
        .event = event_shape(),
        .fields = {},
        .actors = {{"/user/email", toolkit::mail_address}, {"/user/id", toolkit::actor_id}},
        .action = traits().action};
    std::variant<toolkit::Slices, Refusal> read = toolkit::read_page(source, response, shape, remedies);
    if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
    auto& slices = std::get<toolkit::Slices>(read);
    // A page that isn't full and has no id may be the last; after a full one there are more rows, which can't
    // be requested.
    if (slices.events.size() >= ask.page_size && slices.last_id.empty()) {
      return toolkit::malformed(source, response, remedies, "sent rows without an id, from which to go on");
    }
    return Page{std::move(slices.events), std::move(slices.last_id), std::nullopt};
  }

  std::vector<std::string> empty_hints(const Source& source) const override {
    return {
        "region: check base_url, now " + source.base_url + ": it must be that of your region.",
        "retention: Workato keeps one year or less, as your plan says: a backfill_start_time before that "
        "finds nothing older.",
        "filters: there are none; look in Workato's own activity audit log whether there was any activity "
        "in this time range.",
        "permissions: check that the role of the API client in api_token has GET /api/activity_logs.",
        "environment: each environment (dev, test, prod) has its own log: the API client in api_token "
        "must be of the right one; check that audit logging is enabled for the workspace."};
  }
};

}  // namespace

const Vendor& workato() {
  static const Workato vendor;
  return vendor;
}

}  // namespace auditstream::vendor_apis
