// KafkaWatch: checks once a second how long Kafka has been silent, logs it, and shows it to whoever asks.
// Thread-safe.
#pragma once

#include <memory>

#include "admin/kafka_view.h"
#include "admin/reachability.h"
#include "base/mutex.h"
#include "kafka/contact.h"

namespace auditstream::runtime {

class KafkaWatch {
 public:
  explicit KafkaWatch(std::shared_ptr<const kafka::Contact> contact) : contact_(std::move(contact)) {}

  // To be called once a second, from a thread that never blocks.
  void tick();

  admin::KafkaView view() const;

 private:
  const std::shared_ptr<const kafka::Contact> contact_;

  mutable Mutex mutex_;
  admin::Reachability reachability_ AS_GUARDED_BY(mutex_);
};

}  // namespace auditstream::runtime
