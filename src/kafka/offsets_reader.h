// OffsetsReader: reads the offsets topic as a consumer with isolation.level=read_committed. Joins no group,
// changes nothing.
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

// Valid only during the call that it is passed to.
struct OffsetsRecord {
  int partition = 0;
  std::int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value;  // nothing: a tombstone
  std::optional<Time> appended;           // by the broker's clock; nothing if the topic uses the producer's
};

// One thread.
class OffsetsReader {
 public:
  // By partition: the offset of the first record to read; RD_KAFKA_OFFSET_BEGINNING for all.
  using Offsets = std::map<int, std::int64_t>;
  // Returns false after the last record that is wanted.
  using Take = std::function<bool(const OffsetsRecord&)>;
  // Called at least five times a second. If it returns false, reading ends with the last error, which is
  // empty if there was none.
  using GoOn = std::function<bool()>;

  // `group` is the name that ACLs see; `ours` are properties in addition to those of every reader.
  static Result<OffsetsReader> make(const Connection& connection, std::string topic, const std::string& group,
                                    Properties ours, const Properties& defaults = {},
                                    const Callbacks& callbacks = {});

  rd_kafka_t* handle() const { return consumer_.get(); }

  // Until `take` has had what it wanted, such as a mark.
  Status read_to_mark(const Offsets& from, const Take& take, const GoOn& go_on) const {
    return read(from, take, go_on, Until::mark);
  }
  // Until everything committed has been read.
  Status read_to_end(const Offsets& from, const Take& take, const GoOn& go_on) const {
    return read(from, take, go_on, Until::end);
  }
  // For ever, whatever the brokers answer.
  void read_on(const Offsets& from, const Take& take, const GoOn& go_on) const {
    (void)read(from, take, go_on, Until::stopped);
  }

 private:
  enum class Until { mark, end, stopped };

  OffsetsReader(const Connection& connection, std::string topic, ClientHandle consumer)
      : connection_(connection), topic_(std::move(topic)), consumer_(std::move(consumer)) {}
  Status read(const Offsets& from, const Take& take, const GoOn& go_on, Until until) const;
  Connection connection_;
  std::string topic_;
  ClientHandle consumer_;
};

}  // namespace auditstream::kafka
