#include "simvendors/query.h"

#include <algorithm>

#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

// RFC 3986: what may stand in a query unescaped. Square brackets may not.
bool may_stand(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view("-._~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

}  // namespace

Query::Query(const test::Request& request) {
  const std::string_view raw = request.query();
  if (!std::all_of(raw.begin(), raw.end(), may_stand)) complain("the query is not percent-encoded");
  for (std::size_t begin = 0; begin < raw.size();) {
    const std::size_t end = std::min(raw.find('&', begin), raw.size());
    const std::string_view pair = raw.substr(begin, end - begin);
    const std::size_t equals = pair.find('=');
    begin = end + 1;
    const auto name = test::percent_decode(pair.substr(0, equals));
    const auto value = test::percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value || equals == std::string_view::npos) {
      complain("broken parameter");
      continue;
    }
    parameters_.push_back({*name, *value});
  }
}

std::vector<std::string> Query::list(std::string_view name) {
  std::vector<std::string> values;
  for (Parameter& parameter : parameters_) {
    if (parameter.name != name) continue;
    parameter.known = true;
    values.push_back(parameter.value);
  }
  return values;
}

std::optional<std::string> Query::text(std::string_view name) {
  auto values = list(name);
  if (values.empty()) return std::nullopt;
  if (values.size() > 1) complain(std::string(name) + " is given twice");
  if (values.front().empty()) complain(std::string(name) + " is empty");
  return std::move(values.front());
}

std::uint64_t Query::number(std::string_view name, std::uint64_t fallback, std::uint64_t min,
                            std::uint64_t max) {
  const auto value = text(name);
  if (!value) return fallback;
  const auto number = parse_number(*value);
  if (!number || *number < min || *number > max) {
    complain(std::string(name) + " must be a number from " + std::to_string(min) + " to " +
             std::to_string(max));
    return fallback;
  }
  return *number;
}

bool Query::boolean(std::string_view name, bool fallback) {
  const auto value = text(name);
  if (!value) return fallback;
  if (*value != "true" && *value != "false") complain(std::string(name) + " must be true or false");
  return *value == "true";
}

std::optional<Time> Query::instant(std::string_view name, int digits_max) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto time = parse_instant(*value, digits_max);
  if (!time) complain(std::string(name) + " is not a timestamp");
  return time;
}

std::optional<Time> Query::day(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto time = parse_day(*value);
  if (!time) complain(std::string(name) + " must be YYYY-MM-DD");
  return time;
}

void Query::complain(std::string what) {
  if (complaint_.empty()) complaint_ = std::move(what);
}

bool Query::finish() {
  for (const Parameter& parameter : parameters_) {
    if (!parameter.known) complain("unknown parameter " + parameter.name);
  }
  return complaint_.empty();
}

}  // namespace auditstream::sim
