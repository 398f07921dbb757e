// VendorClock: what the vendor's Date headers say of our clock, and when that is to be believed. Pure.
#pragma once

#include <optional>

#include "auditstream/http.h"
#include "auditstream/time.h"

namespace auditstream::core {

class VendorClock {
 public:
  // `vouched`: our clock was seen to agree with Kafka's at that moment. A header that contradicts both of
  // them by some hours is not believed.
  explicit VendorClock(std::optional<Now> vouched = std::nullopt) : vouched_(vouched) {}

  // Every answer says something, whatever else it is.
  void learn(const http::Response& response, Now now);

  // Our clock minus the vendor's; 0 unless it is off by more than the Date header's rounding. A step of our
  // clock since the latest response counts at once.
  Duration ahead(Now now) const;
  // The first header is hours off, and nobody can tell yet whether it came out of a cache: one more answer
  // some seconds later will. Until then nothing may be concluded from it.
  std::optional<Duration> ask_again_in() const;
  // Kafka's clock agrees with ours, as far as ours has not been stepped since.
  bool vouched_for(Now now) const;
  // The header contradicts our clock, but it stands still or is rubbish, or Kafka agrees with us.
  bool header_is_wrong() const { return verdict_ == Verdict::wrong; }
  // How far our clock is ahead by a header that is not believed because Kafka agrees with us.
  const std::optional<Duration>& overruled() const { return overruled_; }

 private:
  enum class Verdict { none, right, wrong };
  // A header as it came, and when.
  struct Sample {
    Time date;
    Now now;
    Duration latency;
  };

  std::optional<Now> vouched_;  // constant after construction
  std::optional<Sample> last_;
  Verdict verdict_ = Verdict::none;
  std::optional<Duration> overruled_;
  Duration ahead_{0};  // our clock minus the vendor's, by the latest header that was believed
  std::optional<Duration> wall_ahead_;  // of the steady clock, at that moment
};

}  // namespace auditstream::core
