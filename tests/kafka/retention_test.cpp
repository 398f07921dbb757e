// Kafka counts its retention from the time of the event: a backfill must not be deleted as it arrives.
#include <gmock/gmock.h>

#include "kafka/cluster.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "support/until.h"
#include "vendor_apis/registry.h"

namespace auditstream::test {
namespace {

// Brokers wait 30 seconds after their start before they look for expired segments the first time.
constexpr auto retention_check_patience = 120s;

TEST(Retention, EventsOfAMonthAgoStayInTopicsThatWereMadeByUs) {
  const std::string name = name_of_this_test();
  auto source = std::make_shared<Source>();
  source->name = "acme";
  source->vendor = "tines";
  source->api = vendor_apis::find_vendor("tines");
  source->topic = name;
  source->dead_letter_topic = name + ".dlq";
  config::Config config;
  config.sources.push_back(source);
  config.offsets.topic = name + "-offsets";
  const kafka::Connection connection{{{"bootstrap.servers", Broker::shared()}}, "kafka-tests"};
  ASSERT_TRUE(kafka::Cluster(connection).prepare(config, true).ok());
  kafka::JournalSettings settings;
  settings.connection = connection;
  settings.group = "kafka-tests";
  settings.offsets_topic = config.offsets.topic;
  settings.topics = [&] {
    return kafka::WritableTopics{.names = {source->topic, source->dead_letter_topic}};
  };
  settings.now = wall_clock;
  PatientJournal journal(std::move(settings));
  journal.open();
  // The same goes to a topic as brokers make it. Once the second one of these is empty, the broker has looked
  // at everything since the first batch. One topic would not do: the marker of the first transaction makes
  // its next segment young.
  for (const char* prefix : {"first", "second"}) {
    auto forgetful = std::make_shared<Source>(*source);
    forgetful->topic = name + "-" + prefix;
    create_topic(Broker::shared(), forgetful->topic, 1);
    ASSERT_EQ(topic_property(Broker::shared(), forgetful->topic, "retention.ms"), "604800000");
    core::Batch batch;
    for (const auto& of : {source, forgetful}) {
      core::Unit unit;
      unit.source = of;
      unit.now = wall_clock();
      const Time then = unit.now - 30 * 24h;
      for (const std::string& id : ids_of(prefix, 1000)) unit.events.push_back(event_of(id, "{}", then));
      unit.dead_letters.push_back({event_of(prefix, "{}", then), "refused", "refused"});
      batch.add(std::move(unit));
    }
    const core::JournalDone done = journal.commit(std::move(batch));
    ASSERT_EQ(done.outcome, core::Outcome::committed) << done.detail;
    until("the broker has deleted what it keeps for seven days", retention_check_patience,
          [&] { return read_topic(Broker::shared(), forgetful->topic).empty(); });
  }
  EXPECT_EQ(read_topic(Broker::shared(), source->topic).size(), 2000u);
  EXPECT_EQ(read_topic(Broker::shared(), source->dead_letter_topic).size(), 4u);
}

}  // namespace
}  // namespace auditstream::test
