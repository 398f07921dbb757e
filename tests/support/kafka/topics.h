// Topics as an administrator makes them beforehand: for tests of what the connector finds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace auditstream::test {

// Returns when brokers know the topic. Throws std::runtime_error when Kafka refuses. Each partition is on these nodes,
// or where Kafka puts it.
void create_topic(const std::string& bootstrap, const std::string& name, int partitions,
                  const std::map<std::string, std::string>& config = {},
                  std::vector<std::int32_t> nodes = {});

// Returns when brokers don't know it any more.
void delete_topic(const std::string& bootstrap, const std::string& name);

// Returns when brokers know of so many partitions.
void add_partitions(const std::string& bootstrap, const std::string& topic, int total);

// Returns when the records of the partition before this offset are gone.
void delete_records(const std::string& bootstrap, const std::string& topic, int partition,
                    std::int64_t before);

// Sets this property and takes back every other that was set.
void alter_topic(const std::string& bootstrap, const std::string& topic, const std::string& name,
                 const std::string& value);

// A topic property as Kafka has it; "" if there is no such property.
std::string topic_property(const std::string& bootstrap, const std::string& topic, const std::string& name);

// 0 if there is no such topic.
int partition_count(const std::string& bootstrap, const std::string& topic);

// The offset after the last record or marker of the partition, whether its transaction has ended or not.
std::int64_t log_end(const std::string& bootstrap, const std::string& topic, int partition);

// The node that leads the partition; nothing while none does.
std::optional<int> leader_of(const std::string& bootstrap, const std::string& topic, int partition);

// The nodes that have all of the partition.
std::set<int> in_sync_replicas(const std::string& bootstrap, const std::string& topic, int partition);

// Whether every replica of every partition is in sync, by the word of each of the brokers in `bootstrap`: one
// that was away may still tell of the time before.
bool replicas_in_sync(const std::string& bootstrap);

}  // namespace auditstream::test
