// Brokers: a real Kafka for tests, by script/kafka.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/child.h"

namespace auditstream::test {

// A cluster, its nodes numbered from 1. Three of them replicate everything three times, and two have to have
// it.
class Brokers {
 public:
  // Broker properties, and levels of Kafka's features, as "name=value"; a plugin of support/kafka/plugins by its
  // class.
  explicit Brokers(int count, const std::vector<std::string>& properties = {},
                   const std::vector<std::string>& features = {}, const std::string& plugin = "");
  ~Brokers();
  Brokers(const Brokers&) = delete;
  Brokers& operator=(const Brokers&) = delete;

  const std::string& bootstrap() const { return bootstrap_; }
  // With the properties, the log and the data of each node.
  const std::filesystem::path& directory() const { return directory_.path(); }

  // Down, in order or as in a crash; and up again with the same data and address. start() returns when the
  // node serves, which is before it has caught up with the others.
  void stop(int node);
  void kill(int node);
  void start(int node);
  void signal(int node, int number) const;
  // What each client may produce from now on, by a quota.
  void limit_producers(int bytes_per_second) const;
  // As far as the node can tell its disk is full, until it starts again: no file grows any more.
  void fill_disk(int node) const;
  // Waits until the node has ended by itself.
  void until_dead(int node) const;
  // With its next start the node will be under another port, which is added to bootstrap().
  void move(int node);

  // Waits until every replica of every partition is in sync.
  void until_in_sync(std::chrono::seconds patience = std::chrono::seconds(120)) const;

 protected:
  void run_script(std::vector<std::string> arguments) const;
  pid_t pid_of(int node) const;

  TemporaryDirectory directory_;
  std::string bootstrap_;
};

// A cluster of one.
class Broker : public Brokers {
 public:
  // The address of one that many tests use, each with names of its own: the one that ctest has started for
  // them (AUDITSTREAM_TEST_KAFKA), else one that lives as long as this process. It looks for expired segments
  // every second.
  static const std::string& shared();

  explicit Broker(const std::vector<std::string>& properties = {}, const std::string& plugin = "")
      : Brokers(1, properties, {}, plugin) {}

  void stop() { Brokers::stop(1); }
  void kill() { Brokers::kill(1); }
  void start() { Brokers::start(1); }
  void fill_disk() { Brokers::fill_disk(1); }
  void until_dead() { Brokers::until_dead(1); }
};

}  // namespace auditstream::test
