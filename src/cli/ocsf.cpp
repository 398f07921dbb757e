#include "cli/ocsf.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "auditstream/json.h"
#include "base/exit_code.h"
#include "cli/vendors.h"
#include "core/envelope.h"
#include "runtime/clock.h"
#include "runtime/output.h"

namespace auditstream::cli {
namespace {

std::optional<ocsf::Mapping> load_mapping(const std::string& path, std::string_view vendor) {
  std::filesystem::path file = path;
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) file /= std::string(vendor) + ".yaml";
  std::ifstream in(file, std::ios::binary);
  const std::string yaml{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    runtime::err() << file.string() << ": can't be read: --mapping takes a mapping's file, or the folder of "
                   << vendor << ".yaml\n";
    return std::nullopt;
  }
  ocsf::ReadMapping read = ocsf::read_mapping(yaml, file.string(), vendor);
  for (const config::Finding& mistake : read.mistakes) runtime::err() << mistake.text() << "\n";
  return std::move(read.mapping);
}

std::string source_name(std::string_view vendor, const std::string& name) {
  if (name.empty()) return "";
  Source source;
  source.vendor = vendor;
  source.name = name;
  return core::event_source(source);
}

}  // namespace

MappedLines map_lines(std::istream& in, const ocsf::Mapper& mapper, const std::function<Time()>& now,
                      const std::function<bool(std::string_view)>& print, const std::function<void()>& drain,
                      std::ostream& err) {
  MappedLines done;
  std::string line;
  for (std::uint64_t number = 1;; ++number) {
    if (in.rdbuf()->in_avail() <= 0) drain();
    if (!std::getline(in, line)) return done;
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == line.npos) continue;
    ++done.lines;
    const ocsf::Mapped mapped = mapper.map(line, now());
    if (!mapped.problem.empty()) {
      ++done.failed;
      err << "line " << number << ": " << mapped.problem << "\n";
    }
    if (!print(mapped.event)) {
      done.written = false;
      return done;
    }
  }
}

int ocsf_command(const OcsfOptions& options, std::istream& in) {
  const Vendor* vendor = find_vendor(options.vendor, runtime::err());
  if (vendor == nullptr) return exit_usage;
  if (!options.time_field.empty()) {
    const Status valid = json::validate_pointer(options.time_field);
    if (!valid.ok()) {
      runtime::err() << "--time-field: " << valid.error().message << "\n";
      return exit_usage;
    }
  }
  std::optional<ocsf::Mapping> mapping = load_mapping(options.mapping, vendor->name());
  if (!mapping) return exit_config;
  const ocsf::Mapper mapper(*vendor, *std::move(mapping),
                            {options.time_field, source_name(vendor->name(), options.source)});
  MappedLines done = map_lines(
      in, mapper, [] { return runtime::read_clock().wall; }, runtime::print_event,
      [] { runtime::out().flush(); }, runtime::err());
  done.written = done.written && runtime::out().flush().good();
  if (!done.written) {
    runtime::err() << "standard output can't be written to: stopped after " << done.lines << " events\n";
    return exit_problem;
  }
  if (in.bad()) {
    runtime::err() << "standard input can't be read\n";
    return exit_problem;
  }
  if (done.failed == 0) return exit_done;
  runtime::err() << done.failed << " of " << done.lines
                 << " events could not be mapped: each is a base event\n";
  return exit_problem;
}

}  // namespace auditstream::cli
