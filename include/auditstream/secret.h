// Secret: a string that can't be printed by accident.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace auditstream {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  // The only access to the text: for building a request. It must not get into a log, an error or a file.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "[hidden]"; }

}  // namespace auditstream
