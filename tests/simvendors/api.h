// One vendor's API as the simulation serves it: strict about what is asked, faithful in what it answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simvendors/profile.h"
#include "simvendors/query.h"
#include "simvendors/tenant.h"
#include "support/http_exchange.h"

namespace auditstream::sim {

class Api {
 public:
  virtual ~Api() = default;

  virtual std::string_view vendor() const = 0;
  virtual const Profile& profile() const = 0;
  virtual bool serves(std::string_view path) const = 0;
  virtual std::string_view method(std::string_view) const { return "GET"; }
  virtual std::vector<RateSpec> documented_limit() const { return {}; }

  // The credential that the request carries, in the one way that the vendor documents.
  virtual std::optional<std::string> credential(const test::Request& request) const = 0;
  // An error in the vendor's own words.
  virtual test::Reply error(int status, std::string_view message) const = 0;
  // Says in an answer with 429 how long to wait: Retry-After, in the tenant's spelling.
  virtual void tell_wait(const Tenant& tenant, std::chrono::seconds wait, Time now, test::Reply& reply) const;
  // The answer to a request of a tenant that is welcome. `now` is the tenant's clock.
  virtual test::Reply answer(Tenant& tenant, const test::Request& request, Time now) const = 0;

  // Appends the event's bytes.
  virtual void render(const Tenant& tenant, Serial serial, std::string& out) const = 0;
  // The event's id as text, flaws aside.
  virtual std::string id(const Tenant& tenant, Serial serial) const = 0;
  // The unit in which the event's time is printed.
  virtual Duration precision(const Tenant& tenant, Serial serial) const = 0;
};

// What each vendor of src/vendor_apis/vendors.inc that has a file of its name in this folder defines there.
#define TWIN(name) const Api& name##_api();
#include "simvendors/twins.inc"
#undef TWIN
// In the order of their names.
const std::vector<const Api*>& apis();
// Throws where the vendor has no such file, and names it.
const Api& api_of(std::string_view vendor);

// What a filter leaves, half-open and exact.
struct Range {
  Time from{};  // 1970
  Time to{std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)};
};

Time floor_to(Time time, Duration unit);
// Turns bounds that act on times cut to `unit` into exact ones.
Time lower_bound(Time bound, bool inclusive, Duration unit);
Time upper_bound(Time bound, bool inclusive, Duration unit);
// The range of a filter by days, as the tenant's options read it.
Range day_range(const TenantSpec& spec, std::optional<Time> first, std::optional<Time> last);

// Empty: every row.
using Filter = std::function<bool(Serial)>;

// What the tenant makes of a range and a filter, where it does not do as the documents say.
struct Heard {
  Range range;
  Filter filter;
};
Heard as_heard(const Tenant& tenant, const Range& asked, bool open_end, Filter filter, Time now);

// The rows that a tenant shows of a page, where it loses some at borders.
void lose_at_border(const Tenant& tenant, bool first_page, std::vector<Serial>& rows);

// Part of a list that is paged by offset, and how long the whole is.
struct Slice {
  std::vector<Serial> rows;
  std::uint64_t total = 0;
};
Slice slice(const EventLog& log, Order order, const Range& range, const Filter& filter, std::uint64_t offset,
            std::uint64_t limit);

// Part of a list that is paged by key, from the row `start` on, and the row after it.
struct KeySlice {
  std::vector<Serial> rows;
  std::optional<Serial> next;
};
KeySlice key_slice(const EventLog& log, Order order, const Range& range, const Filter& filter,
                   std::optional<Serial> start, std::uint64_t limit);

// Where the tenant has empty pages: whether one comes before these rows, from which the page after it goes
// on. What such a page links to is the row's own link and this mark.
inline constexpr std::string_view gap_mark = "~gap";
bool gap_before(const Tenant& tenant, const std::vector<Serial>& rows, std::string_view asked_from);
// The text without the mark.
std::string_view without_gap_mark(std::string_view text);

// "{...},\n{...}"; counts them as served. The line break is there to be left out of the events.
void append_rows(const Api& api, Tenant& tenant, const std::vector<Serial>& rows, std::string& out);

// Appends the event's bytes as the vendor shows them: some are no valid JSON where the tenant says so.
void append_row(const Api& api, const Tenant& tenant, Serial row, std::string& out);

// The value of "Authorization: <scheme> <value>".
std::optional<std::string> authorization(const test::Request& request, std::string_view scheme);

}  // namespace auditstream::sim
