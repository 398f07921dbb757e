#include "core/envelope.h"

#include <algorithm>

#include "auditstream/json.h"
#include "auditstream/vendor.h"

namespace auditstream::core {
namespace {

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace

std::string event_source(const Source& source) {
  return "urn:auditstream:" + source.vendor + ":" + source.name;
}

std::string record_key(const Source& source, const Event& event) {
  if (source.key == "id") return event.id;
  if (source.key == "source") return source.name;
  if (source.key == "actor") return event.actor.empty() ? event.id : event.actor;
  return json::scalar_at(event.raw, source.key).value_or(event.id);
}

bool fits_record(const Event& event, std::size_t record_bytes_max) {
  constexpr std::size_t overhead = 1024;  // the other headers, an actor as key, and the framing
  return event.raw.size() + 2 * event.id.size() + overhead <= record_bytes_max;
}

std::int64_t record_timestamp_ms(const Event& event, Time now) {
  return milliseconds(std::min(event.time.value_or(now), now));
}

std::int64_t record_timestamp_ms(const Heartbeat& heartbeat, Time now) {
  return milliseconds(std::min(heartbeat.complete_until, now));
}

std::size_t dead_letter_value_bytes_max(std::size_t record_bytes_max) {
  constexpr std::size_t key_and_headers = 64 << 10;
  return record_bytes_max > 2 * key_and_headers ? record_bytes_max - key_and_headers : record_bytes_max / 2;
}

Envelope::Envelope(const Source& source, std::uint64_t generation, bool backfill)
    : source_(event_source(source)),
      type_("auditstream." + source.vendor + ".event"),
      time_digits_(source.api->traits().time_digits),
      generation_(std::to_string(generation)),
      backfill_(backfill) {}

void Envelope::begin(const Event& event) {
  headers_.clear();
  headers_.push_back({"ce_specversion", "1.0"});
  headers_.push_back({"ce_id", event.id});
  headers_.push_back({"ce_source", source_});
  headers_.push_back({"ce_type", type_});
  if (event.time) {
    time_ = format_rfc3339(*event.time, time_digits_);
    headers_.push_back({"ce_time", time_});
  }
  headers_.push_back({"content-type", "application/json"});
  if (const std::string_view action = event.action(); !action.empty())
    headers_.push_back({"auditstream_action", action});
  headers_.push_back({"auditstream_generation", generation_});
  if (backfill_) headers_.push_back({"auditstream_backfill", "true"});
}

const std::vector<RecordHeader>& Envelope::headers(const Event& event, std::uint64_t seq) {
  begin(event);
  seq_ = std::to_string(seq);
  headers_.push_back({"auditstream_seq", seq_});
  return headers_;
}

const std::vector<RecordHeader>& Envelope::headers(const Event& event, Time repaired) {
  begin(event);
  repaired_ = format_rfc3339(repaired);
  headers_.push_back({"auditstream_repaired", repaired_});
  return headers_;
}

const std::vector<RecordHeader>& Envelope::headers(const Heartbeat& heartbeat) {
  seq_ = std::to_string(heartbeat.seq);
  headers_ = {{"ce_source", source_},
              {"content-type", "application/json"},
              {"auditstream_generation", generation_},
              {"auditstream_seq", seq_}};
  return headers_;
}

const std::vector<RecordHeader>& Envelope::headers(const DeadLetter& letter, Time now, bool truncated) {
  begin(letter.event);
  error_at_ = format_rfc3339(now);
  headers_.push_back({"auditstream_error", letter.flaw.code});
  headers_.push_back({"auditstream_error_detail", letter.flaw.detail});
  headers_.push_back({"auditstream_error_at", error_at_});
  if (truncated) {
    size_ = std::to_string(letter.event.raw.size());
    headers_.push_back({"auditstream_truncated", size_});
  }
  return headers_;
}

}  // namespace auditstream::core
