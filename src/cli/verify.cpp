#include <algorithm>
#include <utility>

#include "auditstream/vendor.h"
#include "base/exit_code.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/offsets.h"
#include "cli/repair.h"
#include "cli/sources.h"
#include "cli/verify_report.h"
#include "core/adoption.h"
#include "core/comparison.h"
#include "core/envelope.h"
#include "core/home_partition.h"
#include "kafka/topic_range.h"
#include "runtime/clock.h"
#include "runtime/id_digest.h"
#include "runtime/output.h"
#include "runtime/progress.h"
#include "runtime/range_reader.h"

namespace auditstream::cli {
namespace {

// A record's timestamp is the event's time, or less where our clock was behind the vendor's. What is older
// still is found by read_earlier.
constexpr Duration clock_guard = 24h;
// Events without a readable time come with windows that lie within so much of their hidden time; what is
// nearer to the end of what is settled may just not have been polled yet.
constexpr Duration undated_guard = 48h;

// Ends the command: what to say, and the exit code.
struct Stop {
  std::string text;
  int code;
};

Stop stop_of(const Error& error) {
  return {error.message, error.cure == Cure::person ? exit_config : exit_unavailable};
}

std::variant<core::Range, Stop> requested_range(const VerifyOptions& options, Time now) {
  const Result<Time> from = parse_moment(options.from, now);
  const Result<Time> to = parse_moment(options.to, now);
  for (const auto& [name, moment] : {std::pair{"--from", &from}, std::pair{"--to", &to}}) {
    if (!moment->ok()) return Stop{std::string(name) + ": " + moment->error().message, exit_usage};
    if (**moment > now) {
      return Stop{std::string(name) + ": " + format_rfc3339(**moment) + " lies in the future (it is " +
                      format_rfc3339(floor_second(now)) + ")",
                  exit_usage};
    }
  }
  if (*from >= *to)
    return Stop{"--from: " + format_rfc3339(*from) + " is not before --to " + format_rfc3339(*to),
                exit_usage};
  return core::Range{*from, *to};
}

std::variant<core::Cursor, Stop> read_cursor(const config::Config& config, const Source& source) {
  std::variant<std::vector<core::RecordMap>, int> read = read_offsets(config, runtime::err());
  if (const int* code = std::get_if<int>(&read)) return Stop{"", *code};
  const auto& offsets = std::get<std::vector<core::RecordMap>>(read);
  const std::vector<CursorRecord> cursors = cursors_in(offsets);
  const int home = core::home_partition(source, config.offsets.partitions);
  const CursorRecord* found = nullptr;
  for (const CursorRecord& cursor : cursors) {
    if (cursor.source == source.name && (found == nullptr || cursor.partition == home)) found = &cursor;
  }
  if (found == nullptr) {
    complain_of_missing_cursor(source.name, cursors, runtime::err());
    return Stop{"it has never been polled, so there is nothing to compare: start auditstream run first",
                exit_problem};
  }
  if (std::cmp_not_equal(offsets.size(), config.offsets.partitions)) {
    return Stop{"offsets.partitions: " + std::to_string(config.offsets.partitions) + ", but topic " +
                    config.offsets.topic + " has " + std::to_string(offsets.size()) +
                    " partitions: set it to that",
                exit_config};
  }
  Result<core::DecodedCursor> decoded = core::decode_cursor(found->value);
  if (!decoded.ok())
    return Stop{"the cursor of " + source.name + " can't be read: " + decoded.error().message, exit_problem};
  if (const auto why = core::why_not_adopted(source, decoded->cursor, found->partition))
    return Stop{*why, exit_problem};
  for (const core::Say& warning : core::adoption_warnings(source, decoded->cursor))
    runtime::err() << "warning: " << warning.text << "\n";
  return decoded->cursor;
}

// One run of the command.
class Verification {
 public:
  Verification(const config::Config& config, std::shared_ptr<const Source> source,
               const core::Range& requested, Time now, const VerifyOptions& options)
      : config_(config),
        source_(std::move(source)),
        requested_(requested),
        now_(now),
        options_(options),
        ours_(core::event_source(*source_)),
        events_({config.kafka, "auditstream-verify"}, source_->topic),
        letters_({config.kafka, "auditstream-verify"}, source_->dead_letter_topic) {}

  // The exit code.
  int run() {
    std::optional<Stop> stop = find_range();
    if (!stop) stop = compare();
    if (!stop && report_.repair) stop = repair();
    progress_.clear();
    if (comparison_ && compared_) {
      report_.found = comparison_->differences();
      if (options_.json) {
        runtime::print_json(json_of(report_).text());
      } else {
        print(report_);
      }
    }
    if (!stop) return report_.ok() ? exit_done : exit_problem;
    if (!stop->text.empty()) runtime::err() << source_->name << ": " << stop->text << "\n";
    return stop->code;
  }

 private:
  // What of the requested range can be compared at all.
  std::optional<Stop> find_range() {
    report_.source = source_;
    report_.repair = options_.repair && !options_.dry_run;
    report_.dry_run = options_.dry_run;
    report_.allow_cut = options_.allow_cut;
    report_.at = now_;
    report_.requested = requested_;
    std::variant<core::Cursor, Stop> cursor_read = read_cursor(config_, *source_);
    if (const Stop* stop = std::get_if<Stop>(&cursor_read)) return *stop;
    const core::Cursor& cursor = std::get<core::Cursor>(cursor_read);
    for (kafka::TopicRange* topic : {&events_, &letters_}) {
      if (const Status opened = topic->open(); !opened.ok()) return stop_of(opened.error());
    }

    std::vector<core::Bound> begins{{cursor.since, "the source was never to have older events (since)"}};
    if (const std::optional<Duration> kept = source_->api->traits().retention) {
      begins.push_back({floor_second(now_ - *kept) + 1s,
                        std::string(source_->api->title()) + " keeps its log for " + format_duration(*kept)});
    }
    const Result<std::optional<Time>> lost = events_.lost_before(ours_);
    if (!lost.ok()) return stop_of(lost.error());
    if (*lost && **lost == Time::max()) {
      return nothing_compared({{requested_, "topic " + source_->topic +
                                                " no longer has its first records, and in one of its "
                                                "partitions none of this source (retention.ms, "
                                                "retention.bytes, or records were deleted)"}});
    }
    // Late events come in behind newer ones, so those may be lost that are newer than what is there.
    if (*lost) {
      begins.push_back({**lost + source_->overlap, "topic " + source_->topic +
                                                       " no longer has what came before (retention.ms, "
                                                       "retention.bytes, or records were deleted)"});
    }
    const Time settled = core::settled_until(cursor, source_->overlap);
    report_.compared =
        core::clamp(report_.requested, begins,
                    {{settled, "what is newer may still be on its way (the cursor's watermark is " +
                                   format_rfc3339(cursor.watermark) + ", overlap " +
                                   format_duration(source_->overlap) + ")"}});
    const core::Range& range = report_.compared.range;
    if (range.empty()) return nothing_compared(report_.compared.cuts);
    report_.undated_are_missing = range.to + undated_guard <= settled;
    comparison_.emplace(range);
    return std::nullopt;
  }

  Stop nothing_compared(std::vector<core::Cut> cuts) {
    report_.compared = {{requested_.from, requested_.from}, std::move(cuts)};
    if (options_.json) runtime::print_json(json_of(report_).text());
    std::string why;
    for (const core::Cut& cut : report_.compared.cuts) why += words_of(cut) + "; ";
    return Stop{why + "so nothing of that range can be", exit_problem};
  }

  std::optional<Stop> read_vendor(const core::Range& range, const std::function<bool(const Event&)>& take) {
    std::uint64_t count = 0;
    const runtime::RangeEnd end = runtime::read_range(
        source_, range.from, range.to,
        [&](const Event& event) {
          ++count;
          if (progress_.due()) {
            progress_.show(source_->vendor + ": " + std::to_string(count) + " events" +
                           (event.time ? ", " + format_rfc3339(*event.time) : ""));
          }
          return take(event);
        },
        [this](const std::string& text) {
          progress_.clear();
          runtime::err() << text << "\n";
        });
    if (end.complete) return std::nullopt;
    return Stop{end.trouble, end.unreachable ? exit_unavailable : exit_problem};
  }

  // Only our records, each of them counted.
  kafka::TopicRange::Take ours(const std::string& topic, const kafka::TopicRange::Take& take) {
    return [this, topic, take, count = std::uint64_t{0}](const kafka::TopicRecord& record) mutable {
      ++count;
      if (progress_.due()) progress_.show(topic + ": " + std::to_string(count) + " records");
      if (record.source == ours_) take(record);
    };
  }

  std::optional<Stop> compare() {
    const core::Range& range = report_.compared.range;
    runtime::IdDigest vendor_ids;
    runtime::IdDigest topic_ids;
    if (auto stop = read_vendor(range, [&](const Event& event) {
          if (comparison_->vendor_has(event)) vendor_ids.add(event.id);
          return true;
        })) {
      return stop;
    }
    comparison_->end_of_vendor();
    const Time from = range.from - clock_guard;
    if (Status read = events_.read(from, ours(source_->topic,
                                              [&](const kafka::TopicRecord& record) {
                                                if (comparison_->topic_has(record.id, record.time,
                                                                           record.value, record.generation))
                                                  topic_ids.add(record.id);
                                              }));
        !read.ok())
      return stop_of(read.error());
    if (Status read = letters_.read(from, ours(source_->dead_letter_topic,
                                               [&](const kafka::TopicRecord& record) {
                                                 if (comparison_->dead_letters_have(record.id, record.time))
                                                   topic_ids.add(record.id);
                                               }));
        !read.ok())
      return stop_of(read.error());
    if (auto stop = look_for_missing(topic_ids)) return stop;

    const Result<std::string> vendor_digest = vendor_ids.finish([this](std::string_view id) {
      if (comparison_->verdict(id) == core::Comparison::Verdict::missing) note("missing", id);
      if (comparison_->verdict(id) == core::Comparison::Verdict::dead_lettered) note("dead_lettered", id);
    });
    const Result<std::string> topic_digest = topic_ids.finish();
    for (const Result<std::string>* digest : {&vendor_digest, &topic_digest}) {
      if (!digest->ok()) return Stop{digest->error().message, exit_internal};
    }
    report_.vendor_digest = *vendor_digest;
    report_.topic_digest = *topic_digest;
    report_.examples.merge(std::map(comparison_->examples()));
    compared_ = true;
    return std::nullopt;
  }

  // An event that was dated ahead, or published under a clock that was far behind, has a record with a much
  // older timestamp. Nothing is called missing before all of the topics was searched for it.
  std::optional<Stop> look_for_missing(runtime::IdDigest& topic_ids) {
    const core::Differences found = comparison_->differences();
    if (found.missing + found.undated == 0) return std::nullopt;
    const auto digest = [&](const kafka::TopicRecord& record) {
      if (record.time && report_.compared.range.contains(*record.time)) topic_ids.add(record.id);
    };
    const auto is_wanted = [this](const kafka::TopicRecord& record) {
      return comparison_->verdict(record.id) != core::Comparison::Verdict::unknown;
    };
    if (Status read = events_.read_earlier(ours(source_->topic,
                                                [&](const kafka::TopicRecord& record) {
                                                  if (!is_wanted(record)) return;
                                                  comparison_->topic_also_has(record.id, record.value,
                                                                              record.generation);
                                                  digest(record);
                                                }));
        !read.ok())
      return stop_of(read.error());
    if (Status read = letters_.read_earlier(ours(source_->dead_letter_topic,
                                                 [&](const kafka::TopicRecord& record) {
                                                   if (!is_wanted(record)) return;
                                                   comparison_->dead_letters_also_have(record.id);
                                                   digest(record);
                                                 }));
        !read.ok())
      return stop_of(read.error());
    return std::nullopt;
  }

  std::optional<Stop> repair() {
    const std::optional<core::Range> lacking = comparison_->missing_range();
    if (!lacking) return std::nullopt;
    if (!options_.yes) {
      progress_.clear();
      const std::uint64_t missing = comparison_->differences().missing;
      if (const std::optional<int> code =
              ask("This publishes " + std::to_string(missing) + " events of " + source_->name + " between " +
                  format_rfc3339(lacking->from) + " and " + format_rfc3339(lacking->to) + " that " +
                  source_->topic + " lacks.")) {
        return Stop{"", *code};
      }
    }
    Repair repair(config_, source_, report_.compared.range, events_, *comparison_);
    std::optional<RepairTrouble> trouble = repair.prepare();
    if (!trouble) {
      if (auto stop = read_vendor(*lacking, [&](const Event& event) {
            trouble = repair.add(event);
            return !trouble;
          })) {
        return stop;
      }
    }
    if (!trouble) trouble = repair.finish();
    report_.too_large = repair.too_large();
    if (!trouble) return std::nullopt;
    return Stop{trouble->text, trouble->code};
  }

  void note(const char* kind, std::string_view id) {
    std::vector<std::string>& ids = report_.examples[kind];
    if (ids.size() < core::Comparison::examples_max) ids.emplace_back(id);
  }

  const config::Config& config_;
  const std::shared_ptr<const Source> source_;
  const core::Range requested_;
  const Time now_;
  const VerifyOptions& options_;
  const std::string ours_;  // ce_source of our records

  kafka::TopicRange events_;
  kafka::TopicRange letters_;
  runtime::Progress progress_;
  VerifyReport report_;
  std::optional<core::Comparison> comparison_;  // once the range is known
  bool compared_ = false;                       // to the end
};

}  // namespace

int verify_command(const std::string& path, const VerifyOptions& options) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::shared_ptr<const Source> source = find_source(*config, options.source, runtime::err());
  if (!source) return exit_usage;
  // Before an hour of reading.
  if (options.repair && !options.yes && !options.dry_run) {
    if (const std::optional<int> code = refuse_to_ask()) return *code;
  }
  const Time now = runtime::read_clock().wall;
  const std::variant<core::Range, Stop> requested = requested_range(options, now);
  if (const Stop* stop = std::get_if<Stop>(&requested)) {
    runtime::err() << stop->text << "\n";
    return stop->code;
  }
  return Verification(*config, source, std::get<core::Range>(requested), now, options).run();
}

}  // namespace auditstream::cli
