// `verify`: every way in which a topic may differ from its vendor is found, and what is missing is published,
// once, while the connector runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "auditstream/json.h"
#include "auditstream/time.h"
#include "e2e/world.h"
#include "support/kafka/topic_writer.h"
#include "support/kafka/topics.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

const std::string past = "-30d", present = "-0s";

struct Verifying : World {
  explicit Verifying(const Tenants& tenants, std::string bootstrap = "") : World(tenants, bootstrap) {}

  Finished verify(std::vector<std::string> options = {}, const std::string& vendor = "tines") {
    options.insert(options.begin(),
                   {"verify", source(vendor), "--from", past, "--to", present, "--allow-cut"});
    if (std::ranges::count(options, "--repair") > 0) options.emplace_back("--yes");
    return auditstream(options, 120s);
  }
  YAML::Node report(std::vector<std::string> options = {}, const std::string& vendor = "tines") {
    options.emplace_back("--json");
    const Finished finished = verify(options, vendor);
    return YAML::Load(finished.out);  // JSON is YAML
  }
  std::string topic() const { return World::topic("tines"); }

  // Publishes what there is and leaves.
  void poll() {
    const auto run = start();
    expect_exactly_once();
    until_polled();
    drain(*run);
  }
  std::size_t records() const { return read_topic(bootstrap(), topic()).size(); }
  // The topic of events, made anew, holds what `change` makes of its records.
  void rewrite(const std::function<void(std::vector<Record>&)>& change) {
    std::vector<Record> records = read_topic(bootstrap(), topic());
    change(records);
    delete_topic(bootstrap(), topic());
    create_topic(bootstrap(), topic(), 2, {{"retention.ms", "-1"}});
    write_records(bootstrap(), records);
  }
  // Ids of the vendor's events with a time in the range that the report says was compared.
  std::set<std::string> true_ids(const YAML::Node& report, const std::string& vendor = "tines") {
    const Time from = *parse_rfc3339(report["compared"]["from"].as<std::string>());
    const Time to = *parse_rfc3339(report["compared"]["to"].as<std::string>());
    std::set<std::string> ids;
    for (const std::string& line : lines_of(truth(vendor))) {
      const std::optional<std::string> time = json::scalar_at(line, "/time");
      if (!time || json::scalar_at(line, "/child") == "true") continue;
      const Time at = *parse_rfc3339(*time);
      if (at >= from && at < to) ids.insert(json::scalar_at(line, "/id").value());
    }
    return ids;
  }
  // As the README tells an auditor to compute it.
  std::string digest(const std::set<std::string>& ids) const {
    std::string lines;
    for (const std::string& id : ids) lines += id + "\n";
    write_file(directory.path() / "ids", lines);
    const Finished finished =
        run_to_end({"sh", "-c", "LC_ALL=C sort -u " + (directory.path() / "ids").string() + " | sha256sum"});
    return finished.out.substr(0, 64);
  }
};

std::set<std::string> ids_of(const std::vector<Record>& records) {
  std::set<std::string> ids;
  for (const Record& record : records) ids.emplace(record.header("ce_id"));
  return ids;
}

Tenants still(const std::vector<std::string>& vendors, const std::string& more = "") {
  return {.vendors = vendors, .like = "\"history\":300,\"history_span\":\"72h\",\"rate\":0" + more};
}

TEST(Verify, FindsAllThereOfEveryVendorDeadLettersIncluded) {
  Verifying world(still(all_vendors, ",\"flaw_share\":0.1"));
  // Its ids tell the time of events that have none.
  world.control("{\"vendor\":\"floqast\",\"set\":{\"flaw_share\":0}}");
  world.poll();
  for (const std::string& vendor : all_vendors) {
    const Finished text = world.verify({}, vendor);
    EXPECT_EQ(text.status, 0) << text.out << text.err;
    EXPECT_THAT(text.out, AllOf(HasSubstr("all there"), HasSubstr("missing: 0"), HasSubstr("altered: 0")));
    EXPECT_THAT(text.err, Not(HasSubstr("\r"))) << "no progress where nobody looks";

    const YAML::Node report = world.report({}, vendor);
    const std::set<std::string> ids = world.true_ids(report, vendor);
    EXPECT_GT(ids.size(), 100u) << vendor;
    EXPECT_TRUE(report["ok"].as<bool>());
    EXPECT_EQ(report["source"].as<std::string>(), World::source(vendor));
    EXPECT_EQ(report["vendor"].as<std::string>(), vendor);
    EXPECT_EQ(report["matching"].as<std::size_t>(), ids.size()) << vendor;
    EXPECT_EQ(report["topic_events"].as<std::size_t>(), ids.size()) << vendor;
    EXPECT_EQ(report["dead_lettered"].as<int>() > 0, vendor != "floqast");
    EXPECT_EQ(report["vendor_events"].as<int>(),
              report["matching"].as<int>() + report["dead_lettered"].as<int>());
    for (const char* kind :
         {"missing", "republished", "duplicated", "altered", "unexpected", "undated", "repaired"})
      EXPECT_EQ(report[kind].as<int>(), 0) << vendor << " " << kind;
    EXPECT_EQ(report["ids_sha256"]["vendor"].as<std::string>(), world.digest(ids)) << vendor;
    EXPECT_EQ(report["ids_sha256"]["topic"].as<std::string>(), world.digest(ids)) << vendor;
    EXPECT_THAT(run_to_end({auditstream_binary(), "--version"}).out,
                AllOf(HasSubstr(report["tool"]["version"].as<std::string>()),
                      HasSubstr(report["tool"]["commit"].as<std::string>())));
    EXPECT_TRUE(parse_rfc3339(report["at"].as<std::string>()).ok());
  }
}

TEST(Verify, TellsMissingDuplicatedAlteredAndUnexpectedApartAndRepairsWhatIsMissing) {
  Verifying world(still({"tines"}));
  world.poll();
  std::set<std::string> all, missing, duplicated, altered;
  std::string foreign;
  world.rewrite([&](std::vector<Record>& records) {
    all = ids_of(records);
    std::ranges::sort(records, {},
                      [](const Record& record) { return std::string(record.header("ce_time")); });
    for (std::size_t i = 0; i < 5; ++i) {
      missing.emplace(records[10 * i].header("ce_id"));
      duplicated.emplace(records[10 * i + 1].header("ce_id"));
      altered.emplace(records[10 * i + 2].header("ce_id"));
      records.push_back(records[10 * i + 1]);
      *records[10 * i + 2].value += " ";
    }
    Record unexpected = records[50];
    for (auto& [name, value] : unexpected.headers) {
      if (name == "ce_id") value = "not-the-vendors";
    }
    Record other = unexpected;
    for (auto& [name, value] : other.headers) {
      if (name == "ce_source") value = "urn:auditstream:tines:acme-other";
    }
    records.push_back(unexpected);
    records.push_back(other);
    std::erase_if(
        records, [&](const Record& record) { return missing.contains(std::string(record.header("ce_id"))); });
  });
  const std::vector<Record> before = read_topic(world.bootstrap(), world.topic());

  const Finished text = world.verify();
  EXPECT_EQ(text.status, exit_problem) << text.out << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("missing: 5"), HasSubstr("duplicated: 5"), HasSubstr("altered: 5"),
                              HasSubstr("unexpected: 1, e.g. not-the-vendors"), HasSubstr("--repair"),
                              Not(HasSubstr("all there"))));
  const YAML::Node report = world.report();
  const auto examples = [&](const char* kind) {
    const auto ids = report["examples"][kind].as<std::vector<std::string>>();
    return std::set<std::string>(ids.begin(), ids.end());
  };
  EXPECT_EQ(examples("missing"), missing);
  EXPECT_EQ(examples("duplicated"), duplicated);
  EXPECT_EQ(examples("altered"), altered);
  EXPECT_FALSE(report["ok"].as<bool>());
  const std::set<std::string> true_ids = world.true_ids(report);
  EXPECT_EQ(report["ids_sha256"]["vendor"].as<std::string>(), world.digest(true_ids));
  std::set<std::string> in_topic = true_ids;
  for (const std::string& id : missing) in_topic.erase(id);
  in_topic.insert("not-the-vendors");
  EXPECT_EQ(report["ids_sha256"]["topic"].as<std::string>(), world.digest(in_topic));
  EXPECT_EQ(read_topic(world.bootstrap(), world.topic()).size(), before.size()) << "it only looks";

  const std::string cursor = YAML::Dump(world.cursor("tines"));
  const YAML::Node repaired = world.report({"--repair"});
  EXPECT_EQ(repaired["missing"].as<int>(), 5);
  EXPECT_EQ(repaired["repaired"].as<int>(), 5);
  EXPECT_FALSE(repaired["ok"].as<bool>()) << "the rest is not for a tool to mend";
  EXPECT_EQ(YAML::Dump(world.cursor("tines")), cursor);
  const Comparison now = world.compare_with_topic("tines");
  EXPECT_EQ(now.missing, 0u);
  EXPECT_EQ(now.duplicated, 5u);
  std::size_t seen = 0;
  for (const Record& record : read_topic(world.bootstrap(), world.topic())) {
    const std::string id(record.header("ce_id"));
    EXPECT_EQ(record.header("auditstream_repaired").empty(), !missing.contains(id));
    if (!missing.contains(id)) continue;
    ++seen;
    EXPECT_TRUE(parse_rfc3339(record.header("auditstream_repaired")).ok());
    EXPECT_EQ(record.key, id);
    EXPECT_EQ(record.header("ce_source"), "urn:auditstream:tines:acme-tines");
    EXPECT_EQ(record.header("ce_specversion"), "1.0");
    EXPECT_EQ(record.header("ce_type"), "auditstream.tines.event");
    EXPECT_EQ(record.header("content-type"), "application/json");
    const Time time = *parse_rfc3339(record.header("ce_time"));
    EXPECT_EQ(record.timestamp_ms, time.time_since_epoch() / 1ms);
  }
  EXPECT_EQ(seen, 5u);
}

TEST(Verify, RepairsALostTopicOfALiveConnectorUnderLoad) {
  Verifying world({.vendors = {"tines"}, .like = "\"history\":25000,\"history_span\":\"720h\",\"rate\":50"});
  {
    const auto run = world.start();
    world.until_up_to_date();
    drain(*run);
  }
  delete_topic(world.bootstrap(), world.topic());
  const auto run = world.start();  // makes the topic anew and goes on behind what was lost
  world.until_polled();
  EXPECT_EQ(world.verify().status, exit_problem);
  const YAML::Node repaired = world.report({"--repair"});
  EXPECT_TRUE(repaired["ok"].as<bool>()) << YAML::Dump(repaired);
  EXPECT_GT(repaired["missing"].as<int>(), 20'000) << "more than two transactions";
  EXPECT_EQ(repaired["repaired"].as<int>(), repaired["missing"].as<int>());
  // Not up to now: of the lost ones some settle only now.
  const std::string compared_to = repaired["compared"]["to"].as<std::string>();
  const auto compare_again = [&](std::vector<std::string> options) {
    options.insert(options.begin(),
                   {"verify", "acme-tines", "--from", past, "--to", compared_to, "--allow-cut"});
    return world.auditstream(options, 120s);
  };
  const Finished again = compare_again({"--repair", "--yes"});
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_THAT(again.out, AllOf(HasSubstr("missing: 0"), HasSubstr("duplicated: 0")));
  const auto asked = world.requests("tines");
  until("the owner goes on", 30s, [&] { return world.requests("tines") > asked + 2; });
  world.stop_production();
  world.until_polled();
  drain(*run);
  const Comparison now = world.compare_with_topic("tines");
  EXPECT_EQ(now.duplicated + now.altered + now.unknown, 0u) << ::testing::PrintToString(now.examples);
  const Finished last = compare_again({});
  EXPECT_EQ(last.status, 0) << last.out << last.err;
}

TEST(Verify, RepairsKilledAnywhereAndRunAgainPublishNothingTwice) {
  Verifying world({.vendors = {"tines"}, .like = "\"history\":12000,\"history_span\":\"720h\",\"rate\":10"});
  {
    const auto run = world.start();
    world.until_up_to_date();
    drain(*run);
  }
  delete_topic(world.bootstrap(), world.topic());
  const auto run = world.start();
  world.until_polled();
  const auto marked = [&](TopicReader& offsets) {
    const std::optional<Record> record = offsets.next(20ms);
    return record && record->key == "__owner" && record->value->find("\"verify-") != std::string::npos;
  };
  int killed = 0;
  for (bool finished = false; !finished; ++killed) {
    ASSERT_LT(killed, 60);
    TopicReader offsets(world.bootstrap(), {world.offsets_topic()});
    offsets.rest(30s);
    const auto tool = world.start(
        {"verify", "acme-tines", "--from", past, "--to", present, "--allow-cut", "--repair", "--yes"});
    until("it has fenced the owner", 60s, [&] { return marked(offsets) || !tool->running(); });
    let_pass(10ms * killed * (1 + killed / 10));  // a busy machine needs longer until one comes to its end
    tool->signal(SIGKILL);
    const int status = tool->wait(30s);
    ASSERT_THAT(status, AnyOf(0, 128 + SIGKILL)) << tool->err();
    finished = status == 0;
  }
  EXPECT_GT(killed, 1) << "at least the first before its end";
  const YAML::Node last = world.report({"--repair"});
  EXPECT_TRUE(last["ok"].as<bool>()) << YAML::Dump(last);
  world.stop_production();
  world.until_polled();
  drain(*run);
  const Comparison now = world.compare_with_topic("tines");
  EXPECT_EQ(now.duplicated + now.altered + now.unknown, 0u) << ::testing::PrintToString(now.examples);
  const Finished all = world.auditstream({"verify", "acme-tines", "--from", past, "--to",
                                          last["compared"]["to"].as<std::string>(), "--allow-cut"});
  EXPECT_EQ(all.status, 0) << all.out << all.err;
}

// Two at the same time fence each other, too.
TEST(Verify, RepairsAtTheSameTimePublishNothingTwice) {
  Verifying world({.vendors = {"tines"}, .like = "\"history\":25000,\"history_span\":\"720h\",\"rate\":0"});
  world.poll();
  delete_topic(world.bootstrap(), world.topic());
  const std::vector<std::string> repair{"verify", "acme-tines",  "--from",   past,   "--to",
                                        present,  "--allow-cut", "--repair", "--yes"};
  const auto one = world.start(repair);
  const auto other = world.start(repair);
  EXPECT_THAT(one->wait(120s), AnyOf(0, exit_unavailable)) << one->err();
  EXPECT_THAT(other->wait(120s), AnyOf(0, exit_unavailable)) << other->err();
  EXPECT_EQ(world.verify({"--repair"}).status, 0);
  EXPECT_EQ(world.compare_with_topic("tines").duplicated, 0u);
}

// An instance that joins, and one that was killed: each rebalance takes the shard from the tool, or from its
// owner.
TEST(Verify, RepairsWhileInstancesComeAndGo) {
  Verifying world({.vendors = {"tines"}, .like = "\"history\":25000,\"history_span\":\"720h\",\"rate\":10"});
  world.config["kafka"].remove("group.instance.id");
  {
    const auto run = world.start();
    world.until_up_to_date();
    drain(*run);
  }
  delete_topic(world.bootstrap(), world.topic());
  const auto one = world.start();
  world.until_polled();
  const auto two = world.start();
  const Finished joining = world.verify({"--repair"});
  EXPECT_THAT(joining.status, AnyOf(0, exit_unavailable)) << joining.out << joining.err;
  until("it is at work", 60s, [&] { return two->err().find("code=started") != std::string::npos; });
  kill_at_once(*two);
  const Finished leaving = world.verify({"--repair"});
  EXPECT_THAT(leaving.status, AnyOf(0, exit_unavailable)) << leaving.out << leaving.err;
  const Finished after = world.verify({"--repair"});
  EXPECT_EQ(after.status, 0) << after.out << after.err;
  world.stop_production();
  world.until_polled();
  drain(*one);
  const Comparison now = world.compare_with_topic("tines");
  EXPECT_EQ(now.duplicated + now.altered + now.unknown, 0u) << ::testing::PrintToString(now.examples);
}

// Its record has the time at which it was published, days before its own.
TEST(Verify, FindsAnEventThatWasDatedAheadWhereverItsRecordLies) {
  Verifying world(still({"tines"}));
  world.poll();
  world.rewrite([](std::vector<Record>& records) {
    for (Record& record : records) record.timestamp_ms -= 40 * 24 * 3'600'000LL;
  });
  const Finished found = world.verify({"--repair"});
  EXPECT_EQ(found.status, 0) << found.out;
  EXPECT_THAT(found.out, AllOf(HasSubstr("missing: 0"), HasSubstr("duplicated: 0")));
  const YAML::Node report = world.report();
  EXPECT_EQ(report["ids_sha256"]["topic"].as<std::string>(),
            report["ids_sha256"]["vendor"].as<std::string>());
}

// What an operator has had published again is told from what must not happen.
TEST(Verify, KnowsWhatWasPublishedAgainByCursorsSetAndReset) {
  Verifying world(still({"tines"}));
  world.poll();
  const std::size_t all = world.records();
  const auto again = [&](std::vector<std::string> words, std::size_t records) {
    words.insert(words.begin() + 2, "acme-tines");
    words.emplace_back("--yes");
    const Finished edit = world.auditstream(words);
    ASSERT_EQ(edit.status, 0) << edit.err;
    const auto run = world.start();
    until("it is published again", 60s, [&] { return world.records() >= records; });
    world.until_polled();
    drain(*run);
    ASSERT_EQ(world.records(), records);
  };
  const Time since = floor_second(*parse_rfc3339(world.cursor("tines")["watermark"].as<std::string>()) - 6h);
  const std::size_t more = std::ranges::count_if(
      read_topic(world.bootstrap(), world.topic()),
      [&](const Record& record) { return *parse_rfc3339(record.header("ce_time")) >= since; });
  again({"cursors", "set", "--to", format_rfc3339(since)}, all + more);
  again({"cursors", "reset"}, all + more + all);
  const Finished text = world.verify();
  EXPECT_EQ(text.status, 0) << text.out << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("duplicated: 0"), HasSubstr(" of them republished (cursors set, reset)"),
                    HasSubstr("all there"), Not(HasSubstr("please report"))));
  const YAML::Node report = world.report();
  EXPECT_GE(report["republished"].as<std::size_t>(), all) << "less what is not settled yet";
  EXPECT_EQ(report["topic_events"].as<int>(),
            report["vendor_events"].as<int>() + report["republished"].as<int>());

  // A record that has really come twice is still one, whichever of the lives it comes of.
  std::vector<Record> records = read_topic(world.bootstrap(), world.topic());
  std::map<std::string, int> copies;
  for (const Record& record : records) copies[std::string(record.header("auditstream_generation"))]++;
  EXPECT_THAT(copies, ElementsAre(Pair("1", all), Pair("2", more), Pair("3", all)));
  std::ranges::sort(records, {}, [](const Record& record) { return std::string(record.header("ce_time")); });
  write_records(world.bootstrap(), {records.front(), records[1]});
  const YAML::Node twice = world.report();
  EXPECT_EQ(twice["duplicated"].as<int>(), 2);
  EXPECT_EQ(twice["republished"].as<int>(), report["republished"].as<int>());
  EXPECT_FALSE(twice["ok"].as<bool>());
}

TEST(Verify, RepairAsksBeforeItPublishes) {
  Verifying world(still({"tines"}));
  world.poll();
  world.rewrite([&](std::vector<Record>& records) {
    std::ranges::sort(records, {},
                      [](const Record& record) { return std::string(record.header("ce_time")); });
    records.erase(records.begin() + 10, records.begin() + 15);
  });
  const std::size_t before = world.records();
  const std::vector<std::string> repair{"verify", "acme-tines", "--from",      past,
                                        "--to",   present,      "--allow-cut", "--repair"};
  std::string words;
  for (const std::string& word : world.command(repair)) words += "'" + word + "' ";
  const Finished pipe = run_to_end({"sh", "-c", words + "</dev/null"});
  EXPECT_EQ(pipe.status, exit_usage);
  EXPECT_THAT(pipe.err, HasSubstr("--yes"));
  EXPECT_EQ(pipe.out, "") << "before anything is read";

  std::vector<std::string> dry = repair;
  dry.insert(dry.end(), {"--dry-run", "--json"});
  const Finished looked = world.auditstream(dry);
  EXPECT_EQ(looked.status, exit_problem) << looked.err;
  EXPECT_EQ(YAML::Load(looked.out)["missing"].as<int>(), 5);
  EXPECT_EQ(YAML::Load(looked.out)["repaired"].as<int>(), 0);
  EXPECT_TRUE(YAML::Load(looked.out)["dry_run"].as<bool>());

  const auto answer = [&](const std::string& text) {
    return run_to_end({"sh", "-c", "printf '" + text + "\\n' | script -qec \"$0\" /dev/null", words});
  };
  const Finished no = answer("n");
  EXPECT_EQ(no.status, exit_problem);
  EXPECT_THAT(no.out, AllOf(HasSubstr("publishes 5 events of acme-tines"), HasSubstr("Go on? [y/N]"),
                            HasSubstr("nothing has changed")));
  EXPECT_EQ(world.records(), before);
  EXPECT_EQ(world.auditstream({"verify", "acme-tines", "--from", past, "--to", present, "--yes"}).status,
            exit_usage)
      << "of --repair only";
  const Finished yes = answer("y");
  EXPECT_EQ(yes.status, 0) << yes.out;
  EXPECT_THAT(yes.out, HasSubstr("missing: 5, repaired: 5"));
  EXPECT_EQ(world.records(), before + 5);
}

TEST(Verify, SaysWhatItCantCompareAndWhy) {
  Verifying world(still({"tines"}));
  world.poll();
  const YAML::Node cursor = world.cursor("tines");
  const YAML::Node whole = world.report();
  EXPECT_EQ(whole["compared"]["from"].as<std::string>(), cursor["since"].as<std::string>());
  const Time watermark = *parse_rfc3339(cursor["watermark"].as<std::string>());
  const Time floor = *parse_rfc3339(cursor["floor"]["time"].as<std::string>());
  EXPECT_EQ(whole["compared"]["to"].as<std::string>(), format_rfc3339(std::min(watermark - 10min, floor)));
  ASSERT_EQ(whole["clamped"].size(), 2u);
  EXPECT_THAT(whole["clamped"][0].as<std::string>(), AllOf(StartsWith("not compared: "), HasSubstr("since")));
  EXPECT_THAT(whole["clamped"][1].as<std::string>(), HasSubstr("watermark"));
  EXPECT_THAT(world.verify().out, HasSubstr("may still be on its way"));
  EXPECT_TRUE(whole["ok"].as<bool>());
  // Nobody who has not said so takes a part for the whole.
  const Finished cut = world.auditstream({"verify", "acme-tines", "--from", past, "--to", present});
  EXPECT_EQ(cut.status, exit_problem);
  EXPECT_THAT(cut.out, AllOf(HasSubstr("not compared: "), HasSubstr("missing: 0"), HasSubstr("--allow-cut"),
                             HasSubstr("all there, as far as it was compared")));
  const Finished document =
      world.auditstream({"verify", "acme-tines", "--from", past, "--to", present, "--json"});
  EXPECT_EQ(document.status, exit_problem);
  EXPECT_FALSE(YAML::Load(document.out)["ok"].as<bool>());

  const std::string settled = format_rfc3339(floor_second(watermark - 1h));
  const Finished exact = world.auditstream(
      {"verify", "acme-tines", "--from", format_rfc3339(watermark - 48h), "--to", settled, "--json"});
  EXPECT_EQ(exact.status, 0) << exact.err;
  EXPECT_EQ(YAML::Load(exact.out)["clamped"].size(), 0u);
  EXPECT_EQ(YAML::Load(exact.out)["compared"]["to"].as<std::string>(), settled);

  const Finished none = world.auditstream({"verify", "acme-tines", "--from", "-1s", "--to", "-0s"});
  EXPECT_EQ(none.status, exit_problem);
  EXPECT_THAT(none.err, AllOf(HasSubstr("not compared: "), HasSubstr("so nothing of that range can be")));
  EXPECT_EQ(none.out, "");
  const Finished nothing =
      world.auditstream({"verify", "acme-tines", "--from", "-1s", "--to", "-0s", "--allow-cut", "--json"});
  EXPECT_EQ(nothing.status, exit_problem) << "what nothing was compared of is not all there";
  const YAML::Node empty = YAML::Load(nothing.out);
  EXPECT_FALSE(empty["ok"].as<bool>());
  EXPECT_TRUE(empty["compared"].IsNull());
  EXPECT_THAT(empty["clamped"][0].as<std::string>(), StartsWith("not compared: "));

  // What Kafka has deleted is not missing, and is not published again.
  delete_records(world.bootstrap(), world.topic(), 0, 60);
  const YAML::Node kept = world.report({"--repair"});
  EXPECT_TRUE(kept["ok"].as<bool>()) << YAML::Dump(kept);
  EXPECT_GT(kept["compared"]["from"].as<std::string>(), cursor["since"].as<std::string>());
  EXPECT_THAT(kept["clamped"][0].as<std::string>(), HasSubstr("no longer has what came before"));
  delete_records(world.bootstrap(), world.topic(), 1, log_end(world.bootstrap(), world.topic(), 1));
  const Finished gone = world.verify({"--repair"});
  EXPECT_EQ(gone.status, exit_problem);
  EXPECT_THAT(gone.err, AllOf(HasSubstr("not compared: "), HasSubstr("topic " + world.topic())));
}

TEST(Verify, TellsWhatIsWrongWithWhatItWasGiven) {
  Verifying world(still({"tines"}));
  const Finished early = world.verify();
  EXPECT_EQ(early.status, exit_problem);
  EXPECT_THAT(early.err, AllOf(HasSubstr("no cursor of \"acme-tines\""), HasSubstr("auditstream run")));
  EXPECT_EQ(early.out, "");

  const auto wrong = [&](const std::string& source, const std::string& from, const std::string& to) {
    const Finished finished = world.auditstream({"verify", source, "--from", from, "--to", to});
    EXPECT_EQ(finished.status, exit_usage) << finished.out;
    return finished.err;
  };
  EXPECT_THAT(wrong("acme-tine", "-2d", "-1d"), HasSubstr("did you mean \"acme-tines\"?"));
  EXPECT_THAT(wrong("acme-tines", "-2d", "2999-01-01T00:00:00Z"),
              AllOf(HasSubstr("--to"), HasSubstr("future")));
  EXPECT_THAT(wrong("acme-tines", "2999-01-01T00:00:00Z", "-1d"), HasSubstr("--from"));
  EXPECT_THAT(wrong("acme-tines", "-1d", "-2d"), HasSubstr("is not before --to"));
  EXPECT_THAT(wrong("acme-tines", "-1d", "-1d"), HasSubstr("is not before --to"));
  EXPECT_THAT(wrong("acme-tines", "yesterday", "-1d"), HasSubstr("--from"));
  EXPECT_THAT(wrong("acme-tines", "-1d", "-5"), HasSubstr("--to"));
  EXPECT_EQ(world.auditstream({"verify", "acme-tines", "--from", "-1d"}).status, exit_usage);

  world.poll();
  world.source_config("tines")["account"] = "another";
  const Finished moved = world.verify();
  EXPECT_EQ(moved.status, exit_problem);
  EXPECT_THAT(moved.err, HasSubstr("cursors move acme-tines"));
  world.source_config("tines").remove("account");

  const auto key = world.source_config("tines")["api_key"].as<std::string>();
  world.source_config("tines")["api_key"] = "not-the-key";
  const Finished refused = world.verify();
  EXPECT_EQ(refused.status, exit_problem) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("api_key"));
  world.source_config("tines")["api_key"] = key;
  // The discard port: nothing listens.
  world.source_config("tines")["base_url"] = "http://127.0.0.1:9";
  EXPECT_THAT(world.verify().err, HasSubstr("belongs to another log"));
  EXPECT_EQ(world.auditstream({"cursors", "move", "acme-tines", "--yes"}).status, 0);
  const Finished unreachable = world.verify();
  EXPECT_EQ(unreachable.status, exit_unavailable) << unreachable.err;
  EXPECT_EQ(unreachable.out, "") << "half a comparison is none";
  world.config["offsets"]["partitions"] = 5;
  EXPECT_EQ(world.verify().status, exit_config);
  world.config["offsets"]["partitions"] = 3;
  world.config["kafka"]["bootstrap.servers"] = "127.0.0.1:9";
  const Finished kafka = world.verify();
  EXPECT_EQ(kafka.status, exit_unavailable);
  EXPECT_THAT(kafka.err, HasSubstr("127.0.0.1:9"));
  world.config["offsets"]["partitions"] = "many";
  EXPECT_EQ(world.verify().status, exit_config);
}

}  // namespace
}  // namespace auditstream::test
