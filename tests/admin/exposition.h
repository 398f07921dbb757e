// Prometheus' text format, read back as far as auditstream writes it.
#pragma once

#include <map>
#include <set>
#include <string>

namespace auditstream::test {

struct Exposition {
  struct Family {
    std::string type;
    std::string help;
    std::set<std::string> labels;  // names, without the "le" of buckets
  };
  std::map<std::string, Family> families;
  std::map<std::string, double> samples;  // by all that stands before the value: name{labels}

  bool has(const std::string& sample) const { return samples.contains(sample); }
  // -1 where there is none.
  double value(const std::string& sample) const {
    const auto found = samples.find(sample);
    return found == samples.end() ? -1 : found->second;
  }
  // How many samples have this in what stands before the value.
  std::size_t mentions(const std::string& text) const;
};

// A line that is none of the format is a failure of the test.
Exposition read_exposition(const std::string& text);

}  // namespace auditstream::test
