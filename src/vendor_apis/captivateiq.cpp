// CaptivateIQ: the audit log of an organization, whole days at a time, by offset.
//
// From the developer portal (pagination, FAQ): `Authorization: Token`, not Bearer; limit at most 1000,
// offset; {"total_count","next","previous","data"}, next null at the end, else an absolute URL or a path;
// a firewall may answer with HTML, which says nothing of the token.
// From the portal's OpenAPI, harvested by a third party: GET /ciq/v1/audit-logs/ with its trailing slash;
// start_date and end_date are days; no ordering; id is a random UUID; 5 requests/s and 1500/h.
// From the product page: the record, created_at in whole seconds; logged_in_user_* is who logged in, and
// differs from user_* only under impersonation.
// Not verified, so the code works either way: the time zone of the days, and whether end_date is part of the
// range (one day more is requested); order, retention, headers of a 429; precision of created_at, which may
// be microseconds, as Django prints them.
#include <algorithm>
#include <utility>

#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis {
namespace {

constexpr toolkit::Remedies remedies{
    .title = "CaptivateIQ",
    .unauthorized =
        "Check api_token: copied completely, without extra spaces, not expired; if in doubt create a new one "
        "in your CaptivateIQ profile under API Tokens, and confirm that API access is enabled for the "
        "account.",
    .forbidden =
        "The owner of api_token lacks a permission: use the token of a user who may see the audit logs, and "
        "confirm that API access is enabled in your CaptivateIQ account.",
    .not_found =
        "Confirm that API access and audit logging are enabled in your CaptivateIQ account; check base_url "
        "where it is set.",
    .throttled =
        "It backs off by itself. If it stays: raise poll_interval, lower rate_limit, give sources of one "
        "organization the same account, or ask CaptivateIQ support for higher limits.",
    .unreachable = "Check whether CaptivateIQ's API is down, then base_url, proxy and the network.",
};

class CaptivateIq final : public Vendor {
 public:
  std::string_view name() const override { return "captivateiq"; }
  std::string_view title() const override { return remedies.title; }

  const Traits& traits() const override {
    static const Traits traits{.by_day = true,
                               .time_digits = 6,
                               .page_size = 1000,
                               .page_size_max = 1000,
                               .rate_limit = {{5, 1s}, {1500, 1h}},
                               .probe = true,
                               .total_is_exact = true,
                               .actor =
                                   "logged_in_user_email, else logged_in_user_id, else user_email, else "
                                   "user_id: whoever logged in, also while impersonating somebody",
                               .action = "/event_type"};
    return traits;
  }

  const EventShape& event_shape() const override {
    static const EventShape shape{.id = "/id", .times = {"/created_at"}};
    return shape;
  }

  const std::vector<Setting>& settings() const override {
    static const std::vector<Setting> settings{
        {.name = "api_token",
         .type = Setting::Type::secret,
         .required = true,
         .meaning = "CaptivateIQ API token, from your profile's API Tokens tab."}};
    return settings;
  }

  std::string default_base_url(const Source&) const override { return "https://api.captivateiq.com"; }
  std::vector<std::pair<std::string, std::string>> mistakes(const Source&) const override { return {}; }

  http::Request request(const Source& source, const Secrets& secrets, const std::optional<Token>&,
                        const PageRequest& ask) const override {
    toolkit::Url url(source.base_url, "/ciq/v1/audit-logs/");
    url.add("start_date", format_day(ask.from));
    // Right whether the range includes its end or not.
    url.add("end_date", format_day(ask.to.value_or(ask.latest + 24h) + 24h));
    url.add("limit", ask.probe ? 1 : ask.page_size);
    url.add("offset", ask.token.empty() ? "0" : ask.token);
    http::Request request;
    request.url = url.text();
    request.headers = {{"Authorization", "Token " + secrets.at("api_token").reveal()},
                       {"Accept", "application/json"}};
    return request;
  }

  Answer read(const Source& source, const PageRequest& ask, const http::Response& response) const override {
    static const toolkit::Shape shape{.events = "/data",
                                      .event = event_shape(),
                                      .fields = {"/next", "/total_count"},
                                      .actors = {{"/logged_in_user_email", toolkit::mail_address},
                                                 {"/logged_in_user_id", toolkit::actor_id},
                                                 {"/user_email", toolkit::mail_address},
                                                 {"/user_id", toolkit::actor_id}},
                                      .action = traits().action};
    auto read = toolkit::read_page(source, response, shape, remedies);
    if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
    auto& slices = std::get<toolkit::Slices>(read);

    Page page;
    page.events = std::move(slices.events);
    page.total = toolkit::count(slices.fields[1]);
    const toolkit::Field& link = slices.fields[0];
    // Without `next` there may be more pages, and these events would be taken for all.
    if (!link.present) return toolkit::malformed(source, response, remedies, "sent no `next`");
    if (link.odd) return toolkit::malformed(source, response, remedies, "sent a `next` that is no link");
    if (!link.text || ask.probe) return page;
    const std::uint64_t offset = toolkit::count({true, ask.token}).value_or(0);
    // Skips only the rows received: others would be lost. Only if there were none, the link says how far
    // there are none, and at most one page size is skipped.
    const std::uint64_t end = offset + (page.events.empty() ? ask.page_size : page.events.size());
    // Only the link's offset counts: proxies give it another scheme, port or host.
    const std::uint64_t next =
        std::min(toolkit::count({true, toolkit::query_parameter(*link.text, "offset")}).value_or(end), end);
    if (next <= offset)
      return toolkit::malformed(source, response, remedies, "sent a `next` that leads nowhere new");
    page.next = std::to_string(next);
    return page;
  }

  std::vector<std::string> empty_hints(const Source&) const override {
    return {
        "region: there is one API for all; check base_url where it is set.",
        "retention: verify that backfill_start_time is before the first audit events, and that CaptivateIQ "
        "still keeps them.",
        "filters: there are none; verify that your organization had activity in this time.",
        "permissions: verify that the owner of api_token may see the audit logs.",
        "environment: check that audit logging is enabled in your CaptivateIQ account, and that api_token is "
        "of that account."};
  }
};

}  // namespace

const Vendor& captivateiq() {
  static const CaptivateIq vendor;
  return vendor;
}

}  // namespace auditstream::vendor_apis
