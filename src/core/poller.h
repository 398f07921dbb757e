// Poller: one source's life as a state machine. Decides what to request, what to publish and when to rest;
// does nothing itself.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auditstream/http.h"
#include "auditstream/model.h"
#include "auditstream/vendor.h"
#include "core/access_token.h"
#include "core/activity.h"
#include "core/asked_range.h"
#include "core/backfill_estimate.h"
#include "core/concurrency.h"
#include "core/falling_rate.h"
#include "core/in_a_row.h"
#include "core/ledger.h"
#include "core/notice.h"
#include "core/page_size.h"
#include "core/planner.h"
#include "core/poll_schedule.h"
#include "core/random.h"
#include "core/reading.h"
#include "core/settlement.h"
#include "core/source_health.h"
#include "core/unit.h"
#include "core/vendor_clock.h"

namespace auditstream::core {

// What a poller wants done.
struct Send {
  http::RequestId id;
  http::Request request;
};
struct Cancel {
  http::RequestId id;
};
// The vendor wants no requests from the whole account for so long.
struct Silence {
  Duration duration;
};
// What became of an attempt to read a window. For metrics.
struct PollResult {
  std::optional<RefusalKind> refused;  // nothing: it was read to its end
  std::size_t known = 0;               // events in it that had been published before
  bool in_order = true;                // a success: of the present, and every window before it was read, too
};
// A page had rows outside the range that was asked for. For metrics.
struct RowsIgnored {
  std::size_t count;
};
using Action = std::variant<Send, Cancel, Silence, Notice, PollResult, RowsIgnored>;

// Secrets are read at the start of each poll, because they rotate.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  virtual Result<Secrets> read(const Source& source) = 0;
};

struct PollerOptions {
  ReadingLimits reading;
  WindowTarget target;
  unsigned lanes_max = 8;                     // where the source leaves the number to us
  std::size_t buffered_bytes_max = 48 << 20;  // over all lanes; beyond it only the first lane reads on
  std::size_t record_bytes_max = 1'000'000;   // a larger record goes to the dead letters
  std::optional<Time> end;                    // read up to there as history and stop; for reading a range
  std::optional<Now> clock_vouched{};         // our clock was seen to agree with Kafka's then
};

// What is shown of a source.
struct PollerStatus {
  Activity activity = Activity::stopped;
  std::string error;
  int error_status = 0;  // HTTP status
  std::optional<Time> failing_since;
  int attempts = 0;  // failed ones in a row
  std::optional<Time> last_success;
  std::optional<Time> next_attempt;  // if it rests until then
  std::optional<Time> backfill_end;  // while history is read: an estimate
  std::uint64_t rows_outside = 0;    // shown by the vendor although they were not asked for
  Cursor cursor;
  Duration clock_skew{0};  // ours minus the vendor's
  bool finished = false;
  bool gave_up = false;  // on a window, and nothing was read to its end since

  // What else there is to say of a source whose history is read beside its present.
  void add(const PollerStatus& history);
};

class Poller {
 public:
  // Whether the source's first cursor is in Kafka: no request is sent before.
  enum class InitialCursor { due, committing, committed };

  // The secrets outlive the poller; ids are taken from `next_request_id`, which is shared with all other
  // pollers of the client.
  Poller(std::shared_ptr<const Source> source, SecretSource& secrets, Ledger ledger,
         InitialCursor initial_cursor, PollerOptions options, std::uint64_t& next_request_id);
  // A source that must not be polled, and what to do about it.
  static Poller stopped(std::shared_ptr<const Source> source, SecretSource& secrets, std::string reason,
                        std::uint64_t& next_request_id);
  // Reads the history of that source's cursor, beside it and into the same ledger, until it is over. Its committed cursor
  // must have one.
  static Poller of_history(const Poller& present);

  // Continues where `predecessor`, the same source under its old settings, has got to. What that has read but
  // not handed over is read again; its requests go into `out` as cancelled.
  void succeed(Poller& predecessor, std::vector<Action>& out);
  // No poll before then: many sources must not start at the same moment.
  void start_at(Steady moment) { schedule_.rest_until(moment); }
  // When step() has something to do of its own accord; the far future if it waits for an answer.
  Steady wake_at() const;
  // When it will send its next request, likewise.
  Steady asks_at() const;
  void step(Now now, std::vector<Action>& out);
  void on_response(http::RequestId id, const http::Response& response, Now now, std::vector<Action>& out);

  // The next finished work, in order; at most `events_max` events (the rest is read again). Nothing while
  // there is none.
  std::optional<Unit> take_unit(Now now, std::size_t events_max, std::vector<Action>& out);
  // Progress that no event carries (empty windows, renewed ids); nothing if there is none.
  std::optional<Unit> take_progress(Now now);
  // The same and a heartbeat, in one unit. Nothing before the first cursor is in Kafka, or if it is not polled.
  std::optional<Unit> take_heartbeat(const std::string& topic, Now now);
  // Progress must be committed at once: the source waits for its first cursor, its beginning has moved, or it
  // has begun or ceased to fail.
  bool urgent() const {
    return initial_cursor_ == InitialCursor::due || (cursor_has_news_ && has_progress());
  }
  void on_committed();
  // Kafka may have lost its cursor, or a part of it.
  void write_cursor_again();
  // The other part of the source has taken the progress of both.
  void progress_is_taken() { cursor_has_news_ = false; }

  // What it was reading begins behind the floor, which has gone back to that of a history.
  void start_over(std::vector<Action>& out);
  // No new requests; what is complete can still be taken.
  void drain(std::vector<Action>& out);
  bool has_unit() const { return !lanes_.empty() && lanes_.front().complete; }
  // Whether its finished work has events or dead letters.
  bool has_events() const;
  bool has_progress() const { return ledger_ && ledger_->dirty(); }
  // This event's record was refused by the broker when it was alone: it goes to the dead letters from now on.
  void refuse_event(std::uint64_t id) { refused_ids_.insert(id); }

  // Why nothing of it can be published until somebody changes something in Kafka; nothing: it can.
  void block(std::optional<LastError> why);

  // Whether a history is to be read beside it; and whether it is this one, of a cursor.
  bool has_history() const { return ledger_ && ledger_->cursor().history.has_value(); }
  bool reads_history_of(const Cursor& cursor) const {
    return cursor.history && planner_.border() == cursor.history->until;
  }

  const Source& source() const { return *source_; }
  const std::shared_ptr<const Source>& shared_source() const { return source_; }
  bool stopped() const { return why_stopped_.has_value(); }
  // An attempt has failed, none has succeeded since, and the reason would hold for any other window.
  bool fails_whatever_it_asks() const;
  // As far as units were taken; nothing if the source was stopped before its cursor could be read.
  const Cursor* cursor() const { return ledger_ ? &ledger_->cursor() : nullptr; }
  PollerStatus status(Now now) const;

 private:
  struct Lane {
    Lane(Reading reading, bool live, bool read_before, Time proven, Time vendor_now, Now now)
        : reading(std::move(reading)),
          live(live),
          read_before(read_before),
          proven(proven),
          vendor_ahead_of_steady(Poller::of_steady(vendor_now, now)) {}

    Reading reading;
    bool live;
    bool read_before;
    // How far the vendor's log had got before the first request, as far as the other part of the source has seen.
    Time proven;
    // The vendor's clock as assumed when the window was planned, or requested: the latest of these.
    Duration vendor_ahead_of_steady;
    std::string live_probe;  // the probe's URL where the live window is first asked for its total
    bool probing = false;
    std::optional<http::RequestId> request;  // in flight, or queued for its turn
    PageRequest ask;
    std::optional<std::uint64_t> token_number;  // which token the request in flight carries
    Steady retry_at{};
    Steady asked_at{};
    int attempts = 0;
    bool token_renewed = false;
    bool complete = false;
  };

  static Duration of_steady(Time time, Now now) {
    return time.time_since_epoch() - now.steady.time_since_epoch();
  }
  enum class Phase {
    stopped,   // it must not be polled
    draining,  // no new requests
    over,      // the history that it read has ended
    starting,  // its first cursor is not in Kafka yet
    paused,    // by an operator, in the cursor
    polling,
  };
  // What the next live reading can be compared with.
  struct LastReading {
    struct Probe {
      std::string url;
      std::uint64_t total;
    };
    std::optional<Probe> probe;             // of the last live window that was read to its end
    std::optional<std::int64_t> shortfall;  // of the last reading whose total is known
  };
  // The last attempt that failed, as it was logged.
  struct LastRefusal {
    std::optional<Refusal> refusal;
    std::string window;
    FallingRate notices{1min, 1h};
  };
  // What was logged already.
  struct Said {
    bool clock_skew = false;
    bool nothing_found = false;
    FallingRate rows_missing{1min, 1h};
    FallingRate rows_outside{1min, 1h};
  };

  Poller(std::shared_ptr<const Source> source, SecretSource& secrets, std::shared_ptr<Ledger> ledger,
         InitialCursor initial_cursor, PollerOptions options, std::uint64_t& next_request_id,
         std::optional<std::string> why_stopped);

  const Vendor& vendor() const { return *source_->api; }
  Phase phase() const;
  Duration clock_ahead(Now now) const { return clock_.ahead(now); }
  Time vendor_now(Now now) const;
  void split_if_behind(Now now, std::vector<Action>& out);
  void say_skew(Now now, std::vector<Action>& out);
  void mend_beginning(Now now, std::vector<Action>& out);
  void void_what_was_asked_too_late(Now now, std::vector<Action>& out);
  bool may_ask(const Lane& lane) const;
  void plan(Now now);
  bool begin_poll(Now now, std::vector<Action>& out);
  bool authorize(Now now, std::vector<Action>& out);
  void ask(Lane& lane, Now now, std::vector<Action>& out);
  void on_token(const http::Response& response, Now now, std::vector<Action>& out);
  void on_page(std::size_t lane, Page page, const std::string& url_asked, Now now, std::vector<Action>& out);
  std::optional<Refusal> look_outside(const Page& page, const PageRequest& ask, Now now,
                                      std::vector<Action>& out);
  bool narrowed(std::size_t lane, std::uint64_t rows, Now now, std::vector<Action>& out);
  bool in_order(const Lane& lane) const;
  void refuse(std::size_t lane, const Refusal& refusal, bool authorizing, Now now, std::vector<Action>& out);
  bool ask_for_less(const Window& window, Now now);
  void ask_for_less_in_doubt(const Lane& lane, Now now);
  void give_up(std::size_t first_lane, const Refusal& refusal, Duration rest_min, Duration rest_max,
               Steady asked, Now now, std::vector<Action>& out);
  std::string window_of(std::size_t lane) const;
  void attempt_failed(const Refusal& refusal, std::string window, Steady asked, Now now,
                      std::vector<Action>& out);
  void say_last_error(bool news, Now now, std::vector<Action>& out);
  void tell_last_error(Now now);
  void note_in_cursor(std::optional<LastError> last_error);
  void recovered(const std::optional<LastError>& last_error, Now now, std::vector<Action>& out);
  void void_lanes(std::size_t first, std::vector<Action>& out);
  unsigned lane_limit() const;
  std::size_t buffered() const;

  // A window's end.
  void complete(Lane& lane, Now now, std::vector<Action>& out);
  void say_rows_missing(const Reading& reading, Now now, std::vector<Action>& out);
  Unit settle(Lane& lane, std::size_t events_max, Now now, std::vector<Action>& out);
  void go_on(const Settlement& settlement, const Window& window, Now now, std::vector<Action>& out);
  void say_dead_letters(const std::vector<DeadLetter>& letters, std::vector<Action>& out) const;
  void say_if_nothing_found(std::vector<Action>& out);

  // Constant after construction.
  std::shared_ptr<const Source> source_;
  SecretSource* secret_source_;
  PollerOptions options_;
  std::uint64_t* next_request_id_;
  std::optional<std::string> why_stopped_;

  // What has been published, as far as units were taken. Shared by the two pollers of a source; null: it was stopped before
  // its cursor could be read.
  std::shared_ptr<Ledger> ledger_;
  Part part_ = Part::present;
  InitialCursor initial_cursor_;
  bool cursor_has_news_ = false;  // that others should see in Kafka soon
  std::unordered_set<std::uint64_t> refused_ids_;

  // Reading.
  Planner planner_;
  std::deque<Lane> lanes_;
  PollSchedule schedule_;
  std::optional<Steady> catches_up_since_;  // until it rests
  std::optional<Time> read_to_;  // where the vendor's log ended when it rested last, or was told apart
  bool resumed_;                 // its cursor was found in Kafka: how far the log had been read is not known
  PageSize page_size_;
  Concurrency concurrency_;
  BackfillEstimate backfill_;
  Secrets secrets_;
  AccessToken token_;
  std::optional<http::RequestId> token_request_;
  LastReading last_reading_;
  bool draining_ = false;

  // The world as observed.
  VendorClock clock_;
  InARow firewall_;
  SourceHealth health_;
  std::optional<LastError> blocked_;  // by Kafka
  LastRefusal last_refusal_;
  int windows_given_up_ = 0;  // in a row
  Said said_;
  FilterEvidence filter_evidence_;
  std::uint64_t rows_outside_ = 0;  // shown although they were not asked for
  Random random_;
};

}  // namespace auditstream::core
