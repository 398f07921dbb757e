// Broker: a real Kafka for tests, by script/kafka.
#pragma once

#include <string>
#include <vector>

#include "support/child.h"

namespace auditstream::test {

class Broker {
 public:
  // The address of one that many tests use, each with names of its own: the one that ctest has started for
  // them (AUDITSTREAM_TEST_KAFKA), else one that lives as long as this process. It looks for expired segments
  // every second.
  static const std::string& shared();

  // Broker properties as "name=value".
  explicit Broker(const std::vector<std::string>& properties = {});
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  const std::string& bootstrap() const { return bootstrap_; }

  // Down, in order or as in a crash; and up again with the same data and address.
  void stop();
  void kill();
  void start();

 private:
  TemporaryDirectory directory_;
  std::string bootstrap_;
};

}  // namespace auditstream::test
