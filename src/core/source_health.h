// SourceHealth: what the attempts to read a source add up to: fine, waiting, retrying, or failed. Pure.
#pragma once

#include <optional>
#include <utility>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "core/cursor.h"
#include "core/in_a_row.h"

namespace auditstream::core {

class SourceHealth {
 public:
  // `known` is what a predecessor left in the cursor: it holds until an attempt of our own succeeds.
  SourceHealth(Duration poll_interval, std::optional<LastError> known);

  // An attempt begins. The grace counts from the first one, or from the trouble that is known.
  void begin(Now now);
  // A request was answered; `retried`: it had failed before. Returns the trouble that this ends: none if a
  // window was given up, which may fail in the same place again, or if the source counts as failed.
  std::optional<LastError> answered(bool retried, Now now);
  // A window was read to its end, and every one before it: ends any trouble.
  std::optional<LastError> succeed(Now now);
  // An attempt failed that was begun at `asked`. `text` is the message with its remedy; `refused` where only
  // a person can help.
  void fail(const Refusal& refusal, std::string text, bool refused, Steady asked, Now now);
  // The window is read again from its beginning, because of what failed.
  void give_up() { gave_up_ = true; }
  // The source goes on under other settings, perhaps after a while.
  void go_on(Duration poll_interval);
  // Time passes: trouble of any kind that outlasts the grace becomes a failure. True if it has just become
  // one.
  bool pass(Now now);
  // When pass() or to_tell() has something new of its own accord; the far future if nothing is wrong.
  Steady due() const;

  // What to write into the cursor, so that every instance can show it; nothing if the cursor says so already,
  // or if the trouble may yet pass by itself.
  std::optional<LastError> to_tell(Now now);

  const std::optional<LastError>& last_error() const { return last_error_; }
  // When a window was last read to its end, if that is known.
  const std::optional<Time>& last_success() const { return last_success_; }
  bool failed() const { return last_error_ && last_error_->state == LastError::State::failed; }
  // Only a person can fix it.
  bool needs_a_person() const { return needs_a_person_; }

  // The larger of two minutes and three poll intervals.
  static Duration grace(Duration poll_interval);

 private:
  std::optional<LastError> heal(Now now);
  Steady fails_at() const;

  Duration grace_;
  std::optional<LastError> last_error_;
  std::optional<Time> last_success_;
  bool needs_a_person_ = false;
  bool gave_up_ = false;  // on a window, and nothing was read to its end since
  bool answers_ = false;  // the last attempt was no failure
  InARow malformed_;
  // The pause that the vendor has asked for during this trouble: begin and end.
  std::optional<std::pair<Steady, Steady>> silence_;
  std::optional<Steady> reference_;  // when all was well the last time, else the first attempt
  Steady began_{};                   // the trouble
  std::optional<std::pair<LastError::State, int>> told_;  // state and status, as the cursor has them
};

}  // namespace auditstream::core
