// `auditstream ocsf VENDOR`: a filter that turns a vendor's events into those of OCSF, line by line.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "ocsf/mapper.h"

namespace auditstream::cli {

struct OcsfOptions {
  std::string vendor;
  std::string mapping;     // a file, or a folder with <vendor>.yaml in it
  std::string source;      // name of the source that the events come from, or ""
  std::string time_field;  // as in the source's config, or ""
};
// Reads `in` to its end; returns the exit code.
int ocsf_command(const OcsfOptions& options, std::istream& in);

struct MappedLines {
  std::uint64_t lines = 0;   // without blank ones
  std::uint64_t failed = 0;  // became base events
  bool written = true;       // nobody has stopped reading the output
};

// Each line of `in` becomes one for `print`, which returns false if nobody reads it. `drain` passes on what
// was printed, before anything is waited for. What can't be mapped is reported to `err` with its line number.
MappedLines map_lines(std::istream& in, const ocsf::Mapper& mapper, const std::function<Time()>& now,
                      const std::function<bool(std::string_view)>& print, const std::function<void()>& drain,
                      std::ostream& err);

}  // namespace auditstream::cli
