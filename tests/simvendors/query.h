// The query string of a request, read strictly: what the API does not document, repeats or mistypes is a
// complaint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auditstream/time.h"
#include "support/http_exchange.h"

namespace auditstream::sim {

// Every getter makes its parameter known; finish() then complains about the rest. The first complaint is
// kept.
class Query {
 public:
  explicit Query(const test::Request& request);

  std::optional<std::string> text(std::string_view name);
  // All values of a parameter that may be repeated.
  std::vector<std::string> list(std::string_view name);
  std::uint64_t number(std::string_view name, std::uint64_t fallback, std::uint64_t min, std::uint64_t max);
  bool boolean(std::string_view name, bool fallback);
  // RFC3339 with Z and at most `digits_max` digits of fraction.
  std::optional<Time> instant(std::string_view name, int digits_max);
  std::optional<Time> day(std::string_view name);
  void complain(std::string what);

  // True if there was nothing to complain about.
  bool finish();
  const std::string& complaint() const { return complaint_; }

 private:
  struct Parameter {
    std::string name;
    std::string value;
    bool known = false;
  };
  std::vector<Parameter> parameters_;
  std::string complaint_;
};

}  // namespace auditstream::sim
