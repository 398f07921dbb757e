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

// Valid while it is handed out.
struct OffsetsRecord {
  int partition = 0;
  std::int64_t offset = 0;
  std::string_view key;
  std::optional<std::string_view> value;  // nothing: a tombstone
  std::optional<Time> appended;           // by the broker's clock; nothing where the topic has the producer's
};

// One thread.
class OffsetsReader {
 public:
  // By partition: the offset of the first record that is read; RD_KAFKA_OFFSET_BEGINNING for all.
  using Offsets = std::map<int, std::int64_t>;
  // False: that was the last one wanted.
  using Take = std::function<bool(const OffsetsRecord&)>;
  // Asked five times a second at least. False ends the reading: with the last error, or an empty one if there
  // was none.
  using GoOn = std::function<bool()>;

  // `group` names the reader to the brokers' ACLs; `ours` are properties beside those of every reader.
  static Result<OffsetsReader> make(const Connection& connection, std::string topic, const std::string& group,
                                    Properties ours, const Properties& defaults = {},
                                    const Callbacks& callbacks = {});

  rd_kafka_t* handle() const { return consumer_.get(); }

  // Until `take` has had what it wanted: a mark, say.
  Status read_to_mark(const Offsets& from, const Take& take, const GoOn& go_on) const {
    return read(from, take, go_on, Until::mark);
  }
  // Until all that is committed has been read.
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
