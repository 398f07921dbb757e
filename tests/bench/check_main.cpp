// bench_check: what a consumer with isolation.level=read_committed finds in a topic, and when.
//
// First it waits for the end without reading, because a consumer would take the CPU away from what is
// measured: the last stable offsets say when the last transaction was committed. Then it reads and counts.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "support/kafka/handles.h"

namespace {

using namespace auditstream::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int patience_ms = 5000;
constexpr auto look_interval = 5ms;
constexpr auto quiet_time = 500ms;  // no commit for so long after the last event: it was the last one

std::int64_t now_us() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())
      .time_since_epoch()
      .count();
}

class CommittedTopic {
 public:
  CommittedTopic(const std::string& bootstrap, std::string name)
      : name_(std::move(name)),
        consumer_(make_handle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap},
                                                  {"group.id", "bench_check"},
                                                  {"isolation.level", "read_committed"},
                                                  {"enable.auto.commit", "false"},
                                                  {"check.crcs", "false"},
                                                  {"fetch.wait.max.ms", "100"},
                                                  {"queued.min.messages", "100000"}})) {
    rd_kafka_poll_set_consumer(consumer_.get());
  }

  // How many partitions it has; 0 as long as it does not exist.
  int partitions() {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>(
        rd_kafka_topic_new(consumer_.get(), name_.c_str(), nullptr));
    const auto error = rd_kafka_metadata(consumer_.get(), 0, topic.get(), &raw, patience_ms);
    const Metadata metadata(const_cast<rd_kafka_metadata_t*>(raw));
    return error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt
                                                                           : 0;
  }

  // The sum of the last stable offsets: records and the transactions' markers.
  std::int64_t stable(int partitions) {
    std::int64_t sum = 0;
    for (int partition = 0; partition < partitions; ++partition) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      const auto error = rd_kafka_query_watermark_offsets(consumer_.get(), name_.c_str(), partition, &low,
                                                          &high, patience_ms);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) sum += high;
    }
    return sum;
  }

  void read_from_the_beginning(int partitions) {
    const Partitions list(rd_kafka_topic_partition_list_new(partitions));
    for (int partition = 0; partition < partitions; ++partition) {
      rd_kafka_topic_partition_list_add(list.get(), name_.c_str(), partition)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
    }
    if (const auto error = rd_kafka_assign(consumer_.get(), list.get())) fail("assign", error);
  }

  Message next(std::chrono::milliseconds patience) {
    return Message(rd_kafka_consumer_poll(consumer_.get(), static_cast<int>(patience.count())));
  }

 private:
  const std::string name_;
  const Handle consumer_;
};

struct Arguments {
  std::string bootstrap;
  std::string topic;
  std::uint64_t expect = 0;
  int for_seconds = 0;
  int patience_seconds = 600;
};

int wait_for_topic(CommittedTopic& topic, Clock::time_point deadline) {
  while (Clock::now() < deadline) {
    if (const int partitions = topic.partitions()) return partitions;
    std::this_thread::sleep_for(look_interval * 10);
  }
  throw std::runtime_error("the topic does not exist");
}

// When the last commit became visible, in microseconds since the epoch.
std::int64_t wait_for_last_commit(CommittedTopic& topic, int partitions, std::uint64_t records,
                                  Clock::time_point deadline) {
  std::int64_t stable = -1;
  std::int64_t changed_us = 0;
  auto changed = Clock::now();
  while (Clock::now() < deadline) {
    const std::int64_t now_stable = topic.stable(partitions);
    if (now_stable != stable) {
      stable = now_stable;
      changed_us = now_us();
      changed = Clock::now();
    }
    if (stable >= static_cast<std::int64_t>(records) && Clock::now() - changed > quiet_time)
      return changed_us;
    std::this_thread::sleep_for(look_interval);
  }
  throw std::runtime_error("the topic did not get its records in time; it has " + std::to_string(stable));
}

struct Count {
  std::uint64_t records = 0;
  std::unordered_set<std::uint64_t> ids;

  void add(const rd_kafka_message_t& message) {
    ++records;
    ids.insert(auditstream::hash64({static_cast<const char*>(message.key), message.key_len}));
  }
  void report(std::uint64_t expected) const {
    std::printf("unique=%zu twice=%zu lost=%zu ", ids.size(), records - ids.size(),
                expected > ids.size() ? expected - ids.size() : 0);
  }
};

void backfill(CommittedTopic& topic, const Arguments& arguments) {
  const auto deadline = Clock::now() + std::chrono::seconds(arguments.patience_seconds);
  const int partitions = wait_for_topic(topic, deadline);
  const std::int64_t last_us = wait_for_last_commit(topic, partitions, arguments.expect, deadline);
  std::printf("last_us=%lld\n", static_cast<long long>(last_us));
  std::fflush(stdout);

  topic.read_from_the_beginning(partitions);
  Count count;
  count.ids.reserve(arguments.expect);
  auto quiet_since = Clock::now();
  while (Clock::now() - quiet_since < (count.ids.size() < arguments.expect ? 10s : 1s)) {
    const Message message = topic.next(100ms);
    if (!message || message->err) continue;
    count.add(*message);
    quiet_since = Clock::now();
  }
  count.report(arguments.expect);
  std::printf("\n");
}

std::optional<std::int64_t> created_us(std::string_view value) {
  constexpr std::string_view key = R"("created_us":)";
  const std::size_t at = value.find(key);
  if (at == value.npos) return std::nullopt;
  std::int64_t micros = 0;
  std::from_chars(value.data() + at + key.size(), value.data() + value.size(), micros);
  return micros;
}

double milliseconds_at(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[index]) / 1000;
}

// Events as they are born: numbers without a gap are expected.
void live(CommittedTopic& topic, const Arguments& arguments) {
  const auto start = Clock::now();
  topic.read_from_the_beginning(wait_for_topic(topic, start + 30s));
  Count count;
  std::vector<std::int64_t> ages_us;
  std::uint64_t first = UINT64_MAX;
  std::uint64_t last = 0;
  while (Clock::now() - start < std::chrono::seconds(arguments.for_seconds)) {
    const Message message = topic.next(100ms);
    if (!message || message->err) continue;
    const std::int64_t seen_us = now_us();
    count.add(*message);
    if (const auto created = created_us({static_cast<const char*>(message->payload), message->len}))
      ages_us.push_back(seen_us - *created);
    std::uint64_t id = 0;
    const char* const key = static_cast<const char*>(message->key);
    std::from_chars(key, key + message->key_len, id);
    first = std::min(first, id);
    last = std::max(last, id);
  }
  std::sort(ages_us.begin(), ages_us.end());
  count.report(ages_us.empty() ? 0 : last - first + 1);
  std::printf("p50_ms=%.0f p99_ms=%.0f max_ms=%.0f\n", milliseconds_at(ages_us, 0.5),
              milliseconds_at(ages_us, 0.99), milliseconds_at(ages_us, 1));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Counts what a read_committed consumer sees: unique, twice, lost; when, or how long after creation.");
  app.add_option("--bootstrap", arguments.bootstrap, "Kafka's address")->required();
  app.add_option("--topic", arguments.topic)->required();
  auto* expect =
      app.add_option("--expect", arguments.expect, "wait for so many events of a backfill, then read");
  auto* live_for =
      app.add_option("--live-for", arguments.for_seconds, "read so many seconds as events are born");
  app.add_option("--patience", arguments.patience_seconds, "seconds to wait for a backfill")
      ->capture_default_str();
  expect->excludes(live_for);
  CLI11_PARSE(app, argc, argv);
  try {
    CommittedTopic topic(arguments.bootstrap, arguments.topic);
    *live_for ? live(topic, arguments) : backfill(topic, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_check: %s\n", error.what());
    return 1;
  }
}
