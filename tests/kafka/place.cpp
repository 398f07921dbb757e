#include "kafka/place.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "core/envelope.h"
#include "support/kafka/topics.h"
#include "vendor_apis/registry.h"

namespace auditstream::test {

Time wall_clock() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

Event event_of(const std::string& id, const std::string& raw, std::optional<Time> time) {
  Event event;
  event.id = id;
  event.time = time;
  event.body = std::make_shared<const std::string>(raw);
  event.raw = *event.body;
  return event;
}

Event event_of(const std::string& id) { return event_of(id, "{\"id\":\"" + id + "\"}", wall_clock() - 5min); }

std::string incompressible_json(std::size_t size) {
  static constexpr std::string_view alphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  std::mt19937_64 random(size);
  std::string text = "\"";
  while (text.size() < size - 1) text += alphabet[random() % alphabet.size()];
  return text + "\"";
}

std::string name_of_this_test() {
  static int count = 0;
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test.test_suite_name()) + "." + test.name() + "." +
                     std::to_string(getpid()) + "." + std::to_string(++count);
  std::ranges::replace(name, '/', '.');
  return name;
}

std::vector<std::string> ids_of(const std::string& prefix, int count) {
  std::vector<std::string> ids;
  char number[16];
  for (int i = 0; i < count; ++i) {
    std::snprintf(number, sizeof number, "%06d", i);
    ids.push_back(prefix + number);
  }
  return ids;
}

std::function<void(const kafka::OffsetsRecord&)> folded(std::function<void(core::OffsetsEvent)> sink) {
  return [view = std::make_shared<core::OffsetsView>(),
          sink = std::move(sink)](const kafka::OffsetsRecord& record) {
    if (std::optional<core::OffsetsEvent> event = view->apply(record.partition, record.key, record.value))
      sink(*std::move(event));
  };
}

core::RecordMap cursors_in(core::RecordMap records) {
  records.erase(std::string(core::owner_key));
  return records;
}

Place::Place(std::string bootstrap, const std::map<std::string, std::string>& event_topic,
             std::size_t dead_letter_bytes_max)
    : bootstrap_(std::move(bootstrap)), name_(name_of_this_test()), source_(std::make_shared<Source>()) {
  source_->name = "acme";
  source_->vendor = "tines";
  source_->api = vendor_apis::find_vendor("tines");
  source_->account = "acme";
  source_->topic = name_;
  source_->dead_letter_topic = name_ + ".dlq";
  // Some brokers of these tests look every second for what is older than their seven days.
  std::map<std::string, std::string> properties = event_topic;
  properties.emplace("retention.ms", "-1");
  create_topic(bootstrap_, events(), event_partitions, properties);
  create_topic(bootstrap_, dead_letters(), event_partitions,
               {{"retention.ms", "-1"}, {"max.message.bytes", std::to_string(dead_letter_bytes_max)}});
  create_topic(bootstrap_, offsets(), offsets_partitions, {{"cleanup.policy", "compact"}});
}

kafka::JournalSettings Place::settings(int partition) const {
  kafka::JournalSettings settings;
  settings.connection.properties["bootstrap.servers"] = bootstrap_;
  settings.connection.client_id = "kafka-tests";
  settings.group = "kafka-tests";
  settings.offsets_topic = offsets();
  settings.partition = partition;
  settings.instance = "tester";
  settings.topics = [names = std::vector{events(), dead_letters()}] {
    return kafka::WritableTopics{.names = names};
  };
  settings.now = wall_clock;
  return settings;
}

core::Batch Place::batch_of(core::Unit unit) const {
  unit.source = source_;
  unit.now = wall_clock();
  core::Batch batch;
  batch.add(std::move(unit));
  return batch;
}

core::Batch Place::batch(const std::vector<std::string>& ids, const std::string& cursor) const {
  core::Unit unit;
  for (const std::string& id : ids) unit.events.push_back(event_of(id));
  unit.records.push_back({"acme", cursor});
  return batch_of(std::move(unit));
}

std::vector<test::Record> Place::read(const std::string& topic) const {
  return read_topic(bootstrap_, topic);
}

std::vector<std::string> Place::visible_ids() const {
  std::vector<std::string> ids;
  for (const test::Record& record : read(events())) ids.emplace_back(record.header("ce_id"));
  std::ranges::sort(ids);
  return ids;
}

}  // namespace auditstream::test
