// The group that spreads partitions, and the tail that tells who has opened them.
#include <gmock/gmock.h>

#include <mutex>
#include <set>

#include "kafka/group_membership.h"
#include "kafka/mock_cluster.h"
#include "kafka/offsets_tail.h"
#include "kafka/patient_journal.h"
#include "kafka/place.h"
#include "support/kafka/broker.h"
#include "support/kafka/topics.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using kafka::GroupMembership;
using kafka::OffsetsTail;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int partitions = 4;

kafka::MembershipSettings settings_of(const std::string& bootstrap, const std::string& topic,
                                      const std::string& instance_id = "") {
  kafka::MembershipSettings settings{
      .connection = {.properties = {{"bootstrap.servers", bootstrap}}, .client_id = "member"},
      .group = topic + "-group",
      .offsets_topic = topic};
  if (!instance_id.empty()) settings.connection.properties["group.instance.id"] = instance_id;
  return settings;
}

// A member that gives up what is revoked at once, or only when the test says so.
class Member {
 public:
  explicit Member(kafka::MembershipSettings settings, bool releases = true)
      : releases_(releases),
        membership_(
            std::move(settings), [this](const core::MembershipEvent& event) { on_event(event); },
            [this](const core::Notice& say) {
              const std::lock_guard lock(mutex_);
              said_.push_back(say);
            }) {}

  std::set<int> has() const {
    const std::lock_guard lock(mutex_);
    return has_;
  }
  std::set<int> asked_for() const {
    const std::lock_guard lock(mutex_);
    return asked_for_;
  }
  std::set<int> lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  // At error level.
  std::vector<std::string> errors() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> errors;
    for (const core::Notice& say : said_) {
      if (say.level == core::Level::error) errors.push_back(say.text);
    }
    return errors;
  }
  void release() {
    for (const int partition : asked_for()) membership_.released(partition);
  }

 private:
  void on_event(const core::MembershipEvent& event) {
    std::vector<int> given_up;
    {
      const std::lock_guard lock(mutex_);
      if (const auto* assigned = std::get_if<core::PartitionsAssigned>(&event)) {
        has_.insert(assigned->partitions.begin(), assigned->partitions.end());
        return;
      }
      const auto& revoked = std::get<core::PartitionsRevoked>(event);
      for (const int partition : revoked.partitions) {
        EXPECT_EQ(has_.erase(partition), 1u) << partition;
        (revoked.lost ? lost_ : asked_for_).insert(partition);
      }
      if (!revoked.lost) given_up = revoked.partitions;
    }
    if (!releases_) return;
    for (const int partition : given_up) membership_.released(partition);
  }

  const bool releases_;
  mutable std::mutex mutex_;
  std::set<int> has_;
  std::set<int> asked_for_;
  std::set<int> lost_;
  std::vector<core::Notice> said_;
  GroupMembership membership_;
};

TEST(Membership, OneMemberHasAllTwoShareAndTheFirstTakesOverAtOnce) {
  const std::string topic = name_of_this_test();
  create_topic(Broker::shared(), topic, partitions, {{"cleanup.policy", "compact"}});
  Member one(settings_of(Broker::shared(), topic));
  until("the only member has all", 30s, [&] { return one.has().size() == partitions; });
  {
    Member two(settings_of(Broker::shared(), topic));
    until("both have their half", 30s, [&] { return one.has().size() == 2 && two.has().size() == 2; });
    for (const int partition : two.has()) EXPECT_FALSE(one.has().contains(partition));
  }
  until("what is left behind comes back", 30s, [&] { return one.has().size() == partitions; });
}

TEST(Membership, NobodyGetsAPartitionBeforeItWasReleased) {
  const std::string topic = name_of_this_test();
  create_topic(Broker::shared(), topic, partitions, {{"cleanup.policy", "compact"}});
  Member slow(settings_of(Broker::shared(), topic), false);
  until("the only member has all", 30s, [&] { return slow.has().size() == partitions; });
  Member two(settings_of(Broker::shared(), topic));
  until("half is asked for", 30s, [&] { return slow.asked_for().size() == 2; });
  EXPECT_TRUE(two.has().empty());
  slow.release();
  until("it comes over", 30s, [&] { return two.has() == slow.asked_for(); });
}

TEST(Membership, TheOlderOfTwoWithOneInstanceIdGivesUpUntilTheOtherHasEnded) {
  const std::string topic = name_of_this_test();
  create_topic(Broker::shared(), topic, partitions, {{"cleanup.policy", "compact"}});
  Member older(settings_of(Broker::shared(), topic, "one"));
  until("the only member has all", 30s, [&] { return older.has().size() == partitions; });
  {
    Member newer(settings_of(Broker::shared(), topic, "one"));
    until("the newer one has all", 30s, [&] { return newer.has().size() == partitions; });
    until("the older one has lost all", 30s, [&] { return older.lost().size() == partitions; });
    EXPECT_THAT(older.has(), IsEmpty());
    until("it says why", 30s, [&] { return !older.errors().empty(); });
    ASSERT_THAT(older.errors(), ElementsAre(AllOf(HasSubstr("kafka.group.instance.id, \"one\""),
                                                  HasSubstr("${env:HOSTNAME}"))));
    let_pass(12s);  // looks twice whether the other has gone
    EXPECT_EQ(newer.has().size(), partitions);
    EXPECT_THAT(newer.errors(), IsEmpty());
    EXPECT_THAT(older.errors(), SizeIs(1));
  }
  until("the older one has all again", 30s, [&] { return older.has().size() == partitions; });
}

TEST(Membership, WhoeverIsThrownOutLosesEverythingAtOnceAndComesBack) {
  MockCluster cluster;
  cluster.create_topic("offsets", partitions);
  Member member(settings_of(cluster.bootstrap(), "offsets", "one"));
  until("the only member has all", 30s, [&] { return member.has().size() == partitions; });
  cluster.answer(Api::heartbeat, {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID});
  until("it has lost all", 30s, [&] { return member.lost().size() == partitions; });
  EXPECT_THAT(member.asked_for(), IsEmpty());
  until("it says why", 30s, [&] { return !member.errors().empty(); });
  EXPECT_THAT(member.errors(), SizeIs(1));
  // The mock cluster can't describe groups: then it is simply tried again.
  until("it has all again", 90s, [&] { return member.has().size() == partitions; });
}

// librdkafka 2.0.2 crashes in some of these moments if it is let.
TEST(Membership, MayEndAtAnyMomentOfItsJoining) {
  const std::string topic = name_of_this_test();
  create_topic(Broker::shared(), topic, partitions, {{"cleanup.policy", "compact"}});
  Member one(settings_of(Broker::shared(), topic));
  until("the only member has all", 30s, [&] { return one.has().size() == partitions; });
  for (const auto moment : {0ms, 100ms, 600ms, 1000ms, 1500ms}) {
    const Member hasty(settings_of(Broker::shared(), topic));
    let_pass(moment);
  }
  until("all of it comes back", 30s, [&] { return one.has().size() == partitions; });
}

OffsetsTail tail_of(const Place& place, std::function<void(core::OffsetsEvent)> sink) {
  return OffsetsTail({.connection = place.settings().connection,
                      .group = "kafka-tests",
                      .offsets_topic = place.offsets(),
                      .partitions = Place::offsets_partitions},
                     folded(std::move(sink)));
}

TEST(Tail, TellsEachOpeningInItsOrder) {
  Place place(Broker::shared());
  std::mutex mutex;
  std::vector<std::string> marks;
  const OffsetsTail tail = tail_of(place, [&](const core::OffsetsEvent& event) {
    const std::lock_guard lock(mutex);
    const auto* mark = std::get_if<core::OwnerMark>(&event);
    if (mark != nullptr && mark->partition == 1) marks.push_back(mark->mark);
  });
  std::vector<std::string> opened;
  for (int i = 0; i < 3; ++i) {
    PatientJournal journal(place.settings(1));
    journal.begin_open();
    opened.push_back(std::get<core::JournalOpened>(journal.event_within(30s).value()).mark);
  }
  until("all marks are seen", 30s, [&] {
    const std::lock_guard lock(mutex);
    return marks.size() == opened.size();
  });
  EXPECT_EQ(marks, opened);
}

TEST(Tail, TellsWhereCursorsLie) {
  Place place(Broker::shared());
  PatientJournal journal(place.settings(1));
  journal.open();
  const auto commit = [&](const std::string& key, const std::optional<std::string>& value) {
    core::Unit unit;
    unit.records.push_back({key, value});
    ASSERT_EQ(journal.commit(place.batch_of(std::move(unit))).outcome, core::Outcome::committed);
  };
  commit("acme", R"({"account":"one"})");
  commit("acme/seen/7", "not a cursor");
  std::mutex mutex;
  std::vector<std::string> told;
  const OffsetsTail tail = tail_of(place, [&](const core::OffsetsEvent& event) {
    const std::lock_guard lock(mutex);
    if (const auto* seen = std::get_if<core::CursorSeen>(&event)) {
      told.push_back(seen->source + " in " + std::to_string(seen->partition) + ": " +
                     seen->account.value_or("gone"));
    }
  });
  commit("acme", R"({"account":"one","watermark":"later"})");
  commit("acme", R"({"account":"two"})");
  commit("acme", std::nullopt);
  commit("broken", "not JSON");
  until("the last one is told", 30s, [&] {
    const std::lock_guard lock(mutex);
    return !told.empty() && told.back().starts_with("broken");
  });
  EXPECT_THAT(told, ElementsAre("acme in 1: one", "acme in 1: two", "acme in 1: gone", "broken in 1: ?"));
}

}  // namespace
}  // namespace auditstream::test
