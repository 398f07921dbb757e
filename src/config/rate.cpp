#include "config/rate.h"

#include <charconv>
#include <cstdint>

#include "config/findings.h"

namespace auditstream::config {

Result<RateSpec> parse_rate(std::string_view text) {
  const Error no_rate{in_quotes(text) + " is not a rate such as 1000/min, 10/s, 1500/h or 1000/6s"};
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return no_rate;
  RateSpec rate;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, rate.count);
  if (error != std::errc{} || end != text.data() + slash) return no_rate;
  std::string period(text.substr(slash + 1));
  if (period.ends_with("min"))
    period.resize(period.size() - 2);  // elsewhere "5min" and "min" are written with "m"
  const bool has_number = !period.empty() && period[0] >= '0' && period[0] <= '9';
  const Result<Duration> parsed = parse_duration(has_number ? period : "1" + period);
  if (!parsed.ok()) return no_rate;
  rate.period = *parsed;
  if (rate.count == 0 || rate.period == Duration{0})
    return Error{in_quotes(text) + " allows no request at all"};
  return rate;
}

std::string format_rate(const RateSpec& rate) {
  if (rate.period == 1s) return std::to_string(rate.count) + "/s";
  if (rate.period == 1min) return std::to_string(rate.count) + "/min";
  if (rate.period == 1h) return std::to_string(rate.count) + "/h";
  return std::to_string(rate.count) + "/" + format_duration(rate.period);
}

}  // namespace auditstream::config
