#include <algorithm>
#include <iomanip>

#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/offsets.h"
#include "runtime/output.h"

namespace auditstream::cli {
namespace {

using Place = core::OffsetsView::Places::value_type;

void print_row(const std::string& source, const Place& place) {
  const auto& [partition, placed] = place;
  runtime::out() << std::left << std::setw(28) << runtime::shown(source) << " ";
  if (!placed.cursor) {
    runtime::out() << "can't be read: " << runtime::shown(placed.unreadable) << "\n";
    return;
  }
  const core::Cursor& cursor = *placed.cursor;
  runtime::out() << std::setw(12) << runtime::shown(cursor.vendor) << std::setw(10)
                 << (cursor.state == core::Cursor::State::paused ? "paused" : "running") << std::setw(28)
                 << format_rfc3339(cursor.watermark) << std::right << std::setw(12) << cursor.published
                 << std::setw(8) << cursor.dead_letters << std::setw(6) << partition
                 << (cursor.history ? "  " + format_rfc3339(cursor.history->watermark) : "") << "\n";
}

void print_last_error(std::string_view title, const core::LastError& last_error) {
  runtime::out() << title;
  if (last_error.status > 0) runtime::out() << "HTTP " << last_error.status << ": ";
  runtime::out() << runtime::shown(last_error.text) << "\n";
}

// A record that is not JSON must not break the document.
void print_json_list(const Offsets& offsets) {
  std::string document = "[";
  const char* separator = "";
  for (const auto& [source, places] : offsets.view.cursors()) {
    for (const auto& [partition, placed] : places) {
      if (!placed.cursor) {
        runtime::err() << runtime::shown(source)
                       << ": its cursor can't be read and is left out; see auditstream cursors show "
                       << runtime::shown(source) << "\n";
        continue;
      }
      document += separator + offsets.record(source, partition);
      separator = ",\n ";
    }
  }
  runtime::print_json(document + "]");
}

}  // namespace

int cursors_list_command(const std::string& path, bool json) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const Result<Offsets> offsets = read_offsets(*config);
  if (!offsets.ok()) return complain(offsets.error());
  if (json) {
    print_json_list(*offsets);
    return exit_done;
  }
  runtime::out() << std::left << std::setw(28) << "SOURCE"
                 << " " << std::setw(12) << "VENDOR" << std::setw(10) << "STATE" << std::setw(28)
                 << "WATERMARK" << std::right << std::setw(12) << "PUBLISHED" << std::setw(8) << "DEAD"
                 << std::setw(6) << "PART"
                 << "  HISTORY READ TO\n";
  for (const auto& [source, places] : offsets->view.cursors()) {
    for (const Place& place : places) print_row(source, place);
  }
  return exit_done;
}

int cursors_show_command(const std::string& path, const std::string& source, bool json) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const Result<Offsets> offsets = read_offsets(*config);
  if (!offsets.ok()) return complain(offsets.error());
  const auto places = offsets->view.cursors().find(source);
  if (places == offsets->view.cursors().end())
    return complain({no_cursor_of(source, offsets->view), ErrorKind::not_found});
  const auto& [partition, placed] = *places->second.begin();
  const std::string& record = offsets->record(source, partition);
  if (json) {
    runtime::print_json(record);
    return exit_done;
  }
  if (!placed.cursor) {
    runtime::out() << "source        " << runtime::shown(source) << "\npartition     " << partition
                   << "\nunreadable    " << runtime::shown(placed.unreadable) << "\nrecord        "
                   << printable(record) << "\n";
    return exit_problem;
  }
  const core::Cursor& cursor = *placed.cursor;
  runtime::out() << "source        " << runtime::shown(cursor.source) << "\nvendor        "
                 << runtime::shown(cursor.vendor) << "\naccount       " << runtime::shown(cursor.account)
                 << "\npartition     " << partition << "\nstate         "
                 << (cursor.state == core::Cursor::State::paused ? "paused" : "running") << "\nsince         "
                 << format_rfc3339(cursor.since) << "\nwatermark     " << format_rfc3339(cursor.watermark)
                 << "\nfloor         " << format_rfc3339(cursor.floor.time)
                 << (cursor.floor.id.empty() ? "" : " " + runtime::shown(cursor.floor.id))
                 << "\ngeneration    " << cursor.generation << "\npublished     " << cursor.published
                 << "\ndead letters  " << cursor.dead_letters << "\nupdated       "
                 << format_rfc3339(cursor.updated) << "\n";
  if (cursor.history) {
    runtime::out() << "history       until " << format_rfc3339(cursor.history->until) << ", read to "
                   << format_rfc3339(cursor.history->floor.time) << "\n";
  }
  if (cursor.last_error) print_last_error("trouble       ", *cursor.last_error);
  if (cursor.history && cursor.history->last_error)
    print_last_error("of history    ", *cursor.history->last_error);
  return exit_done;
}

}  // namespace auditstream::cli
