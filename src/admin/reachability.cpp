#include "admin/reachability.h"

#include <algorithm>
#include <utility>

namespace auditstream::admin {
namespace {

constexpr Duration stood_still_after = 5s;
constexpr Duration say_wait_first = 1min;
constexpr Duration say_wait_max = 1h;

std::string span(Duration duration) {
  return readable_duration(std::chrono::floor<std::chrono::seconds>(duration));
}

}  // namespace

std::string KafkaView::sentence() const {
  if (reachable) return "";
  return "Kafka can't be reached since " + format_rfc3339(since.value()) + ": " + error;
}

std::optional<core::Notice> Reachability::look(std::optional<Steady> silent_since, const Error& why,
                                               Now now) {
  if (looked_ && now.steady - *looked_ > stood_still_after) awake_since_ = now.steady;
  looked_ = now.steady;
  if (silent_since) silent_since = std::max(*silent_since, awake_since_);
  if (!silent_since || now.steady - *silent_since < patience) {
    if (std::exchange(view_, {}).reachable) return std::nullopt;
    return core::Notice{core::Level::info, "kafka_reachable",
                        "Kafka can be reached again, after " + span(now.steady - since_)};
  }
  const bool news = view_.reachable;
  if (news) {
    since_ = *silent_since;
    view_ = {false, floor_second(now.wall - (now.steady - since_)), {}};
    say_wait_ = say_wait_first;
  }
  view_.error = why.message.empty() ? "no answer" : why.message;
  if (!news && now.steady < say_again_) return std::nullopt;
  if (!news) say_wait_ = std::min<Duration>(say_wait_ * 2, say_wait_max);
  say_again_ = now.steady + say_wait_;
  return core::Notice{why.kind == ErrorKind::unavailable ? core::Level::warn : core::Level::error,
                      "kafka_unreachable",
                      view_.sentence() + " (for " + span(now.steady - since_) +
                          "); nothing is published meanwhile and nothing is lost: it goes on by itself"};
}

}  // namespace auditstream::admin
