// Poller: one source's life as a state machine. Decides what to ask, what to publish and when to rest; does
// nothing itself.
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
#include "core/in_a_row.h"
#include "core/ledger.h"
#include "core/page_size.h"
#include "core/planner.h"
#include "core/reading.h"
#include "core/source_health.h"
#include "core/vendor_clock.h"

namespace auditstream::core {

// An event that can't be published as it is, and why.
struct DeadLetter {
  Event event;
  std::string code;    // "unreadable_time", "malformed_json", "too_large", "refused"
  std::string detail;  // a sentence
};

// What one source wants committed: all of it or nothing, in one transaction.
struct Unit {
  std::shared_ptr<const Source> source;
  std::vector<Event> events;  // ascending by (time, id)
  std::vector<DeadLetter> dead_letters;
  std::vector<Record> records;  // for the offsets topic
  Time now;  // the earlier of our clock and the vendor's: no record's timestamp lies beyond
  std::uint64_t generation = 1;    // of the cursor: an event is published once in each
  std::optional<Time> repaired{};  // when an operator's repair found that these events were missing

  std::size_t bytes() const;
};

enum class Level { debug, info, warn, error };

// What a poller wants done.
struct Send {
  http::RequestId id;
  http::Request request;
};
struct Cancel {
  http::RequestId id;
};
// The vendor wants the whole account to be silent for so long.
struct Silence {
  Duration duration;
};
// Something a person should know. `code` is stable, for metrics and tests.
struct Say {
  Level level;
  std::string code;
  std::string text;
  // What was being read, "FROM/TO", without TO where it is live; "" where that is nothing.
  std::string window{};
  std::string request_id{};  // the vendor's, for its support; "" where it gave none
};
// What became of an attempt to read a window. For metrics.
struct Polled {
  std::optional<RefusalKind> refused;  // nothing: it was read to its end
  std::size_t known = 0;               // events in it that had been published before
  bool in_order = true;                // every window before it was read to its end, too: that is a success
};
using Action = std::variant<Send, Cancel, Silence, Say, Polled>;

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

// What a person wants to see of a source.
struct PollerStatus {
  // resting | reading | backfilling | throttled | retrying | failing | stopped | paused | starting
  std::string state;
  std::string trouble;
  int trouble_status = 0;  // HTTP status of the trouble
  std::optional<Time> failing_since;
  int attempts = 0;  // failed ones in a row
  std::optional<Time> last_success;
  std::optional<Time> next_attempt;  // where it is at rest until then
  std::optional<Time> backfill_end;  // while history is read: an estimate
  Cursor cursor;
  Duration clock_skew{0};  // ours minus the vendor's
  bool finished = false;
  bool gave_up = false;  // on a window, and nothing was read to its end since
};

class Poller {
 public:
  // `born`: the cursor is already in Kafka. Otherwise nothing is asked before the first commit. The
  // secrets outlive the poller; ids are taken from `next_request_id`, which is shared with all other
  // pollers of the client.
  Poller(std::shared_ptr<const Source> source, SecretSource& secrets, Ledger ledger, bool born,
         PollerOptions options, std::uint64_t& next_request_id);
  // A source that must not be polled, and what to do about it.
  static Poller stopped(std::shared_ptr<const Source> source, SecretSource& secrets, std::string reason,
                        std::uint64_t& next_request_id);

  // Goes on from where `predecessor`, the same source under other settings, has got to. What that had read
  // and not given away is read again; its requests go into `out` as cancelled.
  void succeed(Poller& predecessor, std::vector<Action>& out);
  // Not before then: so that many sources don't start in one moment.
  void start_at(Steady moment) { rest_until_ = moment; }
  // When step() has something to do of its own accord; the far future if it waits for an answer.
  Steady wake_at() const;
  // When it will ask the vendor again, likewise.
  Steady asks_at() const;
  void step(Now now, std::vector<Action>& out);
  void on_response(http::RequestId id, const http::Response& response, Now now, std::vector<Action>& out);

  // The next finished work, in order; at most `events_max` events (the rest is read again). Nothing while
  // there is none.
  std::optional<Unit> take_unit(Now now, std::size_t events_max, std::vector<Action>& out);
  // Progress that no event carries (empty windows, renewed ids); nothing if there is none.
  std::optional<Unit> take_progress(Now now);
  // Progress must be committed at once: this source can't be polled before, begins somewhere else now, or can
  // be read no more, or again.
  bool urgent() const { return (!born_ && !birth_taken_) || mended_ || (trouble_is_news_ && has_progress()); }
  void on_committed();

  // No new requests; what is complete can still be taken.
  void drain(std::vector<Action>& out);
  bool has_unit() const { return !lanes_.empty() && lanes_.front().complete; }
  // Whether something of it is to be published, or to be a dead letter.
  bool has_events() const;
  bool has_progress() const { return ledger_ && ledger_->dirty(); }
  // This event's record was refused by the broker when it was alone: it goes to the dead letters from now on.
  void refuse_event(std::uint64_t id) { refused_.insert(id); }

  // Nothing of it can be published before somebody has changed something in Kafka; nothing: it can.
  void block(std::optional<Trouble> why);

  const Source& source() const { return *source_; }
  const std::shared_ptr<const Source>& shared_source() const { return source_; }
  bool stopped() const { return !stopped_.empty(); }
  // As far as units were taken; nothing if the source was stopped before its cursor could be read.
  const Cursor* cursor() const { return ledger_ ? &ledger_->cursor() : nullptr; }
  PollerStatus status(Now now) const;

 private:
  struct Lane {
    Lane(Reading reading, Time vendor_now, Now now)
        : reading(std::move(reading)), vendor_ahead_of_steady(Poller::of_steady(vendor_now, now)) {}

    Reading reading;
    // By what was known of the vendor's clock when this was planned, or asked for: the latest of all.
    Duration vendor_ahead_of_steady;
    std::string live_probe;  // the probe's URL where the live window is first asked for its total
    bool probing = false;
    std::optional<http::RequestId> request;  // in flight, or queued for its turn
    Ask ask;
    std::optional<std::uint64_t> token_number;  // which token the request in flight carries
    Steady retry_at{};
    Steady asked_at{};
    int attempts = 0;
    bool token_renewed = false;
    bool complete = false;

    bool live() const { return !reading.window().to; }
  };

  static Duration of_steady(Time time, Now now) {
    return time.time_since_epoch() - now.steady.time_since_epoch();
  }
  Duration clock_ahead(Now now) const;
  Time vendor_now(Now now) const;
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
  bool narrowed(std::size_t lane, std::uint64_t rows, Now now, std::vector<Action>& out);
  void complete(Lane& lane, Now now, std::vector<Action>& out);
  bool in_order(const Lane& lane) const;
  void refuse(std::size_t lane, const Refusal& refusal, bool authorizing, Now now, std::vector<Action>& out);
  bool ask_for_less(const Window& window, Now now);
  void ask_for_less_in_doubt(const Window& window, Now now);
  void give_up(std::size_t first_lane, const Refusal& refusal, Duration rest_min, Duration rest_max,
               Steady asked, Now now, std::vector<Action>& out);
  std::string window_of(std::size_t lane) const;
  void attempt_failed(const Refusal& refusal, std::string window, Steady asked, Now now,
                      std::vector<Action>& out);
  void say_trouble(bool news, Now now, std::vector<Action>& out);
  void tell_trouble(Now now);
  void recovered(const std::optional<Trouble>& trouble, Now now, std::vector<Action>& out);
  void void_lanes(std::size_t first, std::vector<Action>& out);
  void settle(Reading& reading, std::size_t events_max, Now now, Unit& unit, std::vector<Action>& out);
  void say_if_nothing_found(std::vector<Action>& out);
  unsigned lane_limit() const;
  std::size_t buffered() const;
  std::optional<Time> backfill_end(Now now) const;
  Duration jittered(Duration least);

  // Constant after construction.
  std::shared_ptr<const Source> source_;
  const Vendor* vendor_;
  SecretSource* secret_source_;
  PollerOptions options_;
  std::uint64_t* next_request_id_;
  std::string stopped_;  // why this source is not polled; empty: it is

  // What has been published, as far as units were taken.
  std::optional<Ledger> ledger_;
  bool born_ = true;
  bool birth_taken_ = false;
  bool mended_ = false;
  std::unordered_set<std::uint64_t> refused_;

  // Reading.
  Planner planner_;
  std::deque<Lane> lanes_;
  Steady rest_until_{};
  std::optional<Steady> first_poll_;
  std::optional<std::pair<Steady, Time>> history_from_;  // where this poller began to read it, and when
  PageSize page_size_;
  double requests_per_second_;
  Secrets secrets_;
  std::optional<Token> token_;
  std::uint64_t token_number_ = 0;
  bool token_used_ = false;
  Steady token_renew_at_{};
  std::optional<http::RequestId> authorizing_;
  struct Memo {
    std::string url;
    std::uint64_t total;
  };
  std::optional<Memo> probe_memo_;  // of the last live window that was read to its end
  bool draining_ = false;

  // The world as observed.
  VendorClock clock_;
  bool skew_said_ = false;
  bool nothing_found_said_ = false;
  std::optional<std::int64_t> shortfall_;  // of the last reading whose total is known
  Steady rows_missing_next_{};
  Duration rows_missing_wait_{0};  // until it is said again; 0: it would be news
  Duration latency_{0};
  InARow firewall_;

  // Trouble: said once, then at a falling rate.
  SourceHealth health_;
  std::optional<Trouble> blocked_;  // by Kafka
  std::optional<Refusal> last_refusal_;
  std::string refused_window_;
  bool trouble_is_news_ = false;  // to whoever reads the cursor
  int failures_ = 0;              // windows given up in a row
  Steady say_next_{};
  Duration say_interval_{0};
  std::uint64_t random_;
};

}  // namespace auditstream::core
