// The nouns: a source, a window, an event and its position, a page of them, and a refusal.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auditstream/http.h"
#include "auditstream/secret.h"
#include "auditstream/time.h"

namespace auditstream {

class Vendor;

// At most `count` requests in any `period`.
struct RateSpec {
  std::uint32_t count = 0;
  Duration period{0};
  friend bool operator==(const RateSpec&, const RateSpec&) = default;
};

// Resolved secrets of one source, by setting name ("api_key").
using Secrets = std::map<std::string, Secret, std::less<>>;

// What ${env:} and ${file:} in an included file may refer to, if `include` limits it.
struct Allowance {
  std::vector<std::string> env;      // prefixes of names
  std::vector<std::string> folders;  // absolute, with a trailing slash
  friend bool operator==(const Allowance&, const Allowance&) = default;
};

// One configured source, complete: defaults filled in, everything validated. Immutable after the config is
// loaded.
struct Source {
  std::string name;
  std::string vendor;           // its name
  const Vendor* api = nullptr;  // its API; lives for ever
  std::string account;          // sources with the same account share a rate limit and a shard
  std::string base_url;         // "https://host[:port]", no trailing slash: the effective origin
  std::string topic;
  std::string dead_letter_topic;
  std::optional<Time> backfill_start_time;
  Duration poll_interval = 30s;
  Duration overlap = 10min;
  bool history_alongside = false;  // a long past is read beside the present, not before it
  unsigned lanes = 0;              // 0: as many as the rate limit and the latency need
  std::vector<RateSpec> rate_limit;
  std::uint32_t page_size = 0;
  std::string time_field;  // JSON pointer, or empty: the vendor's own
  std::string key = "id";  // "id", "actor", "source", or a JSON pointer into the event
  bool enabled = true;
  std::shared_ptr<const http::Route> route;
  std::map<std::string, std::string, std::less<>> settings;  // vendor settings: scalars that are no secrets
  std::map<std::string, std::vector<std::string>, std::less<>> lists;  // vendor settings: lists
  // Secrets as written in the config, with ${env:} and ${file:} unresolved; see config's SecretReader.
  std::map<std::string, Secret, std::less<>> secret_templates;
  std::optional<Allowance> allowance;  // limits those references; nothing: no limit
  std::string origin;  // hash of vendor, base URL and what else names the tenant (not the key: keys rotate)
  std::string filter;  // hash of the settings that narrow what the vendor returns

  // Member by member, but of the route only the pointer.
  friend bool operator==(const Source&, const Source&) = default;

  // The scalar setting, or "" when it is absent.
  std::string_view setting(std::string_view name) const {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string_view{} : std::string_view{found->second};
  }
};

// Half-open range [from, to); without `to` it is the live window, open at its end.
struct Window {
  Time from;
  std::optional<Time> to;
  friend bool operator==(const Window&, const Window&) = default;
};

// A place in a source's log. Order: time, then id as bytes.
struct Position {
  Time time;
  std::string id;
  friend auto operator<=>(const Position&, const Position&) = default;
};

// An event of a page. Exactly `raw` is what will be published.
struct Event {
  std::string id;            // the vendor's id as text, or hash_hex(raw) if there is none
  std::optional<Time> time;  // nothing: no readable time, so it will be dead-lettered
  std::string_view raw;      // points into `body`
  std::shared_ptr<const std::string> body;
  std::shared_ptr<const std::string>
      flaw{};           // why it is not valid JSON, so it will be dead-lettered; null: it is
  std::string actor{};  // who acted; "" if it doesn't say, or if the source's key is not "actor"
  // Where action() lies in `raw`, which may move to another body.
  std::uint32_t action_at = 0;
  std::uint32_t action_size = 0;

  // What happened, in the vendor's word; "" if it has no short one.
  std::string_view action() const { return raw.substr(action_at, action_size); }
  Position position() const { return Position{time.value_or(Time{}), id}; }
};

// The content of one response.
struct Page {
  std::vector<Event> events;
  std::string next;                    // token of the next page; empty: this was the last
  std::optional<std::uint64_t> total;  // how many rows the whole query has, according to the vendor
};

enum class RefusalKind {
  throttled,     // 429, or 503 with Retry-After
  unauthorized,  // the credential is refused
  forbidden,     // the credential lacks a permission
  not_found,     // wrong tenant, namespace or region
  transient,     // 5xx, resets, timeouts, a firewall's page: the same request may work later
  too_slow,      // the query is too wide for the vendor: request less
  too_large,     // more bytes than the response limit: request smaller pages
  malformed,     // a response that does not conform to the vendor's API
};

// Why a response is no page. `message` says what happened, `remedy` what to change; neither holds a secret.
struct Refusal {
  RefusalKind kind = RefusalKind::transient;
  int status = 0;  // HTTP status, 0 without a response
  std::string message;
  std::string remedy;
  std::optional<Duration> retry_after;  // as the vendor asked, relative to the response
  bool unreached = false;               // the request never reached the vendor, so it is not to blame
  bool firewall = false;                // a 401/403 whose body is not JSON: not from the vendor's API
  std::string request_id{};             // the vendor's id of this exchange; "" if it gives none
};

using Answer = std::variant<Page, Refusal>;

const char* to_string(RefusalKind kind);

}  // namespace auditstream
