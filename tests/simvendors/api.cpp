#include "simvendors/api.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace auditstream::sim {

namespace {

Time ceil_to(Time time, Duration unit) {
  const Time floor = floor_to(time, unit);
  return floor == time ? time : floor + unit;
}

}  // namespace

const std::vector<const Api*>& apis() {
  static const std::vector<const Api*> all = {
#define TWIN(name) &name##_api(),
#include "simvendors/twins.inc"
#undef TWIN
  };
  return all;
}

const Api& api_of(std::string_view vendor) {
  for (const Api* api : apis()) {
    if (api->vendor() == vendor) return *api;
  }
  const std::string name(vendor);
  throw std::runtime_error("no vendor is simulated as " + name + ": write tests/simvendors/" + name + ".cpp");
}

void Api::tell_wait(const Tenant& tenant, std::chrono::seconds wait, Time now, test::Reply& reply) const {
  switch (tenant.spec.retry_after) {
    case RetryAfter::seconds:
      reply.headers.push_back({"Retry-After", std::to_string(wait.count())});
      break;
    case RetryAfter::date:
      reply.headers.push_back({"Retry-After", test::http_date(now + wait + 1s)});
      break;
    case RetryAfter::none:
      break;
  }
}

Time floor_to(Time time, Duration unit) {
  const auto rest = time.time_since_epoch() % unit;
  return time - (rest < Duration{0} ? rest + unit : rest);
}

Time lower_bound(Time bound, bool inclusive, Duration unit) {
  return inclusive ? ceil_to(bound, unit) : floor_to(bound, unit) + unit;
}

Time upper_bound(Time bound, bool inclusive, Duration unit) {
  return inclusive ? floor_to(bound, unit) + unit : ceil_to(bound, unit);
}

Range day_range(const TenantSpec& spec, std::optional<Time> first, std::optional<Time> last) {
  Range range;
  if (first) range.from = *first + spec.day_offset;
  if (last) range.to = *last + spec.day_offset + (spec.day_end_exclusive ? 0h : 24h);
  return range;
}

Heard as_heard(const Tenant& tenant, const Range& asked, bool open_end, Filter filter, Time now) {
  const TenantSpec& spec = tenant.spec;
  Heard heard{asked, std::move(filter)};
  Range& range = heard.range;
  if (spec.filter_ignored) range = Range{};
  if (spec.fractions_ignored) range = {floor_to(range.from, 1s), floor_to(range.to, 1s)};
  if (spec.open_end_cut > Duration{0} && open_end) range.to = std::min(range.to, now - spec.open_end_cut);
  if (spec.range_max > Duration{0} && std::min(range.to, now) - range.from > spec.range_max)
    range.to = range.from + spec.range_max;
  if (spec.keeps > Duration{0}) range.from = std::max(range.from, now - spec.keeps);
  if (spec.filter_late > Duration{0}) {
    const Range wanted{range.from, std::min(range.to, now)};
    heard.filter = [&tenant, wanted, others = std::move(heard.filter)](Serial row) {
      const Time ingested = tenant.ingested(row);
      return ingested >= wanted.from && ingested < wanted.to && (!others || others(row));
    };
    range.from -= spec.filter_late;
  }
  range.to = std::max(range.from, range.to);
  return heard;
}

void lose_at_border(const Tenant& tenant, bool first_page, std::vector<Serial>& rows) {
  if (tenant.spec.lost_at_borders && !first_page && !rows.empty()) rows.erase(rows.begin());
}

Slice slice(const EventLog& log, Order order, const Range& range, const Filter& filter, std::uint64_t offset,
            std::uint64_t limit) {
  Slice part;
  const EventLog::Ranks ranks = log.between(range.from, range.to);
  if (!filter) {
    part.total = ranks.count();
    const std::uint64_t end = std::min<std::uint64_t>(part.total, offset + limit);
    for (std::uint64_t i = offset; i < end; ++i) {
      part.rows.push_back(log.listed(ranks, order, static_cast<Serial>(i)));
    }
    return part;
  }
  for (Serial i = 0; i < ranks.count(); ++i) {
    const Serial row = log.listed(ranks, order, i);
    if (!filter(row)) continue;
    if (part.total >= offset && part.rows.size() < limit) part.rows.push_back(row);
    ++part.total;
  }
  return part;
}

KeySlice key_slice(const EventLog& log, Order order, const Range& range, const Filter& filter,
                   std::optional<Serial> start, std::uint64_t limit) {
  KeySlice part;
  log.scan(order, start, range.from, range.to, [&](Serial row) {
    if (filter && !filter(row)) return true;
    if (part.rows.size() == limit) {
      part.next = row;
      return false;
    }
    part.rows.push_back(row);
    return true;
  });
  return part;
}

bool gap_before(const Tenant& tenant, const std::vector<Serial>& rows, std::string_view asked_from) {
  return tenant.spec.empty_pages && !rows.empty() && !asked_from.ends_with(gap_mark) &&
         tenant.dice(rows.front()) % 3 == 0;
}

std::string_view without_gap_mark(std::string_view text) {
  if (text.ends_with(gap_mark)) text.remove_suffix(gap_mark.size());
  return text;
}

void append_rows(const Api& api, Tenant& tenant, const std::vector<Serial>& rows, std::string& out) {
  constexpr std::size_t row_bytes = 900;
  out.reserve(out.size() + rows.size() * row_bytes + 1024);
  tenant.stats.rows += rows.size();
  bool first = true;
  for (const Serial row : rows) {
    if (!first) out += ",\n";
    first = false;
    append_row(api, tenant, row, out);
  }
}

void append_row(const Api& api, const Tenant& tenant, Serial row, std::string& out) {
  const std::size_t begin = out.size();
  api.render(tenant, row, out);
  if (tenant.spec.padding > 0)
    out.insert(out.size() - 1, ",\"padding\":\"" + std::string(tenant.spec.padding, 'x') + "\"");
  if (tenant.spec.changing_bytes)
    out.insert(out.size() - 1, ",\"served\":" + std::to_string(tenant.stats.requests));
  if (!tenant.malformed(row)) return;
  constexpr std::string_view wrong[] = {"NaN", "-Infinity", "\"caf\xe9\"", "\"a\tb\"", "\"C:\\dir\"", "007"};
  const std::string_view value = wrong[tenant.dice(row) % std::size(wrong)];
  // Before the id, or behind everything else.
  if (tenant.dice(row) / 8 % 2 == 0) {
    out.insert(begin + 1, "\"wrong\":" + std::string(value) + ",");
  } else {
    out.insert(out.size() - 1, ",\"wrong\":" + std::string(value));
  }
}

std::optional<std::string> authorization(const test::Request& request, std::string_view scheme) {
  const auto header = request.header("authorization");
  if (!header || !header->starts_with(scheme) || header->size() <= scheme.size() + 1) return std::nullopt;
  if ((*header)[scheme.size()] != ' ') return std::nullopt;
  return std::string(header->substr(scheme.size() + 1));
}

}  // namespace auditstream::sim
