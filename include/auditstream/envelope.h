// Envelope: how an event looks as a Kafka record. CloudEvents 1.0, Kafka binding, binary mode. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/poller.h"

namespace auditstream {

struct RecordHeader {
  std::string_view name;
  std::string value;
};

// The record's key: the event's id, the source's name, or what stands at the JSON pointer (the id where that
// is no scalar).
std::string record_key(const Source& source, const Event& event);

// Milliseconds since the epoch: the event's time, but never beyond `now`, because brokers refuse the future.
std::int64_t record_timestamp_ms(const Event& event, Time now);

// ce_* and content-type; ce_time only where the event has one.
std::vector<RecordHeader> record_headers(const Source& source, const Event& event);
// The same and why the event is a dead letter. `truncated` if the value is not the whole event.
std::vector<RecordHeader> dead_letter_headers(const Source& source, const DeadLetter& letter, Time now,
                                              bool truncated);

// What a dead-letter topic takes; beyond it a value is cut.
inline constexpr std::size_t dead_letter_record_bytes_max = 8 << 20;
inline constexpr std::size_t dead_letter_value_bytes_max = dead_letter_record_bytes_max - (64 << 10);

}  // namespace auditstream
