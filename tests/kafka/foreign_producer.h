// ForeignProducer: another program's transactional producer, driven step by step.
#pragma once

#include <optional>
#include <string>

#include "support/kafka/handles.h"

namespace auditstream::test {

class ForeignProducer {
 public:
  // Becomes the owner of the id. Its transactions live as long as the broker lets them.
  ForeignProducer(const std::string& bootstrap, const std::string& transactional_id);

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
