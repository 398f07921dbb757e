// Tines: GET https://<tenant>/api/v1/audit_logs, newest first, by page number.
//
// From Tines' API documents (audit-logs/list, welcome, api-rate-limits, admin/audit-logs): path,
// `Authorization: Bearer`, `before`, `after`, `user_id`, `operation_name`, per_page (at most 500), page;
// `meta.next_page_number`, `meta.count`; 1000 requests a minute per address and key; two years of retention;
// AUDIT_LOG_READ for service keys. From captured answers (Grove, Elastic): newest first; created_at in whole
// seconds with Z; "null" as a string for the next page. From the product page: string ids and `timestamp`
// instead of created_at; both are read. Not verified: whether `after` and `before` include their bound or see
// fractions of a second (they are sent a second wider), whether Retry-After is sent.
#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis {
namespace {

constexpr toolkit::Remedies remedies{
    .title = "Tines",
    .unauthorized =
        "Check api_key: it is wrong, expired or revoked. Copy it again, or create a new key in Tines.",
    .forbidden =
        "Give the key in api_key the permission AUDIT_LOG_READ, or use a tenant owner's or team's key with "
        "it; your Tines administrator can grant it.",
    .not_found =
        "Check tenant_domain: it is the domain in your browser's address bar, such as company.tines.com, "
        "without https:// and without a slash or path.",
    .throttled =
        "Tines allows 1,000 requests a minute per key and address; it is asked again after a pause. If it "
        "lasts, give this source an api_key of its own, or lower rate_limit.",
    .unreachable = "Check tenant_domain for typos (such as company.tines.com), then proxy and the network.",
};

class Tines final : public Vendor {
 public:
  std::string_view name() const override { return "tines"; }
  std::string_view title() const override { return remedies.title; }

  const Traits& traits() const override {
    static const Traits traits{.page_size = 500,
                               .page_size_max = 500,
                               .rate_limit = {{1000, 1min}},
                               .retention = 2 * 365 * 24h,
                               .total_is_exact = true,
                               .actor = "user_email, else user_id",
                               .action = "/operation_name"};
    return traits;
  }

  const EventShape& event_shape() const override {
    static const EventShape shape{.id = "/id", .times = {"/created_at", "/timestamp"}};
    return shape;
  }

  const std::vector<Setting>& settings() const override {
    static const std::vector<Setting> settings{
        {.name = "tenant_domain",
         .required = true,
         .meaning = "The tenant's domain, such as company.tines.com, without https:// and without a slash.",
         .identity = true,
         .request_host = true},
        {.name = "api_key",
         .type = Setting::Type::secret,
         .required = true,
         .meaning = "A personal, service, tenant owner or team API key with the permission AUDIT_LOG_READ."},
        {.name = "user_ids",
         .type = Setting::Type::list,
         .meaning = "Only what these users did.",
         .filters = true},
        {.name = "operation_names",
         .type = Setting::Type::list,
         .meaning = "Only these operations, such as Login or StoryItemsMovement.",
         .filters = true},
    };
    return settings;
  }

  std::string default_base_url(const Source& source) const override {
    return "https://" + std::string(source.setting("tenant_domain"));
  }

  std::vector<std::pair<std::string, std::string>> mistakes(const Source& source) const override {
    const std::string_view domain = source.setting("tenant_domain");
    if (domain.empty() || domain.find('.') != std::string_view::npos) return {};
    const std::string name(domain);
    return {{"tenant_domain", "Tenant Domain must be a valid domain: \"" + name +
                                  "\" has no dot; use the full domain, " + name + ".tines.com or " + name +
                                  ".tines.io"}};
  }

  http::Request request(const Source& source, const Secrets& secrets, const std::optional<Token>&,
                        const PageRequest& ask) const override {
    toolkit::Url url(source.base_url, "/api/v1/audit_logs");
    url.add("per_page", ask.page_size).add("page", ask.token.empty() ? "1" : ask.token);
    url.add("after", format_rfc3339(floor_second(ask.from) - 1s));
    if (ask.to) url.add("before", format_rfc3339(std::chrono::ceil<std::chrono::seconds>(*ask.to) + 1s));
    add_each(url, "user_id[]", source, "user_ids");
    add_each(url, "operation_name[]", source, "operation_names");
    http::Request request;
    request.url = url.text();
    request.headers = {{"Authorization", "Bearer " + secrets.at("api_key").reveal()},
                       {"Accept", "application/json"}};
    return request;
  }

  Answer read(const Source& source, const PageRequest&, const http::Response& response) const override {
    static const toolkit::Shape shape{
        .events = "/audit_logs",
        .event = event_shape(),
        .fields = {"/meta/next_page_number", "/meta/count"},
        .actors = {{"/user_email", toolkit::mail_address}, {"/user_id", toolkit::actor_id}},
        .action = traits().action};
    std::variant<toolkit::Slices, Refusal> read = toolkit::read_page(source, response, shape, remedies);
    if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
    auto& slices = std::get<toolkit::Slices>(read);
    const toolkit::Field& next = slices.fields[0];
    // Without it there may be more pages, and these events would be taken for all.
    if (!next.present || next.odd)
      return toolkit::malformed(source, response, remedies, "sent no meta.next_page_number that can be read");

    Page page;
    page.events = std::move(slices.events);
    if (next.text && *next.text != "null") page.next = *next.text;
    page.total = toolkit::count(slices.fields[1]);
    return page;
  }

  std::vector<std::string> empty_hints(const Source& source) const override {
    const bool filtered = source.lists.contains("user_ids") || source.lists.contains("operation_names");
    return {
        "region: each tenant has a domain of its own; check that tenant_domain, now " +
            std::string(source.setting("tenant_domain")) + ", is yours.",
        "retention: Tines keeps two years; check that backfill_start_time is within them.",
        filtered
            ? "filters: remove or widen user_ids and operation_names: they narrow what is returned."
            : "filters: none are set; look in Tines' own audit log whether there are events in this time "
              "range.",
        "permissions: check that the key in api_key has AUDIT_LOG_READ and belongs to this tenant.",
        "environment: new events may take a few minutes to appear and are caught up with; audit logging may "
        "be disabled on the tenant, which is rare: Tines support can tell."};
  }

 private:
  static void add_each(toolkit::Url& url, std::string_view parameter, const Source& source,
                       std::string_view setting) {
    const auto found = source.lists.find(setting);
    if (found == source.lists.end()) return;
    for (const std::string& value : found->second) url.add(parameter, value);
  }
};

}  // namespace

const Vendor& tines() {
  static const Tines vendor;
  return vendor;
}

}  // namespace auditstream::vendor_apis
