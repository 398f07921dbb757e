#include "auditstream/envelope.h"

#include <algorithm>

#include "auditstream/json.h"

namespace auditstream {

std::string record_key(const Source& source, const Event& event) {
  if (source.key == "id") return event.id;
  if (source.key == "source") return source.name;
  return json::scalar_at(event.raw, source.key).value_or(event.id);
}

std::int64_t record_timestamp_ms(const Event& event, Time now) {
  const Time time = std::min(event.time.value_or(now), now);
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

std::vector<RecordHeader> record_headers(const Source& source, const Event& event) {
  std::vector<RecordHeader> headers;
  headers.reserve(10);
  headers.push_back({"ce_specversion", "1.0"});
  headers.push_back({"ce_id", event.id});
  headers.push_back({"ce_source", "urn:auditstream:" + source.vendor + ":" + source.name});
  headers.push_back({"ce_type", "auditstream." + source.vendor + ".event"});
  if (event.time) headers.push_back({"ce_time", format_rfc3339(*event.time)});
  headers.push_back({"content-type", "application/json"});
  return headers;
}

std::vector<RecordHeader> dead_letter_headers(const Source& source, const DeadLetter& letter, Time now,
                                              bool truncated) {
  std::vector<RecordHeader> headers = record_headers(source, letter.event);
  headers.push_back({"auditstream_error", letter.code});
  headers.push_back({"auditstream_error_detail", letter.detail});
  headers.push_back({"auditstream_error_at", format_rfc3339(now)});
  if (truncated) headers.push_back({"auditstream_truncated", std::to_string(letter.event.raw.size())});
  return headers;
}

}  // namespace auditstream
