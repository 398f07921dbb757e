// topic_tail: shows records as they become visible to a consumer with isolation.level=read_committed, few
// enough per second to be read.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "support/kafka/topic_reader.h"

namespace {

using auditstream::test::Record;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Lets the first few records of each topic through in every second and counts the others.
class Tail {
 public:
  explicit Tail(unsigned lines_per_second) : lines_per_second_(lines_per_second) {}

  void show(const Record& record) {
    Topic& topic = topics_[record.topic];
    ++topic.records;
    if (++topic.records_this_second > lines_per_second_) return;
    std::printf("%-22s %2d/%-8lld %-28s %s\n", record.topic.c_str(), record.partition,
                static_cast<long long>(record.offset), std::string(record.header("ce_time")).c_str(),
                std::string(record.header("ce_id")).c_str());
    std::fflush(stdout);
  }

  void tick(Clock::time_point now) {
    if (now - second_ < 1s) return;
    second_ = now;
    for (auto& [name, topic] : topics_) {
      if (topic.records_this_second > lines_per_second_) {
        std::printf("%-22s    and %zu more, %zu so far\n", name.c_str(),
                    topic.records_this_second - lines_per_second_, topic.records);
      }
      topic.records_this_second = 0;
    }
    std::fflush(stdout);
  }

 private:
  struct Topic {
    std::size_t records = 0;
    std::size_t records_this_second = 0;
  };

  const std::size_t lines_per_second_;
  std::map<std::string, Topic> topics_;
  Clock::time_point second_ = Clock::now();
};

}  // namespace

int main(int argc, char** argv) {
  std::string bootstrap;
  unsigned lines_per_second = 2;
  std::vector<std::string> topics;
  CLI::App app("Shows records as they become visible: topic, partition/offset, ce_time, ce_id.");
  app.add_option("--bootstrap", bootstrap, "Kafka's address")->required();
  app.add_option("--lines-per-second", lines_per_second, "at most so many of each topic")
      ->capture_default_str();
  app.add_option("topics", topics, "they may appear later")->required();
  CLI11_PARSE(app, argc, argv);

  try {
    auditstream::test::TopicReader reader(bootstrap, topics);
    Tail tail(lines_per_second);
    while (true) {
      if (const auto record = reader.next(200ms)) tail.show(*record);
      tail.tick(Clock::now());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "topic_tail: %s\n", error.what());
    return 1;
  }
}
