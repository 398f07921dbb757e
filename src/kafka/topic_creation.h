// Makes topics, also where a service takes fewer properties than we would give them.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>
#include <vector>

#include "auditstream/result.h"

namespace auditstream::kafka {

struct Wanted {
  using Properties = std::map<std::string, std::string>;

  std::string name;
  int partitions;
  int replication_factor;  // -1: the broker's default
  Properties needed;       // without these it is no such topic
  Properties wished;       // given where Kafka takes them
  std::string settings;    // of our config, where partitions, replication factor and `needed` come from

  Properties all() const;
};

struct Creation {
  std::map<std::string, std::string>
      errors;                         // by topic, each with what helps; nothing where it was made or exists
  std::vector<std::string> denied;    // these need an ACL
  std::vector<std::string> warnings;  // what was wished and refused
  std::map<std::string, Wanted::Properties> given;  // by topic, what it was made with
};

// With `only_try` Kafka is asked to say what it would do. Blocks.
Result<Creation> create_topics(rd_kafka_t* client, const std::vector<Wanted>& wanted, bool only_try);

// The command that makes the topic with no more than it needs.
std::string by_hand(const Wanted& topic);

}  // namespace auditstream::kafka
