// The group that spreads partitions, and the tail that tells who has opened them.
#include <gmock/gmock.h>

#include <mutex>
#include <set>

#include "kafka/group_membership.h"
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
using ::testing::ElementsAre;

constexpr int partitions = 4;

// A member that gives up what is revoked at once, or only when the test says so.
class Member {
 public:
  explicit Member(const std::string& topic, bool releases = true)
      : releases_(releases),
        membership_(
            kafka::MembershipSettings{.connection = {.properties = {{"bootstrap.servers", Broker::shared()}},
                                                     .client_id = "member"},
                                      .group = topic + "-group",
                                      .offsets_topic = topic},
            [this](const MembershipEvent& event) { on_event(event); }, [](const std::string&) {}) {}

  std::set<int> has() const {
    const std::lock_guard lock(mutex_);
    return has_;
  }
  std::set<int> asked_for() const {
    const std::lock_guard lock(mutex_);
    return asked_for_;
  }
  void release() {
    for (const int partition : asked_for()) membership_.released(partition);
  }

 private:
  void on_event(const MembershipEvent& event) {
    std::vector<int> given_up;
    {
      const std::lock_guard lock(mutex_);
      if (const auto* assigned = std::get_if<PartitionsAssigned>(&event)) {
        has_.insert(assigned->partitions.begin(), assigned->partitions.end());
        return;
      }
      given_up = std::get<PartitionsRevoked>(event).partitions;
      for (const int partition : given_up) {
        has_.erase(partition);
        asked_for_.insert(partition);
      }
    }
    if (!releases_) return;
    for (const int partition : given_up) membership_.released(partition);
  }

  const bool releases_;
  mutable std::mutex mutex_;
  std::set<int> has_;
  std::set<int> asked_for_;
  GroupMembership membership_;
};

TEST(Membership, OneMemberHasAllTwoShareAndTheFirstTakesOverAtOnce) {
  const std::string topic = name_of_this_test();
  create_topic(Broker::shared(), topic, partitions, {{"cleanup.policy", "compact"}});
  Member one(topic);
  until("the only member has all", 30s, [&] { return one.has().size() == partitions; });
  {
    Member two(topic);
    until("both have their half", 30s, [&] { return one.has().size() == 2 && two.has().size() == 2; });
    for (const int partition : two.has()) EXPECT_FALSE(one.has().contains(partition));
  }
  until("what is left behind comes back", 30s, [&] { return one.has().size() == partitions; });
}

TEST(Membership, NobodyGetsAPartitionBeforeItWasReleased) {
  const std::string topic = name_of_this_test();
  create_topic(Broker::shared(), topic, partitions, {{"cleanup.policy", "compact"}});
  Member slow(topic, false);
  until("the only member has all", 30s, [&] { return slow.has().size() == partitions; });
  Member two(topic);
  until("half is asked for", 30s, [&] { return slow.asked_for().size() == 2; });
  EXPECT_TRUE(two.has().empty());
  slow.release();
  until("it comes over", 30s, [&] { return two.has() == slow.asked_for(); });
}

TEST(Tail, TellsEachOpeningInItsOrder) {
  Place place(Broker::shared());
  std::mutex mutex;
  std::vector<std::string> marks;
  const OffsetsTail tail({.connection = place.settings().connection,
                          .group = "kafka-tests",
                          .offsets_topic = place.offsets(),
                          .partitions = Place::offsets_partitions},
                         [&](const TailEvent& event) {
                           const std::lock_guard lock(mutex);
                           const auto* mark = std::get_if<OwnerMark>(&event);
                           if (mark != nullptr && mark->partition == 1) marks.push_back(mark->mark);
                         });
  std::vector<std::string> opened;
  for (int i = 0; i < 3; ++i) {
    PatientJournal journal(place.settings(1));
    journal.begin_open();
    opened.push_back(std::get<JournalOpened>(journal.event_within(30s).value()).mark);
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
    Unit unit;
    unit.records.push_back({key, value});
    ASSERT_EQ(journal.commit(place.batch_of(std::move(unit))).outcome, Outcome::committed);
  };
  commit("acme", R"({"account":"one"})");
  commit("acme/seen/7", "not a cursor");
  std::mutex mutex;
  std::vector<std::string> told;
  const OffsetsTail tail({.connection = place.settings().connection,
                          .group = "kafka-tests",
                          .offsets_topic = place.offsets(),
                          .partitions = Place::offsets_partitions},
                         [&](const TailEvent& event) {
                           const std::lock_guard lock(mutex);
                           if (const auto* seen = std::get_if<CursorSeen>(&event)) {
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
