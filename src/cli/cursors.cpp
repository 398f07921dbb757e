#include <algorithm>
#include <iomanip>

#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/commands.h"
#include "cli/offsets.h"
#include "runtime/output.h"

namespace auditstream::cli {
namespace {

std::variant<std::vector<CursorRecord>, int> read_cursors(const std::string& path) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::variant<std::vector<core::RecordMap>, int> partitions = read_offsets(*config, runtime::err());
  if (const int* code = std::get_if<int>(&partitions)) return *code;
  return cursors_in(std::get<std::vector<core::RecordMap>>(partitions));
}

void print_row(const CursorRecord& record) {
  const Result<core::DecodedCursor> decoded = core::decode_cursor(record.value);
  runtime::out() << std::left << std::setw(28) << runtime::shown(record.source) << " ";
  if (!decoded.ok()) {
    runtime::out() << "can't be read: " << runtime::shown(decoded.error().message) << "\n";
    return;
  }
  const core::Cursor& cursor = decoded->cursor;
  runtime::out() << std::setw(12) << runtime::shown(cursor.vendor) << std::setw(10)
                 << (cursor.state == core::Cursor::State::paused ? "paused" : "running") << std::setw(28)
                 << format_rfc3339(cursor.watermark) << std::right << std::setw(12) << cursor.published
                 << std::setw(8) << cursor.dead_letters << std::setw(6) << record.partition << "\n";
}

}  // namespace

int cursors_list_command(const std::string& path, bool json) {
  const std::variant<std::vector<CursorRecord>, int> read = read_cursors(path);
  if (const int* code = std::get_if<int>(&read)) return *code;
  const auto& cursors = std::get<std::vector<CursorRecord>>(read);
  if (json) {
    // A record that is no JSON must not break the document.
    std::string document = "[";
    const char* separator = "";
    for (const CursorRecord& record : cursors) {
      if (!core::decode_cursor(record.value).ok()) {
        runtime::err() << runtime::shown(record.source)
                       << ": its cursor can't be read and is left out; see auditstream cursors show "
                       << runtime::shown(record.source) << "\n";
        continue;
      }
      document += separator + record.value;
      separator = ",\n ";
    }
    runtime::print_json(document + "]");
    return exit_done;
  }
  runtime::out() << std::left << std::setw(28) << "SOURCE"
                 << " " << std::setw(12) << "VENDOR" << std::setw(10) << "STATE" << std::setw(28)
                 << "WATERMARK" << std::right << std::setw(12) << "PUBLISHED" << std::setw(8) << "DEAD"
                 << std::setw(6) << "PART"
                 << "\n";
  for (const CursorRecord& record : cursors) print_row(record);
  return exit_done;
}

int cursors_show_command(const std::string& path, const std::string& source, bool json) {
  const std::variant<std::vector<CursorRecord>, int> read = read_cursors(path);
  if (const int* code = std::get_if<int>(&read)) return *code;
  const auto& cursors = std::get<std::vector<CursorRecord>>(read);
  const auto found = std::ranges::find(cursors, source, &CursorRecord::source);
  if (found == cursors.end()) {
    complain_of_missing_cursor(source, cursors, runtime::err());
    return exit_problem;
  }
  if (json) {
    runtime::print_json(found->value);
    return exit_done;
  }
  const Result<core::DecodedCursor> decoded = core::decode_cursor(found->value);
  if (!decoded.ok()) {
    runtime::out() << "source        " << runtime::shown(source) << "\npartition     " << found->partition
                   << "\nunreadable    " << runtime::shown(decoded.error().message) << "\nrecord        "
                   << printable(found->value) << "\n";
    return exit_problem;
  }
  const core::Cursor& cursor = decoded->cursor;
  runtime::out() << "source        " << runtime::shown(cursor.source) << "\nvendor        "
                 << runtime::shown(cursor.vendor) << "\naccount       " << runtime::shown(cursor.account)
                 << "\npartition     " << found->partition << "\nstate         "
                 << (cursor.state == core::Cursor::State::paused ? "paused" : "running") << "\nsince         "
                 << format_rfc3339(cursor.since) << "\nwatermark     " << format_rfc3339(cursor.watermark)
                 << "\nfloor         " << format_rfc3339(cursor.floor.time)
                 << (cursor.floor.id.empty() ? "" : " " + runtime::shown(cursor.floor.id))
                 << "\ngeneration    " << cursor.generation << "\npublished     " << cursor.published
                 << "\ndead letters  " << cursor.dead_letters << "\nupdated       "
                 << format_rfc3339(cursor.updated) << "\n";
  if (cursor.trouble) {
    runtime::out() << "trouble       ";
    if (cursor.trouble->status > 0) runtime::out() << "HTTP " << cursor.trouble->status << ": ";
    runtime::out() << runtime::shown(cursor.trouble->text) << "\n";
  }
  return exit_done;
}

}  // namespace auditstream::cli
