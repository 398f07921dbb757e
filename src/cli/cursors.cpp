#include <algorithm>
#include <iomanip>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/offsets.h"
#include "runtime/daemon.h"
#include "runtime/output.h"

namespace auditstream {
namespace {

std::variant<std::vector<CursorRecord>, int> read_cursors(const std::string& path) {
  const std::unique_ptr<Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::variant<std::vector<RecordMap>, int> partitions = read_offsets(*config, err());
  if (const int* code = std::get_if<int>(&partitions)) return *code;
  return cursors_in(std::get<std::vector<RecordMap>>(partitions));
}

void print_row(const CursorRecord& record) {
  const Result<DecodedCursor> decoded = decode_cursor(record.value);
  out() << std::left << std::setw(28) << shown(record.source) << " ";
  if (!decoded.ok()) {
    out() << "can't be read: " << shown(decoded.error().message) << "\n";
    return;
  }
  const Cursor& cursor = decoded->cursor;
  out() << std::setw(12) << shown(cursor.vendor) << std::setw(10)
        << (cursor.state == Cursor::State::paused ? "paused" : "running") << std::setw(28)
        << format_rfc3339(cursor.watermark) << std::right << std::setw(12) << cursor.published << std::setw(8)
        << cursor.dead_letters << std::setw(6) << record.partition << "\n";
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
      if (!decode_cursor(record.value).ok()) {
        err() << shown(record.source)
              << ": its cursor can't be read and is left out; see auditstream cursors show "
              << shown(record.source) << "\n";
        continue;
      }
      document += separator + record.value;
      separator = ",\n ";
    }
    print_json(document + "]");
    return exit_done;
  }
  out() << std::left << std::setw(28) << "SOURCE"
        << " " << std::setw(12) << "VENDOR" << std::setw(10) << "STATE" << std::setw(28) << "WATERMARK"
        << std::right << std::setw(12) << "PUBLISHED" << std::setw(8) << "DEAD" << std::setw(6) << "PART"
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
    complain_of_missing_cursor(source, cursors, err());
    return exit_problem;
  }
  if (json) {
    print_json(found->value);
    return exit_done;
  }
  const Result<DecodedCursor> decoded = decode_cursor(found->value);
  if (!decoded.ok()) {
    out() << "source        " << shown(source) << "\npartition     " << found->partition << "\nunreadable    "
          << shown(decoded.error().message) << "\nrecord        " << printable(found->value) << "\n";
    return exit_problem;
  }
  const Cursor& cursor = decoded->cursor;
  out() << "source        " << shown(cursor.source) << "\nvendor        " << shown(cursor.vendor)
        << "\naccount       " << shown(cursor.account) << "\npartition     " << found->partition
        << "\nstate         " << (cursor.state == Cursor::State::paused ? "paused" : "running")
        << "\nsince         " << format_rfc3339(cursor.since) << "\nwatermark     "
        << format_rfc3339(cursor.watermark) << "\nfloor         " << format_rfc3339(cursor.floor.time)
        << (cursor.floor.id.empty() ? "" : " " + shown(cursor.floor.id)) << "\ngeneration    "
        << cursor.generation << "\npublished     " << cursor.published << "\ndead letters  "
        << cursor.dead_letters << "\nupdated       " << format_rfc3339(cursor.updated) << "\n";
  if (cursor.trouble) {
    out() << "trouble       ";
    if (cursor.trouble->status > 0) out() << "HTTP " << cursor.trouble->status << ": ";
    out() << shown(cursor.trouble->text) << "\n";
  }
  return exit_done;
}

}  // namespace auditstream
