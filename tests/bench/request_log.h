// RequestLog: who asked when, so that starts, rhythms and pauses can be told from outside. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auditstream/time.h"

namespace auditstream::bench {

class RequestLog {
 public:
  void add(Time time, std::string_view key);
  // How many different keys there are.
  std::size_t keys() const { return names_.size(); }
  // "MICROSECONDS KEY" a line, in order.
  std::string text_since(Time since) const;

 private:
  struct Entry {
    Time time;
    std::uint32_t key;
  };
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
  std::vector<Entry> entries_;  // ascending by time
};

}  // namespace auditstream::bench
