// TopicRange: what a topic holds from some moment on, as a consumer with isolation.level=read_committed sees
// it; then what has come since, then what lies before. Joins no group, changes nothing.
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

// One record, by its headers. Valid while it is handed out.
struct TopicRecord {
  std::string_view source;   // ce_source
  std::string_view id;       // ce_id
  std::optional<Time> time;  // ce_time
  std::string_view value;
  std::uint64_t generation = 1;  // of the cursor under which it was published
  bool repaired = false;         // published by `verify --repair`, whenever that was
};

// One thread. Errors: what Kafka denies (ErrorKind::misconfigured), or that it can't be reached.
class TopicRange {
 public:
  using Take = std::function<void(const TopicRecord&)>;

  TopicRange(Connection connection, std::string topic);

  // First. A topic that doesn't exist is empty.
  Status open();
  // Where Kafka has deleted records: the time of the source's first one that is still there, in the partition
  // where that is the latest; Time::max() if one of those partitions has none. Nothing if all is there.
  Result<std::optional<Time>> lost_before(std::string_view source);
  // Every record whose timestamp is not before `from`, some older ones too, up to the end as it is now.
  Status read(Time from, const Take& take);
  // Whether there is nothing in it, not even something that was aborted.
  Result<bool> empty();
  // The last committed records of each partition, markers counted in. Waits for no open transaction, and for
  // the brokers no longer than `standstill` at a time.
  Status read_last(std::int64_t count, const Take& take, Duration standstill);
  // What has come since read(). Everything of a producer that has been fenced by now is among it, or was
  // before.
  Status read_on(const Take& take);
  // What lies before the beginning of read().
  Status read_earlier(const Take& take);

 private:
  struct Span {
    std::int64_t begin;
    std::int64_t end;
  };
  using Spans = std::map<int, Span>;  // by partition

  // An open transaction of another program holds us up; brokers end one after its own time-out, a minute by
  // default.
  static constexpr Duration standstill_max = 90s;

  Result<int> partition_count();
  // What the topic holds, as the handle sees it: whether its transactions have ended or not, or up to the
  // first open one.
  Result<Spans> extent(rd_kafka_t* handle);
  Result<Spans> extent() { return extent(uncommitted_.get()); }
  // `take` returns false to be done with the partition.
  Status scan(const Spans& spans, const std::function<bool(int partition, const TopicRecord&)>& take,
              Duration standstill = standstill_max);
  Error denied() const;

  const Connection connection_;
  const std::string topic_;
  ClientHandle consumer_;
  ClientHandle uncommitted_;  // asked for offsets: a read_committed one would stop at an open transaction
  std::map<int, std::int64_t> begin_;    // of read()
  std::map<int, std::int64_t> reached_;  // everything before has been read
};

}  // namespace auditstream::kafka
