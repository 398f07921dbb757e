// Shard: one partition of the offsets topic and the sources that live in it. Runs on one thread; everything
// is injected.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "auditstream/http.h"
#include "core/blocked_sources.h"
#include "core/journal.h"
#include "core/membership.h"
#include "core/offsets_view.h"
#include "core/poller.h"
#include "core/random.h"
#include "core/rate_limit.h"

namespace auditstream::core {

// Is told what happens, on the shard's thread. For logs and metrics; must not call back.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void said(const Source& source, const Notice& say) = 0;
  virtual void shard_said(int partition, const Notice& say) = 0;
  virtual void rebalanced(const MembershipEvent& event) = 0;
  // A request is sent, after it has waited so long for the account's rate limit.
  virtual void waited(const Source& source, Duration duration) = 0;
  virtual void answered(const Source& source, const http::Response& response) = 0;
  virtual void polled(const Source& source, const PollResult& poll, Time when) = 0;
  // An answer had so many rows outside the range that was asked for.
  virtual void ignored_rows(const Source& source, std::size_t count) = 0;
  // A transaction has ended at `when`.
  virtual void transacted(const Batch& batch, Outcome outcome, Duration took, Time when) = 0;
};

// What a shard needs of the world. Outlives it; shared by all shards of a worker.
struct ShardWorld {
  http::Client& client;
  SecretSource& secrets;
  Observer& observer;
  PollerOptions options;
  std::map<std::string, std::size_t> record_bytes_max;  // by topic; where absent, the option's
  CursorPlaces cursors;
  std::optional<HeartbeatSeries> heartbeats{};
  http::RequestId next_request_id = 1;
  std::uint64_t seed = 0;  // different in each process: two that fence each other must not wait in step
};

struct ShardLimits {
  std::size_t batch_events = 10'000;  // a batch of so many is full
  std::size_t batch_bytes = 8 << 20;
  std::size_t progress_units_max = 500;  // cursors without events in one batch
  Duration commit_interval = 20ms;       // between two begins: the coordinator is not ready sooner
  Duration progress_interval = 10min;    // cursors that moved without events are written at least so often
  Duration quick_commit = 5s;  // after a commit this quick, a batch that had been reduced may grow again
  std::size_t small_batch_bytes = 64 << 10;  // a batch this small is not reduced further after a timeout
  Duration blocked_wait = 15s;               // before a blocked topic is retried; doubles up to
  Duration blocked_wait_max = 5min;          // this: each retry costs other sources what they have read
};

// One source, as the shard that polls it sees it.
struct SourceStatus {
  std::shared_ptr<const Source> source;
  int partition = 0;
  PollerStatus poller;
};

// What a tool gets that wants to send one request out of an account's budget.
struct Lent {
  bool granted = false;
  Duration wait{0};  // until it may be sent; if it is not granted, until it is worth asking again
};

class Shard {
 public:
  Shard(int partition, std::vector<std::shared_ptr<const Source>> sources, Journal& journal,
        ShardWorld& world, ShardLimits limits = {});

  // `together` is how many sources begin in this moment, in all shards: their first polls are spread.
  void start(Now now, std::size_t together = 0);
  void on_journal(JournalEvent event, Now now);
  // False if this shard didn't send the request.
  bool on_response(http::RequestId id, const http::Response& response, Now now);
  // Does what is due.
  void step(Now now);
  Steady wake_at() const;

  // Somebody has opened this partition. If that was after our own opening, we have been fenced, and open it
  // again after a while.
  void on_mark(const std::string& mark, Now now);

  // These are its sources from now on. Those that are the very same objects as before notice nothing.
  void reconfigure(std::vector<std::shared_ptr<const Source>> sources, Now now);

  // The source has no cursor elsewhere any more: it may begin, if it was waiting for that.
  void begin_source(std::string_view name, Now now);

  // A tool wants to ask the vendor about this source: takes one request out of the account's budget, unless the one that was
  // lent before is still to be sent. Nothing if the source is not polled here.
  std::optional<Lent> lend_request(std::string_view source, Now now);

  // Sends no new requests, commits what is complete, closes. closed() tells when.
  void drain(Now now);
  // The partition is somebody else's already: closes without committing anything more.
  void abandon(Now now);
  bool closed() const { return state_ == State::closed; }
  bool open() const { return state_ == State::open; }
  // Why the journal could not be opened the last time; nothing: it could, or was not tried yet.
  const std::optional<JournalFailed>& not_opened() const { return not_opened_; }
  int partition() const { return partition_; }
  // Of the sources that are polled here now. Empty unless the shard is open; but while it is opened again
  // because of a blocked topic, as before.
  std::vector<SourceStatus> status(Now now) const;

 private:
  enum class State { idle, opening, open, waiting, closing, closed };

  struct Slot;
  struct Account {
    std::string name;
    std::vector<RateSpec> specs;
    RateLimit limit;
    bool inherited = false;  // since the opening: a predecessor's last request has been counted
    struct Waiting {
      Slot* slot;
      Send send;
      Steady since;
    };
    // What is asked of the present goes first; the past has what is left, and one of five.
    std::deque<Waiting> queue{};
    std::deque<Waiting> history_queue{};
    int present_in_a_row = 0;
    // Taken out of the limit for the next of them, before a tool was lent what came after it.
    std::optional<Steady> reserved{};
    Steady lent_until{};  // when the latest request that was lent is sent
    Steady timer = Steady::max();
  };

  // A source that has been here since the journal was opened.
  struct Slot {
    std::size_t index;  // its index in slots_
    Poller poller;
    Account* account;
    Steady timer = Steady::max();
    Steady heartbeat_at{};
    Slot* history = nullptr;  // reads the history beside it
    Slot* present = nullptr;  // it reads the history beside that one

    // What fails for the present would fail for the history: one of them tries.
    bool waits_for_present() const { return present != nullptr && present->poller.fails_whatever_it_asks(); }
  };

  void build_pollers(RecordMap records, Now now);
  void add_poller(const std::shared_ptr<const Source>& source, std::size_t together, Now now);
  void add_history(Slot& present, Now now);
  void change_poller(Slot& slot, const std::shared_ptr<const Source>& source, Now now);
  Poller make_poller(const std::shared_ptr<const Source>& source, const Poller* predecessor, Now now);
  Account& account_for(const Source& source, Now now);
  void open_journal();
  void drop_pollers();
  void reopen(Duration wait, Now now);
  void reopen_after_failure(Now now);
  void step_poller(Slot& slot, Now now);
  void act(Slot& slot, std::vector<Action> actions, Now now);
  void pump(Account& account, Now now);
  void set_timer(Account& account, Steady moment);
  void schedule(Slot& slot);
  void gather(Now now);
  void join(Slot& history, Now now);
  void gather_progress(Now now);
  void gather_heartbeats(Now now);
  void hold_heartbeats(const std::vector<BlockedTopic>& blocked, Now now);
  void commit_if_due(Now now);
  void begin_commit(std::shared_ptr<const Batch> batch, Now now);
  void on_done(const JournalDone& done, Now now);
  std::size_t room_of(const Batch& batch) const;
  void allow(const Batch& batch, const JournalDone& done, Now now);
  void note_truncated(const std::vector<TruncatedLog>& logs);
  bool hold(const Batch& batch, const std::vector<BlockedTopic>& blocked, Now now);
  void published(const Unit& unit, Now now);
  bool goes_alone(std::string_view source) const;
  void try_held(Now now);
  void note_ready(Slot& slot, Now now);
  void suspect(const Batch& batch);
  void taken_over(Now now);

  // Constant after construction.
  const int partition_;
  Journal& journal_;
  ShardWorld& world_;
  const ShardLimits limits_;

  std::vector<std::shared_ptr<const Source>> sources_;
  State state_ = State::idle;
  bool draining_ = false;
  std::size_t starting_together_ = 0;
  Steady reopen_at_{};
  int failed_in_a_row_ = 0;
  std::optional<JournalFailed> not_opened_;
  Random random_;
  // Configured sources that have had a cursor in this partition since this shard was made.
  std::set<std::string> with_cursor_;
  std::vector<std::string> marks_;  // seen while the journal was opening
  std::string mark_;                // ours
  bool mark_seen_ = false;          // in the partition's log: what comes after it is somebody else's

  std::vector<SourceStatus> shown_;  // while the journal is opened again because of a blocked topic

  // Valid while the journal is open.
  std::optional<Duration> ahead_of_broker_;
  std::optional<Now> clock_vouched_;
  RecordMap records_;  // as restored, less what pollers have taken over
  std::deque<Slot> slots_;
  std::set<std::pair<Steady, std::size_t>> timers_;  // of slots, by index
  std::map<std::string, Account, std::less<>> accounts_;
  std::set<std::pair<Steady, std::string_view>> account_timers_;
  std::unordered_map<http::RequestId, Slot*> requests_;
  std::set<std::size_t> ready_;  // slots with finished work, by index
  std::size_t gather_next_ = 0;

  // The batch being filled, and the one being committed.
  Batch gathering_;
  bool urgent_ = false;         // a source waits for its first cursor to be committed
  std::size_t events_allowed_;  // in a batch: fewer than the limit after one has timed out
  std::shared_ptr<const Batch> committing_;
  Steady commit_began_{};
  Steady commit_not_before_{};
  Steady progress_due_{};
  Steady heartbeats_due_ = Steady::max();
  int heartbeats_refused_ = 0;  // in a row: their topic can't be written to
  // After a refused record, by source: how many events a transaction may have, all of them its own.
  std::map<std::string, std::size_t> isolated_;
  BlockedSources blocked_sources_;  // those whose topic can't be written to; each is tried alone
  // Events that the broker refused alone, by source.
  std::map<std::string, std::vector<std::uint64_t>> refused_;
};

}  // namespace auditstream::core
