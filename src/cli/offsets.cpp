#include "cli/offsets.h"

#include <algorithm>

#include "base/exit_code.h"
#include "config/nearest.h"
#include "runtime/cursor_editor.h"
#include "runtime/output.h"

namespace auditstream::cli {
std::variant<std::vector<core::RecordMap>, int> read_offsets(const config::Config& config,
                                                             std::ostream& err) {
  auto read = runtime::CursorEditor(config, "").read();
  if (auto* partitions = std::get_if<std::vector<core::RecordMap>>(&read)) return std::move(*partitions);
  const auto& failure = std::get<runtime::EditFailure>(read);
  err << failure.text << "\n";
  return failure.kind == runtime::EditFailure::Kind::unavailable ? exit_unavailable : exit_config;
}

std::vector<CursorRecord> cursors_in(const std::vector<core::RecordMap>& partitions) {
  std::vector<CursorRecord> cursors;
  for (std::size_t partition = 0; partition < partitions.size(); ++partition) {
    for (const auto& [key, value] : partitions[partition]) {
      if (core::is_cursor_key(key)) cursors.push_back({key, static_cast<int>(partition), value});
    }
  }
  std::ranges::stable_sort(cursors, {}, &CursorRecord::source);
  return cursors;
}

void complain_of_missing_cursor(const std::string& source, const std::vector<CursorRecord>& cursors,
                                std::ostream& err) {
  std::vector<std::string> names;
  for (const CursorRecord& cursor : cursors) names.push_back(cursor.source);
  err << "no cursor of \"" << runtime::shown(source) << "\""
      << runtime::shown(config::did_you_mean(source, names)) << "\n";
}

}  // namespace auditstream::cli
