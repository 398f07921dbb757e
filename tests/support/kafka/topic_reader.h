// TopicReader: what a topic holds, as a consumer with isolation.level=read_committed sees it. Knows nothing
// of what the records mean.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct rd_kafka_s;

namespace auditstream::test {

struct Record {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;

  // The first header of that name, or "".
  std::string_view header(std::string_view name) const;
};

// Reads topics from their beginning. Topics and partitions that appear later are picked up. One thread.
// Throws std::runtime_error when Kafka answers with an error that waiting can't mend.
class TopicReader {
 public:
  using Clock = std::chrono::steady_clock;

  TopicReader(std::string bootstrap, std::vector<std::string> topics);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // The next committed record, or nothing within `patience`.
  std::optional<Record> next(std::chrono::milliseconds patience);

  // Everything not yet read, up to the end that the topics have when this is called. An open transaction in
  // front of that end is waited for. Throws when `patience` is over first: half a topic proves nothing.
  std::vector<Record> rest(std::chrono::milliseconds patience);

 private:
  using Partition = std::pair<std::string, std::int32_t>;

  void assign_new_partitions();
  std::map<Partition, std::int64_t> ends(Clock::time_point deadline) const;

  const std::string bootstrap_;
  const std::vector<std::string> topics_;
  const std::unique_ptr<rd_kafka_s, void (*)(rd_kafka_s*)> consumer_;

  // Per assigned partition the offset of the next fetch. Transaction markers have offsets but are no records,
  // so only the end-of-partition event tells how far past them the reader is.
  std::map<Partition, std::int64_t> reached_;
};

// All records of one topic, in the order of each partition; empty when there is no such topic.
std::vector<Record> read_topic(const std::string& bootstrap, const std::string& topic,
                               std::chrono::milliseconds patience = std::chrono::seconds(60));

}  // namespace auditstream::test
