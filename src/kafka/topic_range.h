// TopicRange: a topic's records from a certain time on, read with isolation.level=read_committed; then those
// that have come since; then the earlier ones. Joins no group, changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "auditstream/result.h"
#include "auditstream/time.h"
#include "kafka/client.h"

namespace auditstream::kafka {

// One record, by its headers. Valid only during the call that it is passed to.
struct TopicRecord {
  std::string_view source;   // ce_source
  std::string_view id;       // ce_id
  std::optional<Time> time;  // ce_time
  std::string_view value;
  std::uint64_t generation = 1;  // of the cursor under which it was published
  bool repaired = false;         // published by `verify --repair`, at any time
};

// For one thread. Errors: what Kafka denies (ErrorKind::misconfigured), or that it can't be reached.
class TopicRange {
 public:
  using Take = std::function<void(const TopicRecord&)>;

  TopicRange(Connection connection, std::string topic);

  // Call it first. A topic that doesn't exist is empty.
  Status open();
  // If Kafka has deleted records: the time of the source's first remaining one, in the partition where that
  // is latest; Time::max() if one of those partitions has none. Nothing if all records are there.
  Result<std::optional<Time>> lost_before(std::string_view source);
  // All records with a timestamp from `from` on, and some older ones, up to the topic's present end.
  Status read(Time from, const Take& take);
  // Whether the topic holds no record at all, not even an aborted one.
  Result<bool> empty();
  // The last committed records of each partition; markers count. Does not wait for open transactions, and for
  // the brokers no longer than `standstill` at a time.
  Status read_last(std::int64_t count, const Take& take, Duration standstill);
  // The records since read(). Afterwards everything is read that a producer fenced by now has committed.
  Status read_on(const Take& take);
  // The records before the beginning of read().
  Status read_earlier(const Take& take);

 private:
  struct Span {
    std::int64_t begin;
    std::int64_t end;
  };
  using Spans = std::map<int, Span>;  // by partition

  // Another program's open transaction blocks the reading; brokers abort one after its own timeout, a minute
  // by default.
  static constexpr Duration standstill_max = 90s;

  Result<int> partition_count();
  // The topic's offsets as the handle sees them: with open transactions, or up to the first one.
  Result<Spans> extent(rd_kafka_t* handle);
  Result<Spans> extent() { return extent(uncommitted_.get()); }
  // `take` returns false if it needs no more of the partition.
  Status scan(const Spans& spans, const std::function<bool(int partition, const TopicRecord&)>& take,
              Duration standstill = standstill_max);
  Error denied() const;

  const Connection connection_;
  const std::string topic_;
  ClientHandle consumer_;
  ClientHandle uncommitted_;  // asked for offsets: a read_committed handle would stop at an open transaction
  std::map<int, std::int64_t> begin_;    // of read()
  std::map<int, std::int64_t> reached_;  // everything before has been read
};

}  // namespace auditstream::kafka
