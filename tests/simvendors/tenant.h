// One tenant of one simulated vendor: what it is told to be, what it has, and how it was treated.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "simvendors/event_log.h"
#include "simvendors/rate_gate.h"

namespace auditstream::sim {

// Shares of the requests that are answered wrongly on purpose. Drawn anew for every request: a repeated one
// gets through.
struct FaultRates {
  double throttled = 0;       // 429
  double server_error = 0;    // 500, 502, 503
  double reset = 0;           // before or within the body
  double truncated = 0;       // half of the announced body
  double html_ok = 0;         // a page for people, with 200
  double html_forbidden = 0;  // a firewall's page, with 403
  double slow = 0;            // right, but after `slow_by`
  double empty = 0;           // 200 without a body

  static FaultRates spread(double total);  // the same share for each kind
  double total() const;
};

enum class RetryAfter { seconds, date, none };

// Everything a test may want of a tenant. Names in JSON are those of the members.
struct TenantSpec {
  std::string vendor;
  std::string name;        // Endor Labs: the namespace
  std::string credential;  // unique within the vendor
  std::string secret;      // Endor Labs only

  LogSpec log;
  // How records look: one of the vendor's Profile::shapes, "" for the first.
  std::string shape;
  std::optional<Order> order;      // nothing: the vendor's usual one
  bool printed_bounds = false;     // time filters act on the printed time instead of the exact hidden one
  std::optional<bool> inclusive;   // time filters include their bounds; nothing: as the vendor words it
  bool day_end_exclusive = false;  // a day filter's last day is left out
  Duration day_offset{0};          // when the vendor's day begins, relative to UTC midnight
  double flaw_share = 0;           // events without id, or without a time that can be read
  double malformed_share = 0;      // events that are no valid JSON
  std::uint32_t padding = 0;       // so many bytes more in each event
  bool odd_times = false;          // no event's time can be read, as after a change of format

  std::optional<std::vector<RateSpec>> rate_limit;  // nothing: what the vendor documents
  RetryAfter retry_after = RetryAfter::seconds;
  FaultRates faults;
  Duration slow_by = 2s;
  Duration latency{0};       // of every answer
  Duration clock_offset{0};  // how far the vendor's clock, its events and its Date header are ahead
  int refuse = 0;            // 401, 403 or 404 for every request

  bool self_feeding = false;        // FloQast: each request becomes an event
  std::uint32_t redirect_over = 0;  // FloQast: more rows than this on a page are answered 303 (0: never)
  std::string redirect_origin;      // FloQast: host of those answers, "http://127.0.0.2:8080"
  Duration token_lifetime = 4h;     // Endor Labs
  std::string expiry_field =
      "expiration_time";            // Endor Labs: or expirationTime, or "" (only in the token itself)
  std::uint32_t deadline_rows = 0;  // Endor Labs: windows with more rows are answered 504 code 4 (0: never)
  Duration archive_overlap = 1h;    // Endor Labs: how long rows are in both collections
  double child_share = 0;     // Endor Labs: share of the events that belong to the namespace <name>.child
  bool null_as_text = false;  // Tines: "null" for the missing next page
  // Pages without rows amid a reading, each with its link to the next, where answers have one.
  bool empty_pages = false;

  // --- What contradicts the documents, for `auditstream probe` to find.
  bool filter_ignored = false;     // time filters: every row is in every range
  bool fractions_ignored = false;  // time filters: fractions of a second are cut off
  Duration filter_late{0};     // time filters act on a time of ingestion, up to so much after the printed one
  Duration range_max{0};       // only so much of a wider range is answered, its beginning (0: all of it)
  Duration keeps{0};           // rows that are older are gone (0: none)
  Duration open_end_cut{0};    // a range without an end ends so long before now
  bool endless_pages = false;  // each page leads on
  bool lost_at_borders = false;  // the first row of each page but the first is left out
  bool changing_bytes = false;   // rows differ from answer to answer
  double shared_ids = 0;         // share of the events that have the same id
  std::uint32_t total_more = 0;  // totals count so many rows too much
  Duration printed_offset{0};    // times are printed so much later than they are
  Duration date_offset{0};       // and the Date header is
  int bad_credential = 0;        // what an unknown credential gets, 200: the log (0: 401)
};

// Takes members of a JSON object over into the spec; names an unknown or ill-typed one.
Status apply_json(TenantSpec& spec, std::string_view json);

// An array of such objects.
Result<std::vector<TenantSpec>> parse_tenants(std::string_view json);

struct TenantStats {
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;          // served
  std::uint64_t violations = 0;    // requests above the rate limit
  std::uint64_t faults = 0;        // answers spoiled on purpose
  std::uint64_t bad_requests = 0;  // requests that the API's documents forbid
  std::string last_complaint;      // about the latest of those
  std::uint64_t leaked = 0;        // requests that carried the credential where it does not belong
};

enum class Flaw { none, no_id, null_id, no_time, odd_time, shared_id };

struct Tenant {
  Tenant(TenantSpec spec, Time start);

  // Chance that belongs to an event, for all that is not its time.
  std::uint64_t dice(Serial serial) const;
  Flaw flaw(Serial serial) const;
  bool malformed(Serial serial) const;
  bool child(Serial serial) const;
  // The event's time, as exactly as it is known.
  Time printed(Serial serial) const { return log.time(serial) + spec.printed_offset; }
  // When it was taken into the log, where time filters act on that.
  Time ingested(Serial serial) const;

  TenantSpec spec;
  EventLog log;
  RateGate gate;
  TenantStats stats;
  // FloQast: the latest payloads behind a redirect, by path and query.
  std::deque<std::pair<std::string, std::shared_ptr<const std::string>>> payloads;
  std::uint64_t tokens_from = 0;  // Endor Labs: tokens with a lower number are revoked
  std::uint64_t tokens_issued = 0;
};

}  // namespace auditstream::sim
