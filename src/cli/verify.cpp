#include <algorithm>
#include <utility>

#include "auditstream/vendor.h"
#include "base/exit_code.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/common.h"
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
#include "runtime/kafka_connection.h"
#include "runtime/output.h"
#include "runtime/progress.h"
#include "runtime/range_reader.h"

namespace auditstream::cli {
namespace {

// A record's timestamp is the event's time, or less if our clock was behind the vendor's. Even older
// timestamps are found by read_earlier.
constexpr Duration clock_guard = 24h;
// An event without a readable time appears in windows within this distance of its real time; nearer to the
// end of the settled range, it may simply not have been polled yet.
constexpr Duration undated_guard = 48h;

Result<core::Range> requested_range(const VerifyOptions& options, Time now) {
  const Result<Time> from = parse_moment(options.from, now);
  const Result<Time> to = parse_moment(options.to, now);
  for (const auto& [name, moment] : {std::pair{"--from", &from}, std::pair{"--to", &to}}) {
    if (!moment->ok()) return Error{std::string(name) + ": " + moment->error().message, ErrorKind::usage};
    if (**moment > now) {
      return Error{std::string(name) + ": " + format_rfc3339(**moment) + " lies in the future (it is " +
                       format_rfc3339(floor_second(now)) + ")",
                   ErrorKind::usage};
    }
  }
  if (*from >= *to)
    return Error{"--from: " + format_rfc3339(*from) + " is not before --to " + format_rfc3339(*to),
                 ErrorKind::usage};
  return core::Range{*from, *to};
}

Result<core::Cursor> read_cursor(const config::Config& config, const Source& source) {
  const Result<Offsets> offsets = read_offsets(config);
  if (!offsets.ok()) return offsets.error();
  const int home = core::home_partition(source, config.offsets.partitions);
  const auto* place = offsets->view.cursor(source.name, home);
  if (place == nullptr) {
    runtime::err() << no_cursor_of(source.name, offsets->view) << "\n";
    return Error{"it has never been polled, so there is nothing to compare: start auditstream run first",
                 ErrorKind::not_found};
  }
  if (std::cmp_not_equal(offsets->partitions.size(), config.offsets.partitions)) {
    return Error{"offsets.partitions: " + std::to_string(config.offsets.partitions) + ", but topic " +
                     config.offsets.topic + " has " + std::to_string(offsets->partitions.size()) +
                     " partitions: set it to that",
                 ErrorKind::misconfigured};
  }
  const auto& [partition, placed] = *place;
  if (!placed.cursor) {
    return Error{"the cursor of " + source.name + " can't be read: " + placed.unreadable, ErrorKind::refused};
  }
  if (const auto why = core::why_not_adopted(source, *placed.cursor, partition))
    return Error{*why, ErrorKind::refused};
  for (const core::Notice& warning : core::adoption_warnings(source, *placed.cursor))
    runtime::err() << "warning: " << warning.text << "\n";
  return *placed.cursor;
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
        events_(runtime::kafka_connection(config, "auditstream-verify"), source_->topic),
        letters_(runtime::kafka_connection(config, "auditstream-verify"), source_->dead_letter_topic) {}

  // The exit code.
  int run() {
    Status end = find_range();
    if (end.ok()) end = compare();
    const std::optional<int> not_meant = end.ok() && report_.repair ? ask_for_repair() : std::nullopt;
    if (end.ok() && report_.repair && !not_meant) end = repair();
    progress_.clear();
    if (comparison_ && compared_) {
      report_.found = comparison_->differences();
      if (options_.json) {
        runtime::print_json(json_of(report_).text());
      } else {
        print(report_);
      }
    }
    if (not_meant) return *not_meant;
    if (end.ok()) return report_.ok() ? exit_done : exit_problem;
    return complain({source_->name + ": " + end.error().message, end.error().kind});
  }

 private:
  // Which part of the requested range can be compared at all.
  Status find_range() {
    report_.source = source_;
    report_.repair = options_.repair && !options_.dry_run;
    report_.dry_run = options_.dry_run;
    report_.allow_cut = options_.allow_cut;
    report_.at = now_;
    report_.requested = requested_;
    const Result<core::Cursor> found = read_cursor(config_, *source_);
    if (!found.ok()) return found.error();
    const core::Cursor& cursor = *found;
    for (kafka::TopicRange* topic : {&events_, &letters_}) {
      if (Status opened = topic->open(); !opened.ok()) return opened;
    }

    std::vector<core::Bound> begins{{cursor.since, "the source was never to have older events (since)"}};
    if (const std::optional<Duration> kept = source_->api->traits().retention) {
      begins.push_back({floor_second(now_ - *kept) + 1s,
                        std::string(source_->api->title()) + " keeps its log for " + format_duration(*kept)});
    }
    const Result<std::optional<Time>> lost = events_.lost_before(ours_);
    if (!lost.ok()) return lost.error();
    if (*lost && **lost == Time::max()) {
      return nothing_compared({{requested_, "topic " + source_->topic +
                                                " no longer has its first records, and in one of its "
                                                "partitions none of this source (retention.ms, "
                                                "retention.bytes, or records were deleted)"}});
    }
    // Late events lie behind newer ones in the topic, so what was deleted may be newer than what is left.
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
    return success();
  }

  Error nothing_compared(std::vector<core::Cut> cuts) {
    report_.compared = {{requested_.from, requested_.from}, std::move(cuts)};
    if (options_.json) runtime::print_json(json_of(report_).text());
    std::string why;
    for (const core::Cut& cut : report_.compared.cuts) why += words_of(cut) + "; ";
    return {why + "so nothing of that range can be", ErrorKind::refused};
  }

  Status read_vendor(const core::Range& range, const std::function<bool(const Event&)>& take) {
    std::uint64_t count = 0;
    const auto say = [this](const std::string& text) {
      progress_.clear();
      runtime::err() << text << "\n";
    };
    runtime::RequestBudget budget(config_.http, *source_, say);
    const runtime::RangeEnd end = runtime::read_range(
        source_, budget, range.from, range.to,
        [&](const Event& event) {
          ++count;
          if (progress_.due()) {
            progress_.show(source_->vendor + ": " + std::to_string(count) + " events" +
                           (event.time ? ", " + format_rfc3339(*event.time) : ""));
          }
          return take(event);
        },
        say);
    if (end.complete) return success();
    return Error{end.error, end.unreachable ? ErrorKind::unavailable : ErrorKind::refused};
  }

  // Passes on only our records, and counts them.
  kafka::TopicRange::Take ours(const std::string& topic, const kafka::TopicRange::Take& take) {
    return [this, topic, take, count = std::uint64_t{0}](const kafka::TopicRecord& record) mutable {
      ++count;
      if (progress_.due()) progress_.show(topic + ": " + std::to_string(count) + " records");
      if (record.source == ours_) take(record);
    };
  }

  Status compare() {
    const core::Range& range = report_.compared.range;
    runtime::IdDigest vendor_ids;
    runtime::IdDigest topic_ids;
    if (Status read = read_vendor(range,
                                  [&](const Event& event) {
                                    if (comparison_->vendor_has(event)) vendor_ids.add(event.id);
                                    return true;
                                  });
        !read.ok())
      return read;
    comparison_->end_of_vendor();
    const Time from = range.from - clock_guard;
    if (Status read = events_.read(from, ours(source_->topic,
                                              [&](const kafka::TopicRecord& record) {
                                                if (comparison_->topic_has(record.id, record.time,
                                                                           record.value, record.generation))
                                                  topic_ids.add(record.id);
                                              }));
        !read.ok())
      return read;
    if (Status read = letters_.read(from, ours(source_->dead_letter_topic,
                                               [&](const kafka::TopicRecord& record) {
                                                 if (comparison_->dead_letters_have(record.id, record.time))
                                                   topic_ids.add(record.id);
                                               }));
        !read.ok())
      return read;
    if (Status looked = look_for_missing(topic_ids); !looked.ok()) return looked;

    const Result<std::string> vendor_digest = vendor_ids.finish([this](std::string_view id) {
      if (comparison_->verdict(id) == core::Comparison::Verdict::missing) note("missing", id);
      if (comparison_->verdict(id) == core::Comparison::Verdict::dead_lettered) note("dead_lettered", id);
    });
    const Result<std::string> topic_digest = topic_ids.finish();
    for (const Result<std::string>* digest : {&vendor_digest, &topic_digest}) {
      if (!digest->ok()) return Error{digest->error().message, ErrorKind::internal};
    }
    report_.vendor_digest = *vendor_digest;
    report_.topic_digest = *topic_digest;
    report_.examples.merge(std::map(comparison_->examples()));
    compared_ = true;
    return success();
  }

  // An event that was dated ahead, or published with a clock far behind, has a record with a much older
  // timestamp. So nothing is called missing before the whole topics have been searched for it.
  Status look_for_missing(runtime::IdDigest& topic_ids) {
    const core::Differences found = comparison_->differences();
    if (found.missing + found.undated == 0) return success();
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
      return read;
    if (Status read = letters_.read_earlier(ours(source_->dead_letter_topic,
                                                 [&](const kafka::TopicRecord& record) {
                                                   if (!is_wanted(record)) return;
                                                   comparison_->dead_letters_also_have(record.id);
                                                   digest(record);
                                                 }));
        !read.ok())
      return read;
    return success();
  }

  // Nothing if the answer is yes; otherwise says so and returns the exit code.
  std::optional<int> ask_for_repair() {
    const std::optional<core::Range> lacking = comparison_->missing_range();
    if (!lacking || options_.yes) return std::nullopt;
    progress_.clear();
    return ask("This publishes " + std::to_string(comparison_->differences().missing) + " events of " +
               source_->name + " between " + format_rfc3339(lacking->from) + " and " +
               format_rfc3339(lacking->to) + " that " + source_->topic + " lacks.");
  }

  Status repair() {
    const std::optional<core::Range> lacking = comparison_->missing_range();
    if (!lacking) return success();
    Repair repair(config_, source_, report_.compared.range, events_, *comparison_);
    Status done = repair.prepare();
    if (done.ok()) {
      Status read = read_vendor(*lacking, [&](const Event& event) {
        done = repair.add(event);
        return done.ok();
      });
      if (!read.ok()) return read;
    }
    if (done.ok()) done = repair.finish();
    report_.too_large = repair.too_large();
    return done;
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
  bool compared_ = false;                       // completely
};

}  // namespace

int verify_command(const std::string& path, const VerifyOptions& options) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::shared_ptr<const Source> source = find_source(*config, options.source, runtime::err());
  if (!source) return exit_usage;
  // Now rather than after an hour of reading.
  if (options.repair && !options.yes && !options.dry_run) {
    if (const std::optional<int> code = refuse_to_ask()) return *code;
  }
  const Time now = runtime::read_clock().wall;
  const Result<core::Range> requested = requested_range(options, now);
  if (!requested.ok()) return complain(requested.error());
  return Verification(*config, source, *requested, now, options).run();
}

}  // namespace auditstream::cli
