// Transactions as large as asked for on one topic: the limit for everything that publishes exactly once.
#pragma once

#include <string>
#include <string_view>

#include "bench/slice.h"
#include "support/kafka/handles.h"

namespace auditstream::bench {

// Each event becomes the record that auditstream makes of it: key, value, timestamp and (if wanted) headers.
// Commits whenever a transaction is full. Throws std::runtime_error for whatever Kafka does not take.
class Transactions {
 public:
  Transactions(const std::string& bootstrap, const std::string& topic, std::size_t events_max, bool headers);

  void produce(const Event& event);
  // Commits what is open.
  void finish();
  std::size_t committed() const { return committed_; }

 private:
  const std::size_t events_max_;
  const bool headers_;
  const test::Handle producer_;
  const test::Topic topic_;

  std::size_t open_ = 0;
  std::size_t committed_ = 0;
};

}  // namespace auditstream::bench
