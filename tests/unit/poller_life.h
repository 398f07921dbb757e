// A poller with everything around it that a test can turn: its clock, its vendor's log, its Kafka.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/poller.h"
#include "unit/scripted_vendor.h"

namespace auditstream::core {

inline constexpr Time noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

class GivenSecrets final : public SecretSource {
 public:
  Result<Secrets> read(const Source&) override {
    if (!error.empty()) return Error{error};
    return secrets;
  }
  Secrets secrets{{"api_key", Secret("one")}};
  std::string error;
};

inline void keep_records(const std::vector<Record>& written, RecordMap& records) {
  for (const Record& record : written) {
    if (record.value) {
      records[record.key] = *record.value;
    } else {
      records.erase(record.key);
    }
  }
}

class Life {
 public:
  Life() {
    source.name = "acme";
    source.vendor = "scripted";
    source.api = &vendor;
    source.account = "acme";
    source.topic = "audit.scripted";
    source.dead_letter_topic = "audit.scripted.dlq";
    source.page_size = 100;
    source.rate_limit = {{1000, 1min}};
  }

  // From the records if there are any, else for the first time.
  void start() {
    const auto shared = std::make_shared<const Source>(source);
    sent.clear();
    if (records.contains(source.name)) {
      poller.emplace(shared, secrets, *Ledger::restore(source.name, records),
                     Poller::InitialCursor::committed, options, next_id);
      return;
    }
    const Time since = source.backfill_start_time.value_or(floor_second(now.wall));
    poller.emplace(shared, secrets, Ledger(*shared, since, now.wall), Poller::InitialCursor::due, options,
                   next_id);
    commit(*poller->take_progress(now));
    poller->on_committed();
  }

  // The config was read again.
  void reload() {
    const auto shared = std::make_shared<const Source>(source);
    Poller successor(shared, secrets, Ledger(*shared, now.wall, now.wall), Poller::InitialCursor::committed,
                     options, next_id);
    std::vector<Action> actions;
    successor.succeed(*poller, actions);
    poller.emplace(std::move(successor));
    act(std::move(actions));
  }

  void pass(Duration time) {
    now.wall += time;
    now.steady += time;
  }

  // Lets the poller do what is due; its requests wait in `sent`.
  void step() {
    std::vector<Action> actions;
    poller->step(now, actions);
    act(std::move(actions));
  }
  void respond(const http::Response& response) { respond(response, 0); }
  void respond(const http::Response& response, std::size_t which) {
    const Send send = sent.at(which);
    sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(which));
    std::vector<Action> actions;
    poller->on_response(send.id, response, now, actions);
    act(std::move(actions));
  }
  // One step, and its only request answered so.
  void step_and_respond(const http::Response& response) {
    step();
    respond(response);
  }
  // Everything that is complete, into Kafka; at most `events_max` events of each unit.
  std::size_t commit_units(std::size_t events_max = SIZE_MAX) {
    std::size_t count = 0;
    std::vector<Action> actions;
    while (std::optional<Unit> unit = poller->take_unit(now, events_max, actions)) {
      commit(*unit);
      ++count;
    }
    act(std::move(actions));
    return count;
  }
  // Units and, beyond them, how far it is.
  void commit_all() {
    commit_units();
    const std::optional<Unit> progress = poller->take_progress(now);
    if (!progress) return;
    commit(*progress);
    poller->on_committed();
  }
  void commit(const Unit& unit) {
    for (const Event& event : unit.events) published.push_back(event.id);
    for (const DeadLetter& letter : unit.dead_letters)
      dead.push_back(letter.event.id + " " + letter.flaw.code);
    events_at_once = std::max(events_at_once, unit.events.size());
    keep_records(unit.records, records);
  }

  // Works until the poller rests; every request is answered by `world`. The clock stands still, except that
  // each round of answers takes as long as a vendor's.
  void poll() {
    for (int rounds = 0; rounds < 20'000; ++rounds) {
      step();
      while (!sent.empty()) respond(world(sent.front().request));
      commit_units();
      if (poller->wake_at() > now.steady) return;
    }
    ADD_FAILURE() << "the poller never rests";
  }
  // Lives for so long, at every moment at which something is due.
  void live(Duration time) {
    const Steady end = now.steady + time;
    while (true) {
      poll();
      const Steady next = poller->wake_at();
      if (next > end) break;
      pass(next - now.steady);
    }
    pass(end - now.steady);
  }

  Cursor cursor() const { return decode_cursor(records.at(source.name))->cursor; }
  std::vector<std::string> sorted() const {
    std::vector<std::string> ids = published;
    std::ranges::sort(ids);
    return ids;
  }
  std::size_t times_said(std::string_view code) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(said, [code](const Notice& say) { return say.code == code; }));
  }
  std::string state() const { return to_string(poller->status(now).activity); }

  ScriptedVendor vendor;
  Source source;
  GivenSecrets secrets;
  PollerOptions options;
  Log log;
  std::function<http::Response(const http::Request&)> world = [this](const http::Request& request) {
    ++asked_times;
    return log.answer(request);
  };
  Now now{noon, Steady{1h}};

  std::optional<Poller> poller;
  RecordMap records;
  std::deque<Send> sent;
  std::vector<std::string> published;
  std::vector<std::string> dead;
  std::vector<Notice> said;
  std::vector<PollResult> polls;
  std::vector<Duration> silences;
  std::size_t events_at_once = 0;
  std::size_t rows_ignored = 0;
  int asked_times = 0;

 private:
  void act(std::vector<Action> actions) {
    for (Action& action : actions) {
      if (auto* send = std::get_if<Send>(&action)) {
        sent.push_back(std::move(*send));
      } else if (const auto* cancel = std::get_if<Cancel>(&action)) {
        std::erase_if(sent, [&](const Send& send) { return send.id == cancel->id; });
      } else if (const auto* silence = std::get_if<Silence>(&action)) {
        silences.push_back(silence->duration);
      } else if (const auto* poll = std::get_if<PollResult>(&action)) {
        polls.push_back(*poll);
      } else if (const auto* ignored = std::get_if<RowsIgnored>(&action)) {
        rows_ignored += ignored->count;
      } else {
        said.push_back(std::get<Notice>(action));
      }
    }
  }

  std::uint64_t next_id = 1;
};

}  // namespace auditstream::core
