// KafkaWatch: looks once a second how long Kafka has been silent, logs what there is to say and tells anybody
// who asks. Thread-safe.
#pragma once

#include <memory>
#include <mutex>

#include "kafka/contact.h"
#include "ops/kafka_view.h"
#include "ops/reachability.h"

namespace auditstream {

class KafkaWatch {
 public:
  explicit KafkaWatch(std::shared_ptr<const kafka::Contact> contact) : contact_(std::move(contact)) {}

  // Once a second, from one thread that waits for nobody.
  void tick();

  ops::KafkaView view() const;

 private:
  const std::shared_ptr<const kafka::Contact> contact_;

  mutable std::mutex mutex_;
  ops::Reachability reachability_;  // protected by mutex_
};

}  // namespace auditstream
