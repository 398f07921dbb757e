// A shard of Tines sources with everything around it: its clock, its journal, and tenants that always show
// their whole log.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/url.h"
#include "core/observers.h"
#include "core/shard.h"
#include "unit/scripted_journal.h"
#include "vendor_apis/registry.h"

namespace auditstream::core {

class GivenClient final : public http::Client {
 public:
  void send(http::RequestId id, http::Request request) override {
    waiting.emplace_back(id, std::move(request));
  }
  void cancel(http::RequestId id) override {
    std::erase_if(waiting, [id](const auto& request) { return request.first == id; });
    cancelled.push_back(id);
  }
  std::deque<std::pair<http::RequestId, http::Request>> waiting;
  std::vector<http::RequestId> cancelled;
};

class GivenObserver final : public Observer {
 public:
  void said(const Source& source, const Notice& say) override {
    lines.push_back(source.name + " " + say.code + ": " + say.text);
  }
  void shard_said(int, const Notice& say) override { lines.push_back(say.code + ": " + say.text); }
  void rebalanced(const MembershipEvent&) override { ++rebalances; }
  void waited(const Source&, Duration duration) override { waits.push_back(duration); }
  void answered(const Source&, const http::Response&) override {}
  void polled(const Source&, const PollResult& poll, Time) override { polls.push_back(poll); }
  void ignored_rows(const Source&, std::size_t count) override { rows_ignored += count; }
  void transacted(const Batch&, Outcome outcome, Duration, Time) override {
    if (outcome == Outcome::committed) ++commits;
    ++transactions[outcome];
  }

  std::vector<std::string> lines;
  std::vector<Duration> waits;
  std::vector<PollResult> polls;
  std::map<Outcome, int> transactions;
  int commits = 0;
  int rebalances = 0;
  std::size_t rows_ignored = 0;
};

struct Tenant {
  std::vector<std::pair<std::string, Time>> events;
  bool shows_more = false;                            // than was asked for: all of it
  std::optional<http::Response> refusal;              // instead of the log
  std::optional<http::Response> refusal_of_the_past;  // instead of a part of the log that has an end
  std::optional<http::Response> refusal_of_the_present;
  std::vector<Steady> asked_at;
  std::vector<std::string> urls;

  http::Response answer(const std::string& url) const {
    const std::optional<http::Response>& instead =
        is_of_the_past(url) ? refusal_of_the_past : refusal_of_the_present;
    return instead ? *instead : rows_of(url);
  }
  static bool is_of_the_past(const std::string& url) { return url.find("&before=") != std::string::npos; }
  http::Response answer() const { return rows_of(""); }
  // What lies in the range, as Tines' filter has it.
  http::Response rows_of(const std::string& url) const {
    if (refusal) return *refusal;
    const auto bound = [&](const std::string& name) -> std::optional<Time> {
      const std::size_t at = url.find("&" + name + "=");
      if (at == std::string::npos) return std::nullopt;
      const std::size_t begin = at + name.size() + 2;
      return *parse_rfc3339(percent_decode(url.substr(begin, url.find('&', begin) - begin)));
    };
    const std::optional<Time> after = bound("after");
    const std::optional<Time> before = bound("before");
    std::string rows;
    std::size_t count = 0;
    for (const auto& [id, time] : events) {
      if (!shows_more && ((after && time <= *after) || (before && time >= *before))) continue;
      ++count;
      rows += std::string(rows.empty() ? "" : ",") + "{\"id\":\"" + id + "\",\"created_at\":\"" +
              format_rfc3339(time) + "\"}";
    }
    return answer_with(200, "{\"audit_logs\":[" + rows + "],\"meta\":{\"next_page_number\":null,\"count\":" +
                                std::to_string(count) + "}}");
  }
};

class ShardLife {
 public:
  // `also` hears what the observer hears.
  explicit ShardLife(Observer* also = nullptr)
      : observers(also == nullptr ? std::vector<Observer*>{&observer}
                                  : std::vector<Observer*>{&observer, also}) {}

  // A source of the tenant of that name.
  Source& add(const std::string& name) {
    auto source = std::make_shared<Source>();
    source->name = name;
    source->vendor = "tines";
    source->api = vendor_apis::find_vendor("tines");
    source->account = name;
    source->base_url = "https://" + name + ".tines.com";
    source->topic = "audit.tines";
    source->dead_letter_topic = "audit.tines.dlq";
    source->page_size = 500;
    source->rate_limit = {{1000, 1min}};
    source->origin = "origin";
    source->filter = "filter";
    sources.push_back(source);
    return *source;
  }

  // Another process: nothing survives but the journal's records.
  void start(std::size_t together = 0) {
    client.waiting.clear();
    journal.emplace_next();
    shard =
        std::make_unique<Shard>(3, std::vector<std::shared_ptr<const Source>>(sources.begin(), sources.end()),
                                journal.now(), world, limits);
    shard->start(now, together);
  }

  // Does what can be done without time passing; at most `rounds` of it. True if anything happened.
  bool turn() {
    bool busy = false;
    if (journal.now().busy()) {
      busy = true;
      shard->on_journal(journal.now().take_event(), now);
    }
    while (answering && !client.waiting.empty()) {
      busy = true;
      auto [id, request] = std::move(client.waiting.front());
      client.waiting.pop_front();
      if (holds && holds(request.url)) {
        held.emplace_back(id, request.url);
        continue;
      }
      const std::size_t host = std::string("https://").size();
      Tenant& tenant = tenants[request.url.substr(host, request.url.find('.') - host)];
      tenant.asked_at.push_back(now.steady);
      tenant.urls.push_back(request.url);
      EXPECT_TRUE(shard->on_response(id, tenant.answer(request.url), now));
      shard->step(now);  // as the loop does after each round of answers
    }
    if (!shard->closed() && shard->wake_at() <= now.steady) {
      busy = true;
      shard->step(now);
    }
    return busy;
  }
  void live(Duration time) {
    const Steady end = now.steady + time;
    while (true) {
      for (int turns = 0; turn(); ++turns) ASSERT_LT(turns, 10'000) << "the shard never rests";
      const Steady next = shard->wake_at();
      if (next > end) break;
      pass(next - now.steady);
    }
    pass(end - now.steady);
  }
  void pass(Duration time) {
    now.wall += time;
    now.steady += time;
  }

  PollerStatus status(const std::string& name) const {
    for (const SourceStatus& status : shard->status(now)) {
      if (status.source->name == name) return status.poller;
    }
    return {};
  }
  // "" where it is none of its sources.
  std::string state(const std::string& name) const {
    for (const SourceStatus& status : shard->status(now)) {
      if (status.source->name == name) return to_string(status.poller.activity);
    }
    return "";
  }
  std::size_t times_said(const std::string& text) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        observer.lines, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  // The journal of the process that lives now; it takes the records of the one before.
  class Journals {
   public:
    ScriptedJournal& now() { return *journal_; }
    ScriptedJournal* operator->() { return journal_.get(); }
    void emplace_next() {
      auto next = std::make_unique<ScriptedJournal>(*journal_);
      if (next->busy()) static_cast<void>(next->take_event());
      journal_ = std::move(next);
    }

   private:
    std::unique_ptr<ScriptedJournal> journal_ = std::make_unique<ScriptedJournal>();
  };

  std::vector<std::shared_ptr<Source>> sources;
  std::map<std::string, Tenant> tenants;
  Journals journal;
  GivenClient client;
  GivenSecrets secrets;
  GivenObserver observer;
  Observers observers;
  ShardWorld world{client, secrets, observers, {}, {}, {}, {}, 1};
  ShardLimits limits;
  Now now{noon, Steady{1h}};
  bool answering = true;
  std::function<bool(const std::string&)> holds;  // by URL: an answer that is on its way for long
  std::vector<std::pair<http::RequestId, std::string>> held;
  std::unique_ptr<Shard> shard;
};

}  // namespace auditstream::core
