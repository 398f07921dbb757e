// ForeignProducer: another program's transactional producer, driven step by step.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "support/kafka/handles.h"

namespace auditstream::test {

class ForeignProducer {
 public:
  // Becomes the owner of the id. The broker ends a transaction that takes longer.
  ForeignProducer(const std::string& bootstrap, const std::string& transactional_id,
                  std::chrono::milliseconds transaction_max = std::chrono::minutes(10));

  void begin();
  // Returns when the broker has it. Without a value it is a tombstone.
  void produce(const std::string& topic, int partition, const std::string& key,
               const std::optional<std::string>& value);
  // The name of the error; "" if there is none.
  std::string commit();
  std::string abort();

 private:
  Handle handle_;
};

}  // namespace auditstream::test
