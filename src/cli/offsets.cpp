#include "cli/offsets.h"

#include "config/nearest.h"
#include "runtime/cursor_editor.h"
#include "runtime/output.h"

namespace auditstream::cli {

Result<Offsets> read_offsets(const config::Config& config) {
  Result<std::vector<core::RecordMap>> partitions = runtime::CursorEditor(config, "").read();
  if (!partitions.ok()) return partitions.error();
  core::OffsetsView view = core::OffsetsView::of(*partitions);
  return Offsets{*std::move(partitions), std::move(view)};
}

std::string no_cursor_of(std::string_view source, const core::OffsetsView& view) {
  std::vector<std::string> names;
  for (const auto& [name, places] : view.cursors()) names.push_back(name);
  return "no cursor of \"" + runtime::shown(std::string(source)) + "\"" +
         runtime::shown(config::did_you_mean(std::string(source), names));
}

}  // namespace auditstream::cli
