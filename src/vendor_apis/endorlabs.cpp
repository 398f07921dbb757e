// Endor Labs: the audit log of a namespace, read in two collections, with a token got for key and secret.
//
// From the vendor's REST documents (audit-log, filters, pagination, errors, getting-started): GET
// /v1/namespaces/NAMESPACE/audit-logs for the last 30 days, .../archived for the 3 years before (beta
// documents); parameters begin with "list_parameters."; page_size at most 500; timestamps in a filter
// only inside date(), else nothing matches and nothing says so; Request-Timeout in seconds, 20 by
// default, and audit queries are slow;
// {"list":{"objects","response":{"next_page_id","next_page_token"}}}; refusals are gRPC's
// {"code","message"}; a token lives up to 4 hours.
// From the vendor's SDK: POST /v1/auth/api-key {"key","secret"}; the expiry is spelled expiration_time,
// expirationTime or ttl; spec.claims are strings such as "user=NAME@IDP"; page_id wins over page_token;
// sorting breaks paging on a sibling collection, so none is asked for.
// From the product page: the sample record; API keys expire after 30 to 90 days.
// Not verified, so the code works either way: when a row moves to the archive (near that limit both are
// requested, the active log first, so that a row on its way is seen); the HTTP status of code 4; whether
// empty lists are left out; order. No rate limit is published: 5/s is our own choice.
#include <algorithm>
#include <array>
#include <utility>

#include "auditstream/json.h"
#include "auditstream/json_writer.h"
#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis {
namespace {

constexpr Duration active_for = 24h * 30;
constexpr Duration around_the_line = 48h;
constexpr Duration default_token_life = 4h;

constexpr toolkit::Remedies remedies{
    .title = "Endor Labs",
    .unauthorized =
        "Check api_key and api_secret: both correct, of the same key, and not expired (keys end after 30 to "
        "90 days); if in doubt generate a new one under Access Control > API Keys. Check that namespace is "
        "yours.",
    .forbidden =
        "Give the key in api_key the permission to read audit logs, and check that it covers namespace "
        "(Access Control > API Keys; a key can be propagated to child namespaces).",
    .not_found =
        "Check namespace: your organization's bare name, such as acme; check base_url where it is set.",
    .throttled =
        "It backs off by itself. Look for other applications that use the same api_key; then lower "
        "rate_limit or raise poll_interval.",
    .unreachable = "Check base_url where it is set, then proxy and the network.",
};

// The two collections of the log. A page token is "active" or "archived", then possibly the parameter of the
// next page: "active page_id=6512f0".
constexpr std::string_view active = "active";
constexpr std::string_view archived = "archived";

std::string date(Time time) { return "date(" + toolkit::rfc3339_ms(time) + ")"; }

bool may_be_active(const PageRequest& ask) {
  return !ask.to || *ask.to >= ask.now - active_for - around_the_line;
}
bool may_be_archived(const PageRequest& ask) { return ask.from <= ask.now - active_for + around_the_line; }

std::string_view collection_of(const PageRequest& ask) {
  if (ask.token.empty()) return may_be_active(ask) ? active : archived;
  return ask.token.starts_with(archived) ? archived : active;
}

// The gRPC code is reliable, while the HTTP status may be a gateway's guess.
Refusal refuse(const http::Response& response, Refusal refusal) {
  struct Meaning {
    std::string_view code;
    RefusalKind kind;
    std::string_view remedy;
  };
  static constexpr std::string_view ask_less = "Nothing to change: less is asked for at a time.";
  static constexpr std::array<Meaning, 6> meanings{
      {{"3", RefusalKind::malformed, "Check namespace; if it is right, tell the maintainers this message."},
       {"4", RefusalKind::too_slow, ask_less},
       {"5", RefusalKind::not_found, remedies.not_found},
       {"7", RefusalKind::forbidden, remedies.forbidden},
       {"8", RefusalKind::throttled, remedies.throttled},
       {"16", RefusalKind::unauthorized, remedies.unauthorized}}};
  const std::string code = json::scalar_at(*response.body, "/code").value_or("");
  const auto* meaning = std::ranges::find(meanings, code, &Meaning::code);
  if (meaning != meanings.end()) {
    refusal.kind = meaning->kind;
    refusal.remedy = meaning->remedy;
  } else if (response.status == 504) {
    refusal.kind = RefusalKind::too_slow;
    refusal.remedy = ask_less;
  }
  return refusal;
}

// The namespace in an address copied from the browser, or "".
std::string_view namespace_in(std::string_view address) {
  if (const auto scheme = address.find("://"); scheme != address.npos) address.remove_prefix(scheme + 3);
  const std::string_view host = address.substr(0, address.find('/'));
  const std::string_view name = host.substr(0, host.find(".endorlabs.com"));
  return name == "app" || name == "api" || name == "www" || name == host ? std::string_view{} : name;
}

// The user of a claim "user=NAME@IDP".
std::string user_of(std::string_view claim) {
  constexpr std::string_view prefix = "user=";
  if (!claim.starts_with(prefix)) return "";
  claim.remove_prefix(prefix.size());
  std::string mail = toolkit::mail_address(claim.substr(0, claim.rfind('@')));
  if (mail.empty()) mail = toolkit::mail_address(claim);
  return mail.empty() ? toolkit::actor_id(claim) : mail;
}

std::vector<toolkit::ActorAt> claims() {
  static constexpr std::array<std::string_view, 16> pointers{
      "/spec/claims/0",  "/spec/claims/1",  "/spec/claims/2",  "/spec/claims/3",
      "/spec/claims/4",  "/spec/claims/5",  "/spec/claims/6",  "/spec/claims/7",
      "/spec/claims/8",  "/spec/claims/9",  "/spec/claims/10", "/spec/claims/11",
      "/spec/claims/12", "/spec/claims/13", "/spec/claims/14", "/spec/claims/15"};
  std::vector<toolkit::ActorAt> actors;
  actors.reserve(pointers.size());
  for (const std::string_view pointer : pointers) actors.push_back({pointer, user_of});
  return actors;
}

class EndorLabs final : public Vendor {
 public:
  std::string_view name() const override { return "endorlabs"; }
  std::string_view title() const override { return remedies.title; }

  const Traits& traits() const override {
    static const Traits traits{.precision = 1ms,
                               .time_digits = 6,
                               .page_size = 100,
                               .page_size_max = 500,
                               .rate_limit = {{5, 1s}},
                               .retention = 24h * 365 * 3,
                               .actor =
                                   "the first string user=NAME@IDP of /spec/claims (of 16): NAME if it is a "
                                   "mail address, else NAME@IDP",
                               .action = "/spec/operation"};
    return traits;
  }

  const EventShape& event_shape() const override {
    static const EventShape shape{.id = "/uuid", .times = {"/meta/create_time"}};
    return shape;
  }

  const std::vector<Setting>& settings() const override {
    static const std::vector<Setting> settings{
        {.name = "namespace",
         .required = true,
         .meaning = "Your organization's namespace, a bare name such as acme or acme.child.",
         .identity = true},
        {.name = "api_key",
         .type = Setting::Type::secret,
         .required = true,
         .meaning = "API key that may read audit logs, from Access Control > API Keys."},
        {.name = "api_secret",
         .type = Setting::Type::secret,
         .required = true,
         .meaning = "The secret shown once with the API key."},
        {.name = "traverse",
         .type = Setting::Type::boolean,
         .fallback = "false",
         .meaning = "Read the child namespaces too.",
         .filters = true}};
    return settings;
  }

  std::string default_base_url(const Source&) const override { return "https://api.endorlabs.com"; }

  std::vector<std::pair<std::string, std::string>> mistakes(const Source& source) const override {
    const std::string name(source.setting("namespace"));
    if (name.find_first_of(":/ ") == name.npos && name.find(".endorlabs.com") == name.npos) return {};
    const std::string_view meant = namespace_in(name);
    return {{"namespace", "\"" + name + "\" is no namespace, which is a bare name: use " +
                              (meant.empty() ? "acme, for example" : std::string(meant))}};
  }

  http::Request request(const Source& source, const Secrets&, const std::optional<Token>& token,
                        const PageRequest& ask) const override {
    std::string path =
        "/v1/namespaces/" + toolkit::percent_encode(source.setting("namespace")) + "/audit-logs";
    if (collection_of(ask) == archived) path += "/archived";

    std::string filter = "meta.create_time>=" + date(ask.from);
    // `to` may lie within a millisecond: the bound is after that one.
    if (ask.to) filter += " and meta.create_time<" + date(*ask.to + 2ms - 1us);
    toolkit::Url url(source.base_url, path);
    url.add("list_parameters.filter", filter);
    url.add("list_parameters.page_size", ask.page_size);
    if (source.setting("traverse") == "true") url.add("list_parameters.traverse", "true");
    if (const auto space = ask.token.find(' '); space != ask.token.npos) {
      const auto equals = ask.token.find('=', space);
      url.add("list_parameters." + ask.token.substr(space + 1, equals - space - 1),
              ask.token.substr(equals + 1));
    }

    http::Request request;
    request.url = url.text();
    request.headers = {{"Authorization", "Bearer " + token->value.reveal()},
                       {"Accept", "application/json"},
                       {"Request-Timeout", "60"}};
    request.timeout = 75s;  // the vendor times out first: its error tells a slow query from a dead network
    return request;
  }

  Answer read(const Source& source, const PageRequest& ask, const http::Response& response) const override {
    static const toolkit::Shape shape{
        .events = "/list/objects",
        .event = event_shape(),
        .fields = {"/list/response/next_page_id", "/list/response/next_page_token"},
        .envelope = "/list",
        .actors = claims(),
        .action = traits().action};
    auto read = toolkit::read_page(source, response, shape, remedies);
    if (auto* refusal = std::get_if<Refusal>(&read)) return refuse(response, std::move(*refusal));
    auto& slices = std::get<toolkit::Slices>(read);
    if (slices.fields[0].odd || slices.fields[1].odd)
      return toolkit::malformed(source, response, remedies,
                                "sent a next page that is neither text nor number");
    const std::string id = slices.fields[0].text.value_or("");
    const std::string offset = slices.fields[1].text.value_or("");

    Page page;
    page.events = std::move(slices.events);
    const bool in_archive = collection_of(ask) == archived;
    const std::string collection(in_archive ? archived : active);
    if (!id.empty()) {
      page.next = collection + " page_id=" + id;
    } else if (!offset.empty() && offset != "0") {
      page.next = collection + " page_token=" + offset;
    } else if (!in_archive && may_be_archived(ask)) {
      page.next = archived;
    }
    return page;
  }

  bool exchanges_token() const override { return true; }

  http::Request token_request(const Source& source, const Secrets& secrets) const override {
    http::Request request;
    request.method = http::Method::post;
    request.url = source.base_url + "/v1/auth/api-key";
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.body =
        json::object({{"key", secrets.at("api_key").reveal()}, {"secret", secrets.at("api_secret").reveal()}})
            .text();
    return request;
  }

  std::variant<Token, Refusal> read_token(const Source& source, const http::Response& response,
                                          Time now) const override {
    if (response.status != 200) {
      Refusal refusal = refuse(response, toolkit::classify(source, response, remedies));
      // A token exchange needs no permission: whatever is refused here is the key.
      if (refusal.kind == RefusalKind::forbidden) {
        refusal.kind = RefusalKind::unauthorized;
        refusal.remedy = remedies.unauthorized;
      }
      return refusal;
    }
    const std::string_view body = *response.body;
    const std::string token = json::scalar_at(body, "/token").value_or("");
    if (token.empty() || token.find_first_of(" \r\n") != token.npos) {
      http::Response unquoted = response;  // the token may be in the body, under another name
      unquoted.body = std::make_shared<const std::string>();
      return toolkit::malformed(source, unquoted, remedies,
                                "gave no usable token for api_key and api_secret");
    }
    std::optional<Time> expires;
    for (const std::string_view name : {"/expiration_time", "/expirationTime"}) {
      if (!expires) expires = parse_event_time(json::scalar_at(body, name).value_or(""));
    }
    if (const auto life = toolkit::whole_seconds(json::scalar_at(body, "/ttl").value_or(""));
        !expires && life)
      expires = now + *life;
    if (!expires) expires = toolkit::jwt_expiry(token);
    return Token{Secret(token), expires.value_or(now + default_token_life)};
  }

  std::vector<std::string> empty_hints(const Source& source) const override {
    return {"region: there is one API for all; check that base_url, where it is set, is your organization's.",
            "retention: check that backfill_start_time is within what Endor Labs keeps, three years.",
            "filters: child namespaces are read only with traverse: true.",
            "permissions: verify that api_key may read audit logs; its permission level is chosen when it is "
            "made.",
            "environment: check that namespace \"" + std::string(source.setting("namespace")) +
                "\" is the one of your organization, and that api_key was made in it."};
  }
};

}  // namespace

const Vendor& endorlabs() {
  static const EndorLabs vendor;
  return vendor;
}

}  // namespace auditstream::vendor_apis
