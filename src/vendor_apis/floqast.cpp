// FloQast: the audit trail of API keys, whole days at a time.
//
// From the developer portal (audit-trail, API 1.0.0): one host per region, GET /api/v1/audit-trail,
// x-api-key; filter[startDate] and filter[endDate] are days, both inclusive; page[size] at most 30000,
// page[cursor]; {"data","links":{"self","next"}} with relative links and raw brackets; a large answer may
// be a 303 to Location, also in the body's data.url; the log holds the calls of ALL keys, so every poll
// adds an event.
// From the product page: regions us, eu and au are strictly separate; no limit is published, 10/s is
// safe.
// From the help center: keys are allowed service by service and may expire.
// Not verified, so the code works either way: the time zone of the days; name and format of an event's time
// (candidates, then the ObjectId in `id`, whose first 8 hex digits are Unix seconds); how paging ends
// (links.next missing, null or empty, or an empty page that leads to itself); order, retention, bodies of
// refusals; whether a 303 leads to a presigned URL; where an event names its API key (userApiKey._id is the
// name of a filter).
#include <algorithm>
#include <charconv>
#include <utility>

#include "auditstream/json.h"
#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis {
namespace {

constexpr std::string_view api_path = "/api/v1/audit-trail";
// Prefix of a page token that is not a cursor, but the address from a 303.
constexpr std::string_view redirected = "303 ";

constexpr toolkit::Remedies remedies{
    .title = "FloQast",
    .unauthorized =
        "Check api_key: copied completely, without leading or trailing whitespace, neither expired nor "
        "revoked; if in doubt generate a new one in FloQast under Settings > API Keys.",
    .forbidden =
        "The key in api_key lacks a permission: have it enabled for the audit trail in FloQast under "
        "Settings > API Keys, by a user who may manage API keys.",
    .not_found = "Check region (us, eu or au), and base_url where it is set.",
    .throttled =
        "It is asked again after a pause. If it lasts, lower rate_limit or raise poll_interval; FloQast "
        "publishes no limit: its support knows that of your account.",
    .unreachable =
        "Check that region is where your FloQast organization is hosted (us, eu or au; your FloQast "
        "administrator knows), then base_url, proxy and the network.",
};

std::optional<Time> object_id_time(std::string_view id) {
  std::uint32_t seconds = 0;
  if (id.size() != 24 || id.find_first_not_of("0123456789abcdefABCDEF") != id.npos) return std::nullopt;
  std::from_chars(id.data(), id.data() + 8, seconds, 16);
  return Time{std::chrono::seconds{seconds}};
}

// Whether a redirect may be followed: to https; to plain http only on this machine, and only if the source is
// on it too.
bool is_safe(const Source& source, std::string_view url) {
  const std::string origin = toolkit::origin_of(url);
  if (origin.starts_with("https://")) return true;
  return origin.starts_with("http://") && toolkit::origin_of(source.base_url).starts_with("http://") &&
         toolkit::is_on_this_machine(url);
}

class FloQast final : public Vendor {
 public:
  std::string_view name() const override { return "floqast"; }
  std::string_view title() const override { return remedies.title; }

  const Traits& traits() const override {
    static const Traits traits{
        .by_day = true,
        .page_size = 1000,
        .page_size_max = 30000,
        .rate_limit = {{10, 1s}},
        .actor = "userApiKey._id, else userApiKey: the API key, not a person (not verified)",
        .action = "/method",
    };
    return traits;
  }

  const EventShape& event_shape() const override {
    static const EventShape shape{
        .id = "/id",
        .times = {"/createdAt", "/created_at", "/timestamp", "/date", "/requestTime"},
        .time_from_id = object_id_time};
    return shape;
  }

  const std::vector<Setting>& settings() const override {
    static const std::vector<Setting> settings{
        {.name = "region",
         .required = true,
         .choices = {"us", "eu", "au"},
         .meaning = "Where your FloQast organization is hosted; no region has another's data."},
        {.name = "api_key",
         .type = Setting::Type::secret,
         .required = true,
         .meaning = "FloQast API key, from Settings > API Keys."},
        {.name = "exclude_own_requests",
         .type = Setting::Type::boolean,
         .fallback = "false",
         .meaning = "Drop the events of requests to the audit trail itself, which every poll causes.",
         .filters = true}};
    return settings;
  }

  std::string default_base_url(const Source& source) const override {
    const std::string_view region = source.setting("region");
    const std::string subdomain = region == "eu" || region == "au" ? std::string(region) + "." : "";
    return "https://fq-api." + subdomain + "floqast.app";
  }

  std::vector<std::pair<std::string, std::string>> mistakes(const Source&) const override { return {}; }

  http::Request request(const Source& source, const Secrets& secrets, const std::optional<Token>&,
                        const PageRequest& ask) const override {
    http::Request request;
    request.headers = {{"Accept", "application/json"}};
    if (ask.token.starts_with(redirected)) {
      request.url = ask.token.substr(redirected.size());
      // The address carries its own signature; the key is only for FloQast.
      if (toolkit::origin_of(request.url) != toolkit::origin_of(source.base_url)) return request;
    } else {
      toolkit::Url url(source.base_url, api_path);
      url.add("filter[startDate]", format_day(ask.from));
      url.add("filter[endDate]", format_day(ask.to.value_or(ask.latest + 24h)));
      url.add("page[size]", ask.page_size);
      if (!ask.token.empty()) url.add("page[cursor]", ask.token);
      request.url = url.text();
    }
    request.headers.push_back({"x-api-key", secrets.at("api_key").reveal()});
    return request;
  }

  Answer read(const Source& source, const PageRequest& ask, const http::Response& response) const override {
    if (response.status == 303) return redirect(source, ask, response);
    static const toolkit::Shape shape{
        .events = "/data",
        .event = event_shape(),
        .fields = {"/links/next"},
        .actors = {{"/userApiKey/_id", toolkit::actor_id}, {"/userApiKey", toolkit::actor_id}},
        .action = traits().action};
    auto read = toolkit::read_page(source, response, shape, remedies);
    if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
    auto& slices = std::get<toolkit::Slices>(read);

    Page page;
    page.events = std::move(slices.events);
    if (slices.fields[0].odd)
      return toolkit::malformed(source, response, remedies, "sent a links.next that is no link");
    // Only the link's cursor counts: proxies give it another scheme, port or host.
    if (const std::string link = slices.fields[0].text.value_or(""); !link.empty()) {
      page.next = toolkit::query_parameter(link, "page[cursor]").value_or("");
      if (page.next.empty() || page.next.starts_with(redirected)) {
        return toolkit::malformed(source, response, remedies,
                                  "sent a links.next without a usable page[cursor]");
      }
    }
    if (source.setting("exclude_own_requests") == "true") {
      std::erase_if(page.events, [](const Event& event) {
        const std::string uri = json::scalar_at(event.raw, "/uri").value_or("");
        return std::string_view{uri}.substr(0, uri.find('?')) == api_path;
      });
    }
    return page;
  }

  std::vector<std::string> empty_hints(const Source& source) const override {
    return {"region: \"" + std::string(source.setting("region")) +
                "\" may not be where your FloQast organization is hosted (us, eu or au; your FloQast "
                "administrator knows); no region shows another's data.",
            "retention: backfill_start_time may lie further back than FloQast keeps its audit trail; ask "
            "FloQast support.",
            "filters: the log holds API key activity only; verify that there was any in this time. "
            "exclude_own_requests: true hides the polling's own.",
            "permissions: the key in api_key may not be allowed to see the audit trail; FloQast support can "
            "confirm that it is available for your account.",
            "environment: the log is that of the organization in which api_key was made."};
  }

 private:
  // A page without events whose token is the new address. Never quoted: its query may be a signature.
  static Answer redirect(const Source& source, const PageRequest& ask, const http::Response& response) {
    const auto refuse = [](std::string_view what) {
      Refusal refusal;
      refusal.kind = RefusalKind::malformed;
      refusal.status = 303;
      refusal.message = "FloQast answered 303 " + std::string(what);
      refusal.remedy =
          "Lower page_size, so that there is no need to redirect; if it stays, ask FloQast support.";
      return refusal;
    };
    if (ask.token.starts_with(redirected)) return refuse("twice in a row");
    std::string url(response.header("location").value_or(""));
    if (url.empty()) url = json::scalar_at(*response.body, "/data/url").value_or("");
    if (url.empty()) return refuse("without a Location");
    if (url.starts_with("/")) {
      auto here = toolkit::on_own_origin(source.base_url, url);
      if (!here) return refuse("with a Location that can't be read");
      url = *std::move(here);
    }
    const auto may_stand_in_a_url = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!std::ranges::all_of(url, may_stand_in_a_url) || !is_safe(source, url)) {
      return refuse("with a Location that is no https address");
    }
    Page page;
    page.next = std::string(redirected) + url;
    return page;
  }
};

}  // namespace

const Vendor& floqast() {
  static const FloQast vendor;
  return vendor;
}

}  // namespace auditstream::vendor_apis
