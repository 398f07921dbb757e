// `cursors set`, `reset` and `delete` on a live system: what was asked for is published again, exactly, and
// the other source of the same shard notices nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>

#include "auditstream/time.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Copies {
  Time time;
  int count = 0;
};
using Published = std::map<std::string, Copies>;  // by id

struct Edited : World {
  // One partition: both sources share a shard.
  Edited()
      : World({.vendors = {"tines", "workato"},
               .like = "\"history\":200,\"history_span\":\"72h\",\"rate\":10"}) {
    config["offsets"]["partitions"] = 1;
  }
  Published published(const std::string& vendor) {
    Published found;
    for (const Record& record : read_topic(bootstrap(), topic(vendor))) {
      Copies& copies = found[std::string(record.header("ce_id"))];
      copies.time = *parse_rfc3339(record.header("ce_time"));
      ++copies.count;
    }
    return found;
  }
  Time watermark() { return *parse_rfc3339(cursor("tines")["watermark"].as<std::string>()); }
  // Nobody can be asked.
  Finished cursors(const std::string& verb, std::vector<std::string> options,
                   const std::string& name = source("tines")) {
    options.insert(options.begin(), {"cursors", verb, name});
    std::vector<std::string> words = command(std::move(options));
    words.insert(words.begin(), {"sh", "-c", "exec \"$0\" \"$@\" </dev/null"});
    return run_to_end(words);
  }
  // Everything that `before` has at or after `from` has come once more, or more often.
  void until_repeated(const Published& before, Time from) {
    until("all of it is published again", 60s, [&] {
      const Published now = published("tines");
      return std::ranges::all_of(before, [&](const auto& entry) {
        return entry.second.time < from || now.at(entry.first).count >= 2;
      });
    });
  }
  // Everything that `before` has at or after `from` comes once more, everything else once.
  void until_again(const Published& before, Time from) {
    until_repeated(before, from);
    until_up_to_date();
    for (const auto& [id, copies] : published("tines")) {
      const auto known = before.find(id);
      if (known != before.end()) {
        EXPECT_EQ(copies.count, known->second.time >= from ? 2 : 1)
            << id << " " << format_rfc3339(copies.time);
      } else {
        // Published between the look and the change it comes twice, too.
        EXPECT_LE(copies.count, copies.time >= from ? 2 : 1) << id;
      }
    }
    const Comparison comparison = compare_with_topic("tines");
    EXPECT_EQ(comparison.altered + comparison.unknown, 0u);
  }
};

TEST(CursorsSet, PublishesAgainExactlyWhatIsAtOrAfterTheMomentWhileAnInstanceIsAtWork) {
  Edited world;
  const auto run = world.start();
  world.until_up_to_date();
  const Published before = world.published("tines");
  const Time from = std::next(before.begin(), 100)->second.time;  // an event of that very moment is there
  const Finished set = world.cursors("set", {"--to", format_rfc3339(from), "--yes"});
  ASSERT_EQ(set.status, 0) << set.err;
  EXPECT_THAT(set.out, AllOf(StartsWith("set acme-tines: from "), HasSubstr("h are published again")));
  world.until_again(before, from);
  world.stop_production();
  world.expect_exactly_once("workato", {});
  EXPECT_EQ(World::times_said(*run, "workato", "source_stopped"), 0u);
  drain(*run);
}

TEST(CursorsSet, SkipsOnlyWhatIsMeantToBeSkipped) {
  Edited world;
  {
    const auto run = world.start();
    world.until_up_to_date();
    drain(*run);
  }
  const std::string before = YAML::Dump(world.cursor("tines"));
  for (const std::string to : {"2999-01-01T00:00:00Z", "yesterday", "2026-01-01", "-x"}) {
    const Finished refused = world.cursors("set", {"--to", to, "--yes"});
    EXPECT_EQ(refused.status, exit_usage) << to;
    EXPECT_THAT(refused.err, HasSubstr(to == "2999-01-01T00:00:00Z" ? "future" : "--to")) << to;
  }
  EXPECT_EQ(world.cursors("set", {"--to", "-1h"}).status, exit_usage) << "without --yes";
  const Finished wrong = world.cursors("set", {"--to", "-1h", "--yes"}, "acme-tine");
  EXPECT_EQ(wrong.status, exit_usage);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"acme-tines\"?"));
  EXPECT_EQ(YAML::Dump(world.cursor("tines")), before);

  const Time ahead = world.watermark() + 1s;
  until("some moments have passed", 10s, [&] {
    return world.cursors("set", {"--to", format_rfc3339(ahead), "--dry-run"}).err.find("future") ==
           std::string::npos;
  });
  const Finished skip = world.cursors("set", {"--to", format_rfc3339(ahead), "--yes"});
  EXPECT_EQ(skip.status, exit_usage);
  EXPECT_THAT(skip.err, AllOf(HasSubstr("skips"), HasSubstr("--allow-skip")));
  const Finished dry = world.cursors("set", {"--to", format_rfc3339(ahead), "--allow-skip", "--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_THAT(dry.out, StartsWith("would set acme-tines"));
  EXPECT_EQ(YAML::Dump(world.cursor("tines")), before);
  const YAML::Node meant = YAML::Load(
      world.cursors("set", {"--to", format_rfc3339(ahead), "--allow-skip", "--yes", "--json"}).out);
  EXPECT_TRUE(meant["changed"].as<bool>());
  EXPECT_EQ(meant["action"].as<std::string>(), "set");
  EXPECT_GT(meant["hours_skipped"].as<double>(), 0);
  EXPECT_EQ(meant["watermark"].as<std::string>(), format_rfc3339(ahead));
  EXPECT_EQ(world.watermark(), ahead);

  world.config["kafka"]["bootstrap.servers"] = "127.0.0.1:9";
  EXPECT_EQ(world.cursors("set", {"--to", "-1h", "--yes"}).status, exit_unavailable);
}

TEST(CursorsSet, AsksWhereThereIsATerminal) {
  Edited world;
  {
    const auto run = world.start();
    world.until_up_to_date();
    drain(*run);
  }
  const Time before = world.watermark();
  const Time to = before - 1h;
  std::string words;
  for (const std::string& word : world.command({"cursors", "set", "acme-tines", "--to", format_rfc3339(to)}))
    words += "'" + word + "' ";
  const auto answer = [&](const std::string& text) {
    return run_to_end({"sh", "-c", "printf '" + text + "\\n' | script -qec \"$0\" /dev/null", words});
  };
  const Finished no = answer("n");
  EXPECT_EQ(no.status, exit_problem);
  EXPECT_THAT(no.out, AllOf(HasSubstr("are published again"), HasSubstr("Go on? [y/N]"),
                            HasSubstr("nothing has changed")));
  EXPECT_EQ(world.watermark(), before);
  const Finished yes = answer("y");
  EXPECT_EQ(yes.status, 0) << yes.out;
  EXPECT_EQ(world.watermark(), to);
}

TEST(CursorsReset, BeginsAnewWhereTheConfigSaysWhileAnInstanceIsAtWork) {
  Edited world;
  const auto run = world.start();
  world.until_up_to_date();
  const Published before = world.published("tines");
  const auto since = world.cursor("tines")["since"].as<std::string>();
  const Finished reset = world.cursors("reset", {"--yes"});
  ASSERT_EQ(reset.status, 0) << reset.err;
  EXPECT_THAT(reset.out, StartsWith("reset acme-tines: from "));
  world.until_again(before, *parse_rfc3339(since));
  EXPECT_EQ(world.cursor("tines")["since"].as<std::string>(), since);
  world.stop_production();
  world.expect_exactly_once("workato", {});
  drain(*run);
}

TEST(CursorsReset, MendsALiveSourceWhoseCursorCantBeRead) {
  Edited world;
  world.source_config("tines").remove("backfill_start_time");
  auto run = world.start();
  world.until_up_to_date({"workato"});
  drain(*run);
  const std::filesystem::path file = world.directory.path() / "record";
  write_file(file, World::source("tines") + "|{");
  const Finished spoilt = run_to_end(
      {"kcat", "-P", "-b", world.bootstrap(), "-t", world.offsets_topic(), "-p", "0", "-K", "|", "-l", file});
  ASSERT_EQ(spoilt.status, 0) << spoilt.err;

  run = world.start();
  until("it is stopped", 60s, [&] { return World::times_said(*run, "tines", "source_stopped") == 1; });
  const Finished set = world.cursors("set", {"--to", "-1h", "--yes"});
  EXPECT_EQ(set.status, exit_problem);
  EXPECT_THAT(set.err, HasSubstr("cursors reset acme-tines"));
  const std::uint64_t asked = world.requests("tines");
  const Finished reset = world.cursors("reset", {"--yes"});
  ASSERT_EQ(reset.status, 0) << reset.err;
  EXPECT_THAT(reset.out, HasSubstr("unreadable"));
  until("it is polled again", 30s, [&] { return world.requests("tines") > asked; });
  drain(*run);
}

TEST(CursorsDelete, ForgetsASourceThatHasLeftTheConfig) {
  Edited world;
  const auto run = world.start();
  world.until_up_to_date();
  const Finished refused = world.cursors("delete", {"--yes"});
  EXPECT_EQ(refused.status, exit_usage);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("is still in"), HasSubstr("cursors reset acme-tines")));

  world.config["sources"].remove(world.source_config("tines")["name"].as<std::string>() == "acme-tines" ? 0
                                                                                                        : 1);
  world.write_config();
  run->signal(SIGHUP);
  until("the source has left", 30s, [&] { return run->err().find("code=config_read") != std::string::npos; });
  EXPECT_EQ(world.cursors("delete", {}).status, exit_usage) << "without --yes";
  const Finished dry = world.cursors("delete", {"--dry-run"});
  EXPECT_THAT(dry.out, StartsWith("would delete acme-tines: its cursor was at 2")) << dry.err;
  const Finished gone = world.cursors("delete", {"--yes"});
  EXPECT_EQ(gone.status, 0) << gone.err;
  EXPECT_THAT(gone.out, StartsWith("deleted acme-tines"));
  EXPECT_EQ(world.cursors("delete", {"--yes"}).status, exit_problem) << "it has none any more";
  EXPECT_EQ(YAML::Load(world.auditstream({"cursors", "list", "--json"}).out).size(), 1u);
  world.stop_production();
  world.expect_exactly_once("workato", {});
  drain(*run);
}

TEST(CursorsSet, KilledAnywhereLeavesTheOldPositionOrTheNewOne) {
  Edited world;
  {
    const auto run = world.start();
    world.until_up_to_date();
    drain(*run);
  }
  Time is = world.watermark();
  int changed = 0;
  // A busy machine needs longer until some of them come to their end.
  for (int i = 1; i <= 12 || changed == 0; ++i) {
    ASSERT_LT(i, 200);
    const Time to = is - 1min;
    const auto tool = world.start({"cursors", "set", "acme-tines", "--to", format_rfc3339(to), "--yes"});
    let_pass(60ms * i);
    tool->signal(SIGKILL);
    EXPECT_THAT(tool->wait(30s), AnyOf(0, 128 + SIGKILL));
    const Time found = world.watermark();
    ASSERT_THAT(found, AnyOf(is, to)) << i;
    changed += found == to ? 1 : 0;
    is = found;
  }
  const auto run = world.start();
  world.stop_production();
  world.expect_exactly_once("workato", {});
  drain(*run);
}

TEST(CursorsSet, TwoToolsAtATimeBothHaveTheirWay) {
  Edited world;
  const auto run = world.start();
  world.until_up_to_date();
  const Published before = world.published("tines");
  const Time from = std::next(before.begin(), 150)->second.time;
  const auto other = world.start({"cursors", "set", "acme-workato", "--to", "-1h", "--yes"});
  const Finished set = world.cursors("set", {"--to", format_rfc3339(from), "--yes"});
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_EQ(other->wait(60s), 0) << other->err();
  world.until_again(before, from);
  drain(*run);
}

// Each change meets another rebalance: an instance that joins, one that was killed, one that leaves.
TEST(CursorsSet, HasItsWayWhileInstancesComeAndGo) {
  Edited world;
  world.config["offsets"]["partitions"] = 4;
  world.config["kafka"].remove("group.instance.id");
  const auto one = world.start();
  world.until_up_to_date();
  const Published before = world.published("tines");
  const Time from = std::next(before.begin(), 150)->second.time;
  const std::vector<std::string> set{"--to", format_rfc3339(from), "--yes"};
  for (int round = 0; round < 2; ++round) {
    const auto two = world.start();
    const Finished joining = world.cursors("set", set);
    EXPECT_EQ(joining.status, 0) << joining.err;
    until("it is at work", 60s, [&] { return two->err().find("code=started") != std::string::npos; });
    if (round == 0) {
      kill_at_once(*two);
    } else {
      two->signal(SIGTERM);
    }
    const Finished leaving = world.cursors("set", set);
    EXPECT_EQ(leaving.status, 0) << leaving.err;
  }
  world.until_repeated(before, from);
  world.until_up_to_date();
  for (const auto& [id, copies] : world.published("tines")) {
    if (before.contains(id) && copies.time < from) {
      EXPECT_EQ(copies.count, 1) << id;
    }
  }
  world.stop_production();
  world.expect_exactly_once("workato", {});
  drain(*one);
}

// The other changes, each while an instance joins; it is killed right after.
TEST(Cursors, AreResetMovedAndDeletedWhileInstancesComeAndGo) {
  Edited world;
  world.config["offsets"]["partitions"] = 4;
  world.config["kafka"].remove("group.instance.id");
  const auto one = world.start();
  world.until_up_to_date();
  const auto amid_a_rebalance = [&](const std::string& verb, const std::string& source) {
    const auto two = world.start();
    const Finished changed = world.cursors(verb, {"--yes"}, source);
    EXPECT_EQ(changed.status, 0) << verb << ": " << changed.err;
    kill_at_once(*two);
  };
  const auto reload = [&] {
    const std::size_t before = one->err().size();
    world.write_config();
    one->signal(SIGHUP);
    until("the config was read", 30s,
          [&] { return one->err().find("code=config_read", before) != std::string::npos; });
  };
  const Published before = world.published("tines");
  amid_a_rebalance("reset", "acme-tines");
  world.until_repeated(before, Time::min());
  const Published twice = world.published("tines");
  for (const auto& [id, copies] : before) EXPECT_EQ(twice.at(id).count, 2) << id;

  world.source_config("workato")["account"] = "another";
  reload();
  amid_a_rebalance("move", "acme-workato");
  world.until_up_to_date({"workato"});

  world.config["sources"].remove(world.source_config("tines")["name"].as<std::string>() ==
                                         world.config["sources"][0]["name"].as<std::string>()
                                     ? 0
                                     : 1);
  reload();
  amid_a_rebalance("delete", "acme-tines");
  EXPECT_EQ(YAML::Load(world.auditstream({"cursors", "list", "--json"}).out).size(), 1u);
  world.stop_production();
  world.expect_exactly_once("workato", {});
  drain(*one);
}

}  // namespace
}  // namespace auditstream::test
