// The bounds of a range as a request spells them, whatever the vendor calls its parameters. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auditstream/time.h"

namespace auditstream::probe {

struct WireBound {
  Time time;
  bool day = false;  // "2026-11-20"
  int digits = 0;    // of the second's fraction
  std::size_t at = 0;
  std::size_t size = 0;  // in the URL, where colons may be encoded

  // What the bound can tell apart.
  Duration unit() const { return day ? Duration{24h} : digits == 0 ? Duration{1s} : Duration{1ms}; }
};

struct WireBounds {
  std::optional<WireBound> lower;
  std::optional<WireBound> upper;
};

// The first two times of the URL's query; all vendors name the lower bound first.
WireBounds wire_bounds(std::string_view url);

// The URL with other bounds, cut to the unit in which it has them. A bound that it doesn't have is not added.
std::string with_bounds(std::string_view url, std::optional<Time> lower, std::optional<Time> upper);

}  // namespace auditstream::probe
