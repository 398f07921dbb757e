#include "kafka/topic_range.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <utility>

#include "kafka/access_probe.h"

namespace auditstream::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int question_ms = 10'000;

// 0 if it is no number: not a generation that we write.
std::uint64_t generation_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size() ? number : 0;
}

TopicRecord event_record(const rd_kafka_message_t& message) {
  TopicRecord record;
  record.value = {static_cast<const char*>(message.payload), message.len};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* bytes = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    const std::string_view header(name);
    const std::string_view value(static_cast<const char*>(bytes), size);
    if (header == "ce_source") record.source = value;
    if (header == "ce_id") record.id = value;
    if (header == "auditstream_repaired") record.repaired = true;
    if (header == "auditstream_generation") record.generation = generation_of(value);
    if (header != "ce_time") continue;
    if (const Result<Time> time = parse_rfc3339(value); time.ok()) record.time = *time;
  }
  return record;
}

}  // namespace

TopicRange::TopicRange(Connection connection, std::string topic)
    : connection_(std::move(connection)), topic_(std::move(topic)) {}

Status TopicRange::open() {
  for (const auto& [handle, isolation] :
       {std::pair{&consumer_, "read_committed"}, std::pair{&uncommitted_, "read_uncommitted"}}) {
    Result<ClientHandle> made = make_client(RD_KAFKA_CONSUMER, connection_,
                                            {{"group.id", "auditstream-verify"},
                                             {"isolation.level", isolation},
                                             {"enable.auto.commit", "false"},
                                             {"enable.auto.offset.store", "false"},
                                             {"enable.partition.eof", "true"},
                                             {"auto.offset.reset", "earliest"},
                                             {"fetch.wait.max.ms", "10"}},
                                            {});
    if (!made.ok()) return made.error();
    *handle = *std::move(made);
  }
  rd_kafka_poll_set_consumer(consumer_.get());
  const Result<int> count = partition_count();
  return count.ok() ? success() : Status(count.error());
}

Error TopicRange::denied() const {
  return Error{denial(topic_access({"Describe", "Read"}, {topic_}), connection_.properties),
               ErrorKind::misconfigured};
}

// Uses the handle that reads: knowing the leaders before the first fetch saves half a second.
Result<int> TopicRange::partition_count() {
  const TopicHandle topic(rd_kafka_topic_new(consumer_.get(), topic_.c_str(), nullptr));
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(consumer_.get(), 0, topic.get(), &answer, question_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return last_broker_error(consumer_.get(), connection_.properties)
        .value_or(Error{topic_ + ": " + rd_kafka_err2str(error)});
  const MetadataHandle metadata(answer);
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return denied();
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    if (!invisible(connection_, {topic_}).empty()) return denied();
    return 0;
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{topic_ + ": " + rd_kafka_err2str(found.err)};
  return found.partition_cnt;
}

Result<TopicRange::Spans> TopicRange::extent(rd_kafka_t* handle) {
  const Result<int> count = partition_count();
  if (!count.ok()) return count.error();
  Spans extent;
  for (int partition = 0; partition < *count; ++partition) {
    Span& span = extent[partition];
    const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(handle, topic_.c_str(), partition,
                                                                       &span.begin, &span.end, question_ms);
    if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return denied();
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Error{"can't tell what partition " + std::to_string(partition) + " of " + topic_ +
                   " holds: " + rd_kafka_err2str(error)};
    }
  }
  return extent;
}

Result<std::optional<Time>> TopicRange::lost_before(std::string_view source) {
  Result<Spans> extent = this->extent();
  if (!extent.ok()) return extent.error();
  std::erase_if(*extent, [](const auto& entry) { return entry.second.begin == 0; });
  if (extent->empty()) return std::optional<Time>{};
  std::map<int, Time> firsts;
  // A repaired record doesn't show that older records are still there.
  if (Status read = scan(*extent,
                         [&](int partition, const TopicRecord& record) {
                           if (record.source != source || record.repaired || !record.time) return true;
                           firsts.emplace(partition, *record.time);
                           return false;
                         });
      !read.ok())
    return read.error();
  if (firsts.size() < extent->size()) return std::optional(Time::max());
  return std::optional(std::ranges::max_element(firsts, {}, &std::pair<const int, Time>::second)->second);
}

Status TopicRange::read(Time from, const Take& take) {
  const Result<Spans> extent = this->extent();
  if (!extent.ok()) return extent.error();
  const PartitionListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(extent->size())));
  const std::int64_t timestamp =
      std::chrono::floor<std::chrono::milliseconds>(from).time_since_epoch().count();
  for (const auto& [partition, span] : *extent) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset =
        std::max<std::int64_t>(timestamp, 0);
  }
  if (list->cnt > 0) {
    if (const auto error = rd_kafka_offsets_for_times(uncommitted_.get(), list.get(), question_ms);
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Error{"can't find the beginning of the range in " + topic_ + ": " + rd_kafka_err2str(error)};
  }
  Spans spans;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& found = list->elems[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Error{"can't find the beginning of the range in " + topic_ + ": " + rd_kafka_err2str(found.err)};
    const Span& whole = extent->at(found.partition);
    // No offset: all records are older.
    const std::int64_t begin = found.offset < 0 ? whole.end : std::min(found.offset, whole.end);
    begin_[found.partition] = begin;
    reached_[found.partition] = whole.end;
    spans[found.partition] = {begin, whole.end};
  }
  return scan(spans, [&](int, const TopicRecord& record) {
    take(record);
    return true;
  });
}

Result<bool> TopicRange::empty() {
  const Result<Spans> extent = this->extent();
  if (!extent.ok()) return extent.error();
  return std::ranges::all_of(*extent,
                             [](const auto& entry) { return entry.second.begin >= entry.second.end; });
}

Status TopicRange::read_last(std::int64_t count, const Take& take, Duration standstill) {
  Result<Spans> spans = extent(consumer_.get());
  if (!spans.ok()) return spans.error();
  for (auto& [partition, span] : *spans) span.begin = std::max(span.begin, span.end - count);
  return scan(
      *spans,
      [&](int, const TopicRecord& record) {
        take(record);
        return true;
      },
      standstill);
}

// Asks for the end again instead of reading up to the known one: whatever a fenced producer has committed
// lies below it on every leader, even a newly elected one (KIP-207).
Status TopicRange::read_on(const Take& take) {
  const Result<Spans> extent = this->extent();
  if (!extent.ok()) return extent.error();
  Spans spans;
  for (const auto& [partition, span] : *extent) {
    const auto known = reached_.try_emplace(partition, span.begin).first;
    if (known->second > span.end)
      return Error{"topic " + topic_ + " was made anew while it was compared: run this again",
                   ErrorKind::misconfigured};
    spans[partition] = {known->second, span.end};
  }
  if (spans.size() < reached_.size())
    return Error{"topic " + topic_ + " was made anew while it was compared: run this again",
                 ErrorKind::misconfigured};
  if (Status done = scan(spans,
                         [&](int, const TopicRecord& record) {
                           take(record);
                           return true;
                         });
      !done.ok())
    return done;
  for (const auto& [partition, span] : spans) reached_[partition] = span.end;
  return success();
}

Status TopicRange::read_earlier(const Take& take) {
  const Result<Spans> extent = this->extent();
  if (!extent.ok()) return extent.error();
  Spans spans;
  for (const auto& [partition, begin] : begin_) {
    const auto found = extent->find(partition);
    if (found != extent->end()) spans[partition] = {found->second.begin, begin};
  }
  return scan(spans, [&](int, const TopicRecord& record) {
    take(record);
    return true;
  });
}

Status TopicRange::scan(const Spans& spans,
                        const std::function<bool(int partition, const TopicRecord&)>& take,
                        Duration standstill) {
  const PartitionListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(spans.size())));
  std::map<int, std::int64_t> ends;
  for (const auto& [partition, span] : spans) {
    if (span.begin >= span.end) continue;
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = span.begin;
    ends[partition] = span.end;
  }
  if (ends.empty()) return success();
  if (const auto error = rd_kafka_assign(consumer_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Error{"can't read " + topic_ + ": " + rd_kafka_err2str(error)};
  rd_kafka_resume_partitions(consumer_.get(), list.get());  // an earlier scan may have paused them
  const auto done = [&](int partition) {
    ends.erase(partition);
    const PartitionListHandle one(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(one.get(), topic_.c_str(), partition);
    rd_kafka_pause_partitions(consumer_.get(), one.get());
  };
  Status result = success();
  std::string why = "nothing comes; a transaction may be open in it that nobody ends";
  auto deadline = Clock::now() + standstill;
  while (!ends.empty() && result.ok()) {
    if (Clock::now() > deadline) result = Error{"can't read " + topic_ + " to its end: " + why};
    const MessageHandle message(rd_kafka_consumer_poll(consumer_.get(), 100));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) result = denied();
    const auto end = ends.find(message->partition);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      why = rd_kafka_message_errstr(message.get());
      continue;
    }
    if (end == ends.end()) continue;
    // Only the end of what is committed so far shows that markers and aborted records are behind us.
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (message->offset >= end->second) done(message->partition);
      continue;
    }
    deadline = Clock::now() + standstill;
    const bool inside = message->offset < end->second;
    const bool more = inside && take(message->partition, event_record(*message));
    if (!more || message->offset + 1 >= end->second) done(message->partition);
  }
  rd_kafka_assign(consumer_.get(), nullptr);
  return result;
}

}  // namespace auditstream::kafka
