#include <algorithm>
#include <iomanip>
#include <iostream>

#include "cli/commands.h"
#include "config/nearest.h"
#include "kafka/cluster.h"
#include "run/daemon.h"

namespace auditstream {
namespace {

constexpr Duration kafka_patience = 30s;

struct CursorRecord {
  std::string source;
  int partition;
  std::string value;
};

std::variant<std::vector<CursorRecord>, int> read_cursors(const std::string& path) {
  const std::unique_ptr<Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const kafka::Cluster cluster({config->kafka, "auditstream-cursors"});
  const Status reached = cluster.reach(5s);
  const Result<std::vector<RecordMap>> partitions =
      reached.ok() ? cluster.read_offsets(config->offsets.topic, kafka_patience)
                   : Result<std::vector<RecordMap>>(reached.error());
  if (!partitions.ok()) {
    const bool denied = reached.ok() && partitions.error().cure == Cure::person;
    if (!denied) {
      std::cerr << "Kafka can't be reached at " << config->kafka.at("bootstrap.servers")
                << " (kafka.bootstrap.servers): ";
    }
    std::cerr << partitions.error().message << "\n";
    return partitions.error().cure == Cure::time ? exit_unavailable : exit_config;
  }
  std::vector<CursorRecord> cursors;
  for (std::size_t partition = 0; partition < partitions->size(); ++partition) {
    for (const auto& [key, value] : (*partitions)[partition]) {
      const bool is_cursor = key != owner_key && !is_chunk_key(key);
      if (is_cursor) cursors.push_back({key, static_cast<int>(partition), value});
    }
  }
  std::ranges::sort(cursors, {}, &CursorRecord::source);
  return cursors;
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
    std::vector<std::string> names;
    for (const CursorRecord& record : cursors) names.push_back(record.source);
    std::cerr << "no cursor of \"" << source << "\"";
    if (const std::string nearest = nearest_name(source, names); !nearest.empty())
      std::cerr << "; did you mean \"" << nearest << "\"?";
    std::cerr << "\n";
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
  return exit_done;
}

}  // namespace auditstream
