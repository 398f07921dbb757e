#include <unistd.h>

#include <iostream>
#include <set>
#include <utility>

#include "auditstream/hash.h"
#include "auditstream/json.h"
#include "cli/commands.h"
#include "cli/offsets.h"
#include "cli/sources.h"
#include "core/cursor_edit.h"
#include "kafka/takeover.h"
#include "run/clock.h"
#include "run/daemon.h"

namespace auditstream {
namespace {

// Instances that lose a partition leave it alone for a second or more, so the second try all but certainly
// succeeds.
constexpr int tries_max = 5;

ShardMaps in_partitions(const std::vector<RecordMap>& partitions) {
  ShardMaps shards;
  for (std::size_t i = 0; i < partitions.size(); ++i) shards[static_cast<int>(i)] = partitions[i];
  return shards;
}

std::string place(int partition, const std::string& account) {
  return "partition " + std::to_string(partition) + " (account " + account + ")";
}

std::string json_place(int partition, const std::string& account, const std::string& origin) {
  return "{\"partition\":" + std::to_string(partition) + ",\"account\":" + json::quote(account) +
         ",\"origin\":" + json::quote(origin) + "}";
}

std::string json_of(const Source& source, const CursorMove& move, bool dry_run) {
  const bool changed = !move.records.empty();
  std::size_t records = 0;
  for (const auto& [partition, written] : move.records) records += written.size();
  return "{\"source\":" + json::quote(source.name) +
         ",\"changed\":" + (changed && !dry_run ? "true" : "false") +
         ",\"dry_run\":" + (dry_run ? "true" : "false") +
         ",\"from\":" + json_place(move.from, move.cursor.account, move.cursor.origin) +
         ",\"to\":" + json_place(move.to, source.account, source.origin) +
         ",\"watermark\":" + json::quote(format_rfc3339(move.cursor.watermark)) +
         ",\"records\":" + std::to_string(records) + "}";
}

// "acme: from partition 1 (account acme) to partition 2 (account acme-eu), another origin; it keeps ..."
std::string words_of(const Source& source, const CursorMove& move) {
  std::string text = source.name + ": ";
  if (move.records.empty())
    return text + "nothing to move: its cursor lies in " + place(move.from, move.cursor.account);
  const bool same_place = move.from == move.to && move.cursor.account == source.account;
  text += same_place
              ? "in " + place(move.from, move.cursor.account)
              : "from " + place(move.from, move.cursor.account) + " to " + place(move.to, source.account);
  if (move.cursor.origin != source.origin) text += ", to another log (base URL, tenant or namespace)";
  return text + "; it keeps its position, " + format_rfc3339(move.cursor.watermark);
}

void tell(const Source& source, const CursorMove& move, const CursorEditOptions& options) {
  if (options.json) {
    std::cout << json_of(source, move, options.dry_run) << "\n";
    return;
  }
  const char* const what = move.records.empty() ? "" : options.dry_run ? "would move " : "moved ";
  std::cout << what << words_of(source, move) << "\n";
}

// Nothing if it may go on; else the exit code.
std::optional<int> ask(const std::string& question) {
  if (isatty(STDIN_FILENO) == 0) {
    std::cerr << "nothing has changed: this needs --yes where no terminal can be asked\n";
    return exit_usage;
  }
  std::cerr << question << "\nGo on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return std::nullopt;
  std::cerr << "nothing has changed\n";
  return exit_problem;
}

kafka::JournalSettings journal_settings(const Config& config) {
  kafka::JournalSettings settings;
  settings.connection = {config.kafka, "auditstream-cursors"};
  settings.group = config.group;
  settings.offsets_topic = config.offsets.topic;
  settings.instance = "cursors-move-" + std::to_string(getpid());
  settings.topics = [] { return kafka::WritableTopics{}; };
  settings.now = [] { return read_clock().wall; };
  return settings;
}

// One try: both partitions are taken, and what has to be written is decided by what they hold then.
struct Try {
  std::optional<CursorMove> moved;
  std::string trouble;
  int code = exit_unavailable;  // if no other try helps
  bool again = true;
};

Try try_to_move(const Config& config, const Source& source, const std::set<int>& partitions, int to) {
  kafka::Takeover takeover(journal_settings(config), partitions);
  auto opened = takeover.open();
  if (const auto* failed = std::get_if<JournalFailed>(&opened)) {
    return {std::nullopt, failed->reason, failed->misconfigured ? exit_config : exit_unavailable,
            !failed->misconfigured};
  }
  Result<CursorMove> move =
      move_cursor(source, std::get<std::map<int, RecordMap>>(opened), to, read_clock().wall);
  // Moved away in between, perhaps: then the next try finds it.
  if (!move.ok()) return {std::nullopt, move.error().message, exit_problem};
  if (move->records.empty()) return {*std::move(move), ""};
  const JournalDone done = takeover.commit(move->from, move->records);
  if (done.outcome != Outcome::committed) return {std::nullopt, done.detail};
  return {*std::move(move), ""};
}

std::set<int> partitions_of(const std::string& source, const std::vector<RecordMap>& partitions, int to) {
  const std::vector<int> places = cursor_partitions(source, in_partitions(partitions));
  std::set<int> wanted(places.begin(), places.end());
  wanted.insert(to);
  return wanted;
}

}  // namespace

int cursors_move_command(const std::string& path, const std::string& name, const CursorEditOptions& options) {
  const std::unique_ptr<Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::shared_ptr<const Source> source = find_source(*config, name, std::cerr);
  if (!source) return exit_usage;
  std::variant<std::vector<RecordMap>, int> read = read_offsets(*config, std::cerr);
  if (const int* code = std::get_if<int>(&read)) return *code;
  const auto* offsets = &std::get<std::vector<RecordMap>>(read);
  if (cursor_partitions(name, in_partitions(*offsets)).empty()) {
    complain_of_missing_cursor(name, cursors_in(*offsets), std::cerr);
    return exit_problem;
  }
  if (std::cmp_not_equal(offsets->size(), config->offsets.partitions)) {
    std::cerr << "offsets.partitions: " << config->offsets.partitions << ", but topic "
              << config->offsets.topic << " has " << offsets->size() << " partitions: set it to that\n";
    return exit_config;
  }
  const int to = murmur2_partition(source->account, config->offsets.partitions);
  const Result<CursorMove> plan = move_cursor(*source, in_partitions(*offsets), to, read_clock().wall);
  if (!plan.ok()) {
    std::cerr << plan.error().message << "\n";
    return exit_problem;
  }
  if (options.dry_run || plan->records.empty()) {
    tell(*source, *plan, options);
    return exit_done;
  }
  if (!options.yes) {
    if (const std::optional<int> code = ask("This moves " + words_of(*source, *plan) + ".")) return *code;
  }
  for (int left = tries_max; left > 0; --left) {
    const Try result = try_to_move(*config, *source, partitions_of(name, *offsets, to), to);
    if (result.moved) {
      // A try whose end was unknown may have done it.
      tell(*source, result.moved->records.empty() ? *plan : *result.moved, options);
      return exit_done;
    }
    std::cerr << name << ": " << result.trouble << "\n";
    if (!result.again || left == 1) return result.code;
    read = read_offsets(*config, std::cerr);
    if (const int* code = std::get_if<int>(&read)) return *code;
    offsets = &std::get<std::vector<RecordMap>>(read);
  }
  return exit_unavailable;
}

}  // namespace auditstream
