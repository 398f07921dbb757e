// Envelope: how an event looks as a Kafka record. CloudEvents 1.0, Kafka binding, binary mode. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "core/unit.h"

namespace auditstream::core {

// Both views are valid as long as the envelope and the event that they came from.
struct RecordHeader {
  std::string_view name;
  std::string_view value;
};

// What ce_source says: "urn:auditstream:<vendor>:<source>".
std::string event_source(const Source& source);

// The record's key: the event's id, its actor, the source's name, or the scalar at the JSON pointer. The id
// if there is no such value.
std::string record_key(const Source& source, const Event& event);

// Whether the event fits a record of at most so many bytes: its id is a header, and usually also the key.
bool fits_record(const Event& event, std::size_t record_bytes_max);

// Milliseconds since the epoch: the event's time, but never beyond `now`, because brokers refuse the future.
std::int64_t record_timestamp_ms(const Event& event, Time now);
// Likewise, of what it says is complete: a consumer that goes by timestamps may go on to there.
std::int64_t record_timestamp_ms(const Heartbeat& heartbeat, Time now);

// Builds the headers of one source's records. Those that all records share are built once.
class Envelope {
 public:
  // `generation` is that of the source's cursor; `backfill` as in Unit.
  explicit Envelope(const Source& source, std::uint64_t generation = 1, bool backfill = false);

  // ce_* and content-type; ce_time and auditstream_action only if the event has them; auditstream_generation;
  // auditstream_backfill if it is one; and auditstream_seq. Valid until the next call, as the others.
  const std::vector<RecordHeader>& headers(const Event& event, std::uint64_t seq);
  // Of an event that a repair publishes: auditstream_repaired instead of auditstream_seq.
  const std::vector<RecordHeader>& headers(const Event& event, Time repaired);
  // With neither of the two, plus why the event is a dead letter. `truncated` if the value is not the whole event.
  const std::vector<RecordHeader>& headers(const DeadLetter& letter, Time now, bool truncated);
  // ce_source, content-type, auditstream_generation and auditstream_seq.
  const std::vector<RecordHeader>& headers(const Heartbeat& heartbeat);

 private:
  void begin(const Event& event);

  const std::string source_;
  const std::string type_;
  const int time_digits_;
  const std::string generation_;
  const bool backfill_;

  std::vector<RecordHeader> headers_;
  std::string time_;
  std::string seq_;
  std::string repaired_;
  std::string error_at_;
  std::string size_;
};

// max.message.bytes of the dead-letter topics that we create.
inline constexpr std::size_t dead_letter_record_bytes_max = 8 << 20;

// How much of a dead letter's value is left under its topic's max.message.bytes; the rest is for key and
// headers.
std::size_t dead_letter_value_bytes_max(std::size_t record_bytes_max);

}  // namespace auditstream::core
