#include "admin/reachability.h"

#include <algorithm>
#include <utility>

namespace auditstream::admin {
namespace {

constexpr Duration stood_still_after = 5s;

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
    notices_.reset();
  }
  view_.error = why.message.empty() ? "no answer" : why.message;
  if (!notices_.due(now.steady)) return std::nullopt;
  return core::Notice{why.kind == ErrorKind::unavailable ? core::Level::warn : core::Level::error,
                      "kafka_unreachable",
                      view_.sentence() + " (for " + span(now.steady - since_) +
                          "); nothing is published meanwhile and nothing is lost: it goes on by itself"};
}

}  // namespace auditstream::admin
