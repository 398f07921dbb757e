#include "probe/wire_bounds.h"

#include <regex>

#include "base/url.h"

namespace auditstream::probe {
namespace {

std::string spelled(const WireBound& bound, Time time) {
  if (bound.day) return format_day(time);
  std::string text = format_rfc3339(time, bound.digits == 0 ? 0 : bound.digits <= 3 ? 3 : 6);
  if (bound.digits == 0) text = format_rfc3339(floor_second(time));
  if (bound.digits == 3 && text.size() > std::string_view("2026-11-20T00:00:00.000Z").size())
    text = text.substr(0, 23) + "Z";
  return percent_encode(text);
}

}  // namespace

WireBounds wire_bounds(std::string_view url) {
  static const std::regex time(R"(\d{4}-\d\d-\d\d(T\d\d(?::|%3[Aa])\d\d(?::|%3[Aa])\d\d(\.\d{1,9})?Z)?)");
  const std::size_t query = url.find('?');
  if (query == std::string_view::npos) return {};
  WireBounds bounds;
  for (std::cregex_iterator match(url.data() + query, url.data() + url.size(), time), end; match != end;
       ++match) {
    WireBound bound;
    bound.at = query + static_cast<std::size_t>(match->position());
    bound.size = static_cast<std::size_t>(match->length());
    bound.day = !(*match)[1].matched;
    if ((*match)[2].matched) bound.digits = static_cast<int>((*match)[2].length()) - 1;
    const std::string text = percent_decode(match->str());
    const std::optional<Time> read = parse_event_time(bound.day ? text + "T00:00:00Z" : text);
    if (!read) continue;
    bound.time = *read;
    if (!bounds.lower) {
      bounds.lower = bound;
    } else {
      bounds.upper = bound;
      break;
    }
  }
  return bounds;
}

std::string with_bounds(std::string_view url, std::optional<Time> lower, std::optional<Time> upper) {
  const WireBounds bounds = wire_bounds(url);
  std::string changed(url);
  // The later one first, so that the place of the other stays.
  if (upper && bounds.upper)
    changed.replace(bounds.upper->at, bounds.upper->size, spelled(*bounds.upper, *upper));
  if (lower && bounds.lower)
    changed.replace(bounds.lower->at, bounds.lower->size, spelled(*bounds.lower, *lower));
  return changed;
}

}  // namespace auditstream::probe
