#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/commands.h"
#include "cli/offsets.h"
#include "run/daemon.h"

namespace auditstream {
namespace {

std::variant<std::vector<CursorRecord>, int> read_cursors(const std::string& path) {
  const std::unique_ptr<Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::variant<std::vector<RecordMap>, int> partitions = read_offsets(*config, std::cerr);
  if (const int* code = std::get_if<int>(&partitions)) return *code;
  return cursors_in(std::get<std::vector<RecordMap>>(partitions));
}

void print_row(const CursorRecord& record) {
  const Result<DecodedCursor> decoded = decode_cursor(record.value);
  std::cout << std::left << std::setw(28) << record.source << " ";
  if (!decoded.ok()) {
    std::cout << "can't be read: " << decoded.error().message << "\n";
    return;
  }
  const Cursor& cursor = decoded->cursor;
  std::cout << std::setw(12) << cursor.vendor << std::setw(10)
            << (cursor.state == Cursor::State::paused ? "paused" : "running") << std::setw(28)
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
    std::cout << "[";
    const char* separator = "";
    for (const CursorRecord& record : cursors) {
      if (!decode_cursor(record.value).ok()) {
        std::cerr << record.source
                  << ": its cursor can't be read and is left out; see auditstream cursors show "
                  << record.source << "\n";
        continue;
      }
      std::cout << separator << record.value;
      separator = ",\n ";
    }
    std::cout << "]\n";
    return exit_done;
  }
  std::cout << std::left << std::setw(28) << "SOURCE"
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
    complain_of_missing_cursor(source, cursors, std::cerr);
    return exit_problem;
  }
  if (json) {
    std::cout << found->value << "\n";
    return exit_done;
  }
  const Result<DecodedCursor> decoded = decode_cursor(found->value);
  if (!decoded.ok()) {
    std::cout << "source        " << source << "\npartition     " << found->partition << "\nunreadable    "
              << decoded.error().message << "\nrecord        " << found->value << "\n";
    return exit_problem;
  }
  const Cursor& cursor = decoded->cursor;
  std::cout << "source        " << cursor.source << "\nvendor        " << cursor.vendor << "\naccount       "
            << cursor.account << "\npartition     " << found->partition << "\nstate         "
            << (cursor.state == Cursor::State::paused ? "paused" : "running") << "\nsince         "
            << format_rfc3339(cursor.since) << "\nwatermark     " << format_rfc3339(cursor.watermark)
            << "\nfloor         " << format_rfc3339(cursor.floor.time)
            << (cursor.floor.id.empty() ? "" : " " + cursor.floor.id) << "\ngeneration    "
            << cursor.generation << "\npublished     " << cursor.published << "\ndead letters  "
            << cursor.dead_letters << "\nupdated       " << format_rfc3339(cursor.updated) << "\n";
  if (cursor.trouble) {
    std::cout << "trouble       ";
    if (cursor.trouble->status > 0) std::cout << "HTTP " << cursor.trouble->status << ": ";
    std::cout << cursor.trouble->text << "\n";
  }
  return exit_done;
}

}  // namespace auditstream
