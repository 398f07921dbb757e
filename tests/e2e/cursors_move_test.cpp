// `cursors move` on a live system: a source whose account or origin has changed stops, and goes on where it
// was once its cursor has been moved; each event still once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/hash.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Steps = std::chrono::steady_clock;

struct Moving : World {
  Moving()
      : World({.vendors = {"tines", "workato"},
               .like = "\"history\":200,\"history_span\":\"72h\",\"rate\":10"}) {
    for (int i = 0; elsewhere.empty() || next_door.empty(); ++i) {
      const std::string account = "account-" + std::to_string(i);
      const bool same = murmur2_partition(account, offsets_partitions) == home;
      (same ? next_door : elsewhere) = account;
    }
  }

  // Polls for a while and leaves a cursor.
  void poll() {
    const auto run = start();
    until_up_to_date();
    drain(*run);
  }
  void set_account(const std::string& account) { source_config("tines")["account"] = account; }

  // Nobody can be asked.
  Finished move(std::vector<std::string> options, const std::string& name = source("tines")) {
    options.insert(options.begin(), {"cursors", "move", name});
    std::vector<std::string> words = command(std::move(options));
    words.insert(words.begin(), {"sh", "-c", "exec \"$0\" \"$@\" </dev/null"});
    return run_to_end(words);
  }
  std::string cursor_record() { return YAML::Dump(cursor("tines")); }

  // The source is stopped in a running instance, is moved there, and goes on by itself; the other never
  // stops.
  void expect_moved_live(const std::vector<std::string>& said) {
    const auto run = start();
    until("it is stopped", 60s, [&] { return times_said(*run, "tines", "source_stopped") == 1; });
    EXPECT_THAT(run->err(), HasSubstr("cursors move " + source("tines")));
    const std::uint64_t asked = requests("tines");
    const auto began = Steps::now();
    const Finished moved = move({"--yes"});
    EXPECT_EQ(moved.status, 0) << moved.err;
    for (const std::string& words : said) EXPECT_THAT(moved.out, HasSubstr(words));
    until("it is polled again", 30s, [&] { return requests("tines") > asked; });
    EXPECT_LT(Steps::now() - began, 10s);
    until_up_to_date();
    EXPECT_EQ(times_said(*run, "workato", "source_stopped"), 0u);
    drain(*run);
  }

  const int home = murmur2_partition(source("tines"), offsets_partitions);
  std::string elsewhere, next_door;  // accounts of another partition, and of the same one
};

TEST(CursorsMove, FollowsAnAccountToAnotherPartitionAndAnOriginWhileAnInstanceRuns) {
  Moving world;
  world.poll();
  const YAML::Node before = world.cursor("tines");
  world.set_account(world.elsewhere);
  world.expect_moved_live(
      {"moved acme-tines: from partition " + std::to_string(world.home) + " (account acme-tines)",
       " (account " + world.elsewhere + ")", "keeps its position"});
  const YAML::Node after = world.cursor("tines");
  EXPECT_EQ(after["account"].as<std::string>(), world.elsewhere);
  EXPECT_EQ(after["since"].as<std::string>(), before["since"].as<std::string>());
  EXPECT_GT(after["published"].as<int>(), before["published"].as<int>());

  const auto origin = world.source_config("tines")["base_url"].as<std::string>();
  world.source_config("tines")["base_url"] = "http://localhost" + origin.substr(origin.rfind(':'));
  world.expect_moved_live({"another log"});

  // And back, to another account of the partition where it began.
  world.set_account(world.next_door);
  world.expect_moved_live({"(account " + world.next_door + ")"});
  const auto run = world.start();
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
  EXPECT_EQ(YAML::Load(world.auditstream({"cursors", "list", "--json"}).out).size(), 2u);
}

TEST(CursorsMove, ChangesNothingUnlessItIsMeant) {
  Moving world;
  const Finished none = world.move({"--yes"});
  EXPECT_EQ(none.status, exit_problem) << none.out;
  EXPECT_THAT(none.err, HasSubstr("no cursor of \"acme-tines\""));
  world.poll();
  const std::string before = world.cursor_record();

  const Finished nothing = world.move({});
  EXPECT_EQ(nothing.status, 0) << nothing.err;
  EXPECT_THAT(nothing.out, HasSubstr("nothing to move"));
  const Finished wrong = world.move({"--yes"}, "acme-tine");
  EXPECT_EQ(wrong.status, exit_usage);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"acme-tines\"?"));

  world.set_account(world.elsewhere);
  const Finished dry = world.move({"--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_THAT(dry.out, StartsWith("would move acme-tines: from partition"));
  const YAML::Node json = YAML::Load(world.move({"--dry-run", "--json"}).out);  // JSON is YAML
  EXPECT_EQ(json["source"].as<std::string>(), "acme-tines");
  EXPECT_TRUE(json["dry_run"].as<bool>());
  EXPECT_FALSE(json["changed"].as<bool>());
  EXPECT_EQ(json["from"]["partition"].as<int>(), world.home);
  EXPECT_EQ(json["to"]["account"].as<std::string>(), world.elsewhere);
  const Finished unasked = world.move({});
  EXPECT_EQ(unasked.status, exit_usage);
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  EXPECT_EQ(world.cursor_record(), before);

  const YAML::Node done = YAML::Load(world.move({"--yes", "--json"}).out);
  EXPECT_TRUE(done["changed"].as<bool>());
  EXPECT_NE(world.cursor_record(), before);

  world.config["kafka"]["bootstrap.servers"] = "127.0.0.1:9";
  EXPECT_EQ(world.move({"--yes"}).status, exit_unavailable);
}

TEST(CursorsMove, KilledAnywhereLeavesTheOldStateOrTheNewOne) {
  Moving world;
  world.poll();
  const std::string accounts[] = {"acme-tines", world.elsewhere};
  std::size_t is = 0;
  int moved = 0;
  // A busy machine needs longer until some of them come to their end.
  for (int i = 0; i < 14 || moved == 0; ++i) {
    ASSERT_LT(i, 200);
    world.set_account(accounts[1 - is]);
    const auto tool = world.start({"cursors", "move", "acme-tines", "--yes"});
    let_pass(50ms * i);
    tool->signal(SIGKILL);
    EXPECT_THAT(tool->wait(30s), AnyOf(0, 128 + SIGKILL));
    const YAML::Node cursors = YAML::Load(world.auditstream({"cursors", "list", "--json"}).out);
    ASSERT_EQ(cursors.size(), 2u) << i << ": " << YAML::Dump(cursors);
    const auto account = world.cursor("tines")["account"].as<std::string>();
    ASSERT_THAT(account, AnyOf(accounts[0], accounts[1]));
    if (account == accounts[is]) continue;
    is = 1 - is;
    ++moved;
  }
  world.set_account(accounts[1 - is]);
  const Finished finished = world.move({"--yes"});
  EXPECT_EQ(finished.status, 0) << finished.err;
  const auto run = world.start();
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  drain(*run);
}

}  // namespace
}  // namespace auditstream::test
