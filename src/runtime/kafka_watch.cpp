#include "runtime/kafka_watch.h"

#include "runtime/clock.h"
#include "runtime/log.h"

namespace auditstream::runtime {

void KafkaWatch::tick() {
  const std::optional<kafka::Silence> silence = contact_->silence();
  std::optional<core::Notice> say;
  {
    const MutexLock lock(mutex_);
    say = reachability_.look(silence ? std::optional(silence->since) : std::nullopt,
                             silence ? silence->why : Error{}, read_clock());
  }
  if (say) log(say->level, say->code, say->text);
}

admin::KafkaView KafkaWatch::view() const {
  const MutexLock lock(mutex_);
  return reachability_.view();
}

}  // namespace auditstream::runtime
