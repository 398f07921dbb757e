// A journal whose outcomes a test chooses; what it commits is kept as Kafka would.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/journal.h"
#include "unit/poller_life.h"

namespace auditstream::core {

class ScriptedJournal final : public Journal {
 public:
  RecordMap records;  // of the partition
  std::vector<std::string> published;
  std::vector<std::string> dead;
  std::vector<std::pair<std::string, Heartbeat>> heartbeats;  // by source
  std::vector<std::shared_ptr<const Batch>> batches;          // as handed over, whatever became of them
  std::function<Outcome(const Batch&)> outcome = [](const Batch&) { return Outcome::committed; };
  std::vector<std::string> denied;             // topics that may not be written to
  std::optional<Time> too_old_before;          // for any topic
  std::map<std::string, std::size_t> smaller;  // these take less in a record than anybody knows
  std::size_t in_time = SIZE_MAX;              // events of a batch that get into Kafka before it times out
  std::optional<JournalFailed> failing;        // instead of opening
  std::optional<Duration> ahead_of_broker;
  std::vector<TruncatedLog> truncated;  // noticed with the next commit
  int opens = 0;
  int closes = 0;

  void open() override {
    ++opens;
    expect(failing ? JournalEvent{*failing} : JournalEvent{JournalOpened{}});
  }
  void commit(std::shared_ptr<const Batch> batch) override {
    batches.push_back(batch);
    if (needs_denied(*batch)) {
      JournalDone done{Outcome::lost, "denied"};
      for (const std::string& topic : denied) done.blocked.push_back({topic, "Kafka denies " + topic});
      expect(done);
      return;
    }
    if (const std::optional<std::string> topic = holds_too_old(*batch)) {
      expect(JournalDone{Outcome::lost, "too old", {{*topic, *topic + " refuses their age", false}}});
      return;
    }
    if (holds_too_large(*batch)) {
      expect(JournalDone{Outcome::refused, "too large", {}, smaller});
      return;
    }
    if (batch->events > in_time) {
      JournalDone done{Outcome::lost, "timed out"};
      done.timed_out = true;
      expect(done);
      return;
    }
    JournalDone done{outcome(*batch), "scripted"};
    done.truncated = std::exchange(truncated, {});
    expect(done);
  }
  void close() override {
    ++closes;
    expect(JournalClosed{});
  }

  // What the last opening has written into the partition.
  std::string mark() const { return "mark " + std::to_string(opens); }

  bool busy() const { return event_.has_value(); }
  // The event of the call under way.
  JournalEvent take_event() {
    JournalEvent event = *std::exchange(event_, std::nullopt);
    if (auto* opened = std::get_if<JournalOpened>(&event)) {
      opened->records = records;
      opened->mark = mark();
      opened->ahead_of_broker = ahead_of_broker;
    }
    const auto* done = std::get_if<JournalDone>(&event);
    if (done != nullptr && done->outcome == Outcome::committed) keep(*batches.back());
    return event;
  }

 private:
  void expect(JournalEvent event) {
    ASSERT_FALSE(event_) << "one call at a time";
    event_ = std::move(event);
  }
  bool needs_denied(const Batch& batch) const {
    const auto is_denied = [&](const std::string& topic) { return std::ranges::count(denied, topic) > 0; };
    return std::ranges::any_of(batch.units, [&](const Unit& unit) {
      return (!unit.events.empty() && is_denied(unit.source->topic)) ||
             (!unit.dead_letters.empty() && is_denied(unit.source->dead_letter_topic)) ||
             (unit.heartbeat && is_denied(unit.heartbeat->topic));
    });
  }
  bool holds_too_large(const Batch& batch) const {
    return std::ranges::any_of(batch.units, [&](const Unit& unit) {
      const auto limit = unit.source ? smaller.find(unit.source->topic) : smaller.end();
      return limit != smaller.end() && std::ranges::any_of(unit.events, [&](const Event& event) {
               return event.raw.size() > limit->second;
             });
    });
  }
  std::optional<std::string> holds_too_old(const Batch& batch) const {
    for (const Unit& unit : batch.units) {
      for (const Event& event : unit.events) {
        if (too_old_before && *event.time < *too_old_before) return unit.source->topic;
      }
    }
    return std::nullopt;
  }
  void keep(const Batch& batch) {
    for (const Unit& unit : batch.units) {
      for (const Event& event : unit.events) published.push_back(event.id);
      for (const DeadLetter& letter : unit.dead_letters)
        dead.push_back(letter.event.id + " " + letter.flaw.code);
      if (unit.heartbeat) heartbeats.emplace_back(unit.source->name, *unit.heartbeat);
      keep_records(unit.records, records);
    }
  }

  std::optional<JournalEvent> event_;
};

}  // namespace auditstream::core
