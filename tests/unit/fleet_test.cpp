// Which shards a process runs, as its group gives and takes partitions.
#include "core/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "unit/shard_life.h"
#include "vendor_apis/registry.h"

namespace auditstream::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;

constexpr int partitions = 4;

// A fleet whose journals a test turns one event at a time.
class FleetLife {
 public:
  FleetLife() {
    // One source in each partition but the last.
    for (int i = 0; used.size() < partitions - 1; ++i) {
      auto source = std::make_shared<Source>();
      source->name = source->account = "s" + std::to_string(i);
      source->vendor = "tines";
      source->api = vendor_apis::find_vendor("tines");
      source->rate_limit = {{1000, 1min}};
      const int partition = murmur2_partition(source->account, partitions);
      if (partition == partitions - 1 || !used.insert(partition).second) continue;
      sources.push_back(source);
    }
    fleet.emplace(
        sources, partitions,
        [this](int partition, std::uint64_t number) {
          made.push_back(partition);
          auto journal = std::make_unique<ScriptedJournal>();
          journals[number] = journal.get();
          return journal;
        },
        [this](int partition) { released.push_back(partition); }, world);
  }

  // A second in which the journals are heard.
  void turn() {
    for (int i = 0; i < 50; ++i) {
      for (const auto& [number, journal] : std::map(journals)) {
        if (!journal->busy()) continue;
        JournalEvent event = journal->take_event();
        if (std::holds_alternative<JournalClosed>(event)) journals.erase(number);
        fleet->on_journal(number, std::move(event), now);
      }
      fleet->step(now);
      now.wall += 20ms;
      now.steady += 20ms;
    }
  }
  void assign(std::vector<int> which) { fleet->on_membership(PartitionsAssigned{std::move(which)}, now); }
  void revoke(std::vector<int> which, bool lost = false) {
    fleet->on_membership(PartitionsRevoked{std::move(which), lost}, now);
  }

  std::vector<std::shared_ptr<const Source>> sources;
  std::set<int> used;
  std::map<std::uint64_t, ScriptedJournal*> journals;
  std::vector<int> made;
  std::vector<int> released;
  GivenClient client;
  GivenSecrets secrets;
  GivenObserver observer;
  ShardWorld world{client, secrets, observer, {}, {}, {}, {}, 1};
  Now now{noon, Steady{1h}};
  std::optional<Fleet> fleet;
};

TEST(Fleet, OpensWhatIsAssignedWhereThereAreSources) {
  FleetLife life;
  EXPECT_TRUE(life.fleet->empty());
  life.assign({0, 3});
  EXPECT_THAT(life.made, ElementsAre(0));
  life.turn();
  life.assign({2});
  EXPECT_THAT(life.made, ElementsAre(0, 2)) << "what is open stays as it is";
}

TEST(Fleet, GivesARevokedPartitionUpBeforeItSaysSo) {
  FleetLife life;
  life.assign({0, 1});
  life.turn();
  life.revoke({0, 3});
  EXPECT_THAT(life.released, ElementsAre(3)) << "nothing was at work there";
  life.turn();
  EXPECT_THAT(life.released, ElementsAre(3, 0));
  EXPECT_EQ(life.journals.size(), 1u);
}

TEST(Fleet, ALostPartitionIsDroppedAndNobodyWaits) {
  FleetLife life;
  life.assign({0, 1, 2});
  life.turn();
  life.revoke({0, 1, 2}, true);
  life.turn();
  EXPECT_THAT(life.released, IsEmpty());
  EXPECT_TRUE(life.fleet->empty());
}

TEST(Fleet, OfALostPartitionNothingMoreIsCommitted) {
  FleetLife life;
  auto neighbour = std::make_shared<Source>(*life.sources[0]);
  neighbour->name = "neighbour";
  life.sources.push_back(neighbour);
  life.fleet->reconfigure({life.sources, {}}, life.now);
  const int partition = murmur2_partition(neighbour->account, partitions);
  life.assign({partition});
  life.turn();
  ASSERT_EQ(life.client.waiting.size(), 2u);
  const int before = life.observer.commits;
  Tenant tenant;
  tenant.events.emplace_back("e1", life.now.wall);
  for (const auto& [id, request] : std::exchange(life.client.waiting, {})) {
    life.fleet->on_response(id, tenant.answer(), life.now);
  }
  life.revoke({partition}, true);
  life.turn();
  EXPECT_EQ(life.observer.commits, before + 1) << "the first one's was on its way, the neighbour's was not";
}

TEST(Fleet, APartitionThatComesBackWhileItClosesIsOpenedAgainAfterwards) {
  FleetLife life;
  life.assign({1});
  life.turn();
  life.revoke({1}, true);
  life.assign({1});
  EXPECT_THAT(life.made, ElementsAre(1));
  life.turn();
  EXPECT_THAT(life.made, ElementsAre(1, 1));
  EXPECT_FALSE(life.fleet->empty());
}

TEST(Fleet, AfterADrainNothingIsOpened) {
  FleetLife life;
  life.assign({0, 1});
  life.turn();
  life.fleet->drain(life.now);
  life.assign({2});
  life.turn();
  EXPECT_TRUE(life.fleet->empty());
  EXPECT_THAT(life.made, ElementsAre(0, 1));
}

TEST(Fleet, TellsWhichSourcesAreItsOwnBeforeTheyCanBePolled) {
  FleetLife life;
  life.assign({0, 3});
  EXPECT_EQ(life.observer.rebalances, 1);
  FleetStatus status = life.fleet->status(life.now);
  EXPECT_THAT(status.partitions_not_open, ElementsAre(Key(0)));
  ASSERT_EQ(status.sources_not_open.size(), 1u);
  EXPECT_EQ(murmur2_partition(status.sources_not_open[0]->account, partitions), 0);
  life.turn();
  status = life.fleet->status(life.now);
  EXPECT_THAT(status.sources_not_open, IsEmpty());
  EXPECT_EQ(status.sources.size(), 1u);
  life.revoke({0});
  EXPECT_EQ(life.observer.rebalances, 2);
  life.turn();
  EXPECT_THAT(life.fleet->status(life.now).sources_not_open, IsEmpty());
}

TEST(Fleet, AMarkIsForItsPartitionOnly) {
  FleetLife life;
  life.assign({0, 1});
  life.turn();
  life.fleet->on_offsets(OwnerMark{0, "mark 1"}, life.now);
  life.fleet->on_offsets(OwnerMark{1, "mark 1"}, life.now);
  life.fleet->on_offsets(OwnerMark{1, "somebody else"}, life.now);
  life.fleet->on_offsets(OwnerMark{3, "of a partition without a shard"}, life.now);
  EXPECT_EQ(std::ranges::count_if(life.observer.lines,
                                  [](const std::string& line) { return line.starts_with("shard_taken"); }),
            1);
}

TEST(Fleet, ACursorWithoutSourceIsSaidOnceByWhoeverHasItsPartition) {
  FleetLife life;
  life.fleet->on_offsets(CursorSeen{"stranger", 3, "stranger"}, life.now);
  life.fleet->on_offsets(CursorSeen{life.sources[0]->name, 3, "it is known"}, life.now);
  const auto said = [&] {
    return std::ranges::count_if(life.observer.lines, [](const std::string& line) {
      return line.starts_with("cursor_without_source: there is a cursor of stranger");
    });
  };
  life.assign({0});
  EXPECT_EQ(said(), 0);
  life.assign({3});
  EXPECT_EQ(said(), 1);
  life.revoke({3});
  life.assign({3});
  EXPECT_EQ(said(), 1);
}

TEST(Fleet, PartitionsThatSomebodyHasAddedAreSaidOnceAndHoldNothing) {
  FleetLife life;
  const auto said = [&] {
    return std::ranges::count_if(
        life.observer.lines, [](const std::string& line) { return line.starts_with("partitions_added: "); });
  };
  life.assign({0, partitions - 1});
  EXPECT_EQ(said(), 0);
  life.assign({partitions, partitions + 3});
  life.assign({partitions + 4});
  EXPECT_EQ(said(), 1);
  life.revoke({partitions, partitions + 3, partitions + 4});
}

TEST(Fleet, AnyNumberOfCursorsWithoutSourceIsOneLine) {
  FleetLife life;
  for (int i = 0; i < 100'000; ++i)
    life.fleet->on_offsets(CursorSeen{"stranger-" + std::to_string(i), i % partitions, "stranger"}, life.now);
  life.assign({0, 1, 2, 3});
  const auto about = [](const std::string& line) { return line.starts_with("cursor_without_source"); };
  ASSERT_EQ(std::ranges::count_if(life.observer.lines, about), 1);
  EXPECT_THAT(*std::ranges::find_if(life.observer.lines, about), ::testing::HasSubstr("and 99995 more"));
}

// Whoever is thrown out of the group has nothing to do and nothing to fail at, so this must be told
// otherwise.
TEST(Fleet, IsNoMemberAfterALossUntilTheGroupHasSpokenAgain) {
  FleetLife life;
  life.assign({0});
  life.revoke({0});
  EXPECT_TRUE(life.fleet->status(life.now).joined) << "the group has taken it for somebody else";
  life.revoke({}, true);
  EXPECT_FALSE(life.fleet->status(life.now).joined);
  life.assign({});
  EXPECT_TRUE(life.fleet->status(life.now).joined) << "there is nothing for it";
}

TEST(Fleet, ASourceBeginsWhenItsCursorHasLeftTheOtherPartition) {
  FleetLife life;
  const std::string name = life.sources[0]->name;
  const int partition = murmur2_partition(name, partitions);
  life.fleet->on_offsets(CursorSeen{name, 3, "another"}, life.now);
  life.assign({partition});
  life.turn();
  EXPECT_THAT(life.client.waiting, IsEmpty());
  // While a cursor moves it may be seen in both places, in any order.
  life.fleet->on_offsets(CursorSeen{name, 3, std::nullopt}, life.now);
  life.turn();
  EXPECT_EQ(life.client.waiting.size(), 1u);
}

TEST(Fleet, AReloadOpensShardsForNewSourcesOnly) {
  FleetLife life;
  life.assign({0, 1, 2, 3});
  life.turn();
  ASSERT_EQ(life.made.size(), 3u);
  auto source = std::make_shared<Source>(*life.sources[0]);
  for (int i = 100; murmur2_partition(source->account, partitions) != 3; ++i)
    source->name = source->account = "s" + std::to_string(i);
  life.sources.push_back(source);
  life.fleet->reconfigure({life.sources, {}}, life.now);
  EXPECT_EQ(life.made.size(), 4u);
  EXPECT_EQ(life.made.back(), 3);
  life.sources.clear();
  life.fleet->reconfigure({life.sources, {}}, life.now);
  life.turn();
  EXPECT_EQ(life.journals.size(), 4u) << "their last progress is still to be written";
}

}  // namespace
}  // namespace auditstream::core
