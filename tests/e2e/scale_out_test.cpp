// Several instances with the same config: they share the sources, take over from each other, and nothing is
// published twice whoever dies, stops or comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "auditstream/json.h"
#include "core/cursor.h"
#include "e2e/world.h"

namespace auditstream::test {
namespace {

// More partitions than instances, and each instance a member of its own.
struct Crowd : World {
  explicit Crowd(const Tenants& tenants = busy_tenants()) : World(tenants) {
    config["offsets"]["partitions"] = 8;
    config["kafka"].remove("group.instance.id");
  }
  // Who has opened each partition last, as the offsets topic tells.
  std::map<int, std::string> owners() const {
    std::map<int, std::string> owners;
    for (const Record& record : read_topic(bootstrap(), offsets_topic())) {
      if (record.key == core::owner_key) {
        owners[record.partition] = json::scalar_at(record.value.value_or(""), "/instance").value_or("");
      }
    }
    return owners;
  }
  std::set<std::string> owning() const {
    std::set<std::string> names;
    for (const auto& [partition, name] : owners()) names.insert(name);
    return names;
  }
  // Two instances that share the sources and have read all there is.
  std::pair<std::unique_ptr<Child>, std::unique_ptr<Child>> start_two();
};

std::string suffix(const Child& run) { return "-" + std::to_string(run.pid()); }

bool all_of(const std::set<std::string>& owners, const Child& run) {
  return std::ranges::all_of(owners, [&](const std::string& owner) { return owner.ends_with(suffix(run)); });
}

bool some_of(const std::set<std::string>& owners, const Child& run) {
  return std::ranges::any_of(owners, [&](const std::string& owner) { return owner.ends_with(suffix(run)); });
}

std::pair<std::unique_ptr<Child>, std::unique_ptr<Child>> Crowd::start_two() {
  auto one = start();
  auto two = start();
  until("both have partitions", 60s, [&] { return some_of(owning(), *one) && some_of(owning(), *two); });
  until_up_to_date();
  return {std::move(one), std::move(two)};
}

TEST(ScaleOut, TwoShareTheSourcesAndThirdTakesItsPart) {
  Crowd world;
  const auto one = world.start();
  world.until_up_to_date();
  const auto two = world.start();
  until("the second has partitions", 60s, [&] { return some_of(world.owning(), *two); });
  EXPECT_TRUE(some_of(world.owning(), *one)) << "the first keeps some";
  const auto three = world.start();
  until("the third has partitions", 60s, [&] { return some_of(world.owning(), *three); });
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
  for (const auto* run : {&one, &two, &three}) drain(**run);
}

TEST(ScaleOut, AKilledInstancesSourcesGoOnElsewhere) {
  Crowd world;
  auto [one, two] = world.start_two();
  kill_at_once(*one);
  until("the other has all", 60s, [&] { return all_of(world.owning(), *two); });
  world.until_up_to_date();
  one = world.start();
  until("it comes back", 60s, [&] { return some_of(world.owning(), *one); });
  world.stop_production();
  world.expect_exactly_once();
}

TEST(ScaleOut, AnInstanceThatEndsInOrderHandsOver) {
  Crowd world;
  const auto [one, two] = world.start_two();
  drain(*one);
  until("the other has all", 60s, [&] { return all_of(world.owning(), *two); });
  world.until_up_to_date();
  world.stop_production();
  world.expect_exactly_once();
}

TEST(ScaleOut, AZombieCommitsNothingAndLivesOn) {
  Crowd world;
  const auto [one, two] = world.start_two();
  one->signal(SIGSTOP);
  until("the other has all", 60s, [&] { return all_of(world.owning(), *two); });
  world.until_up_to_date();
  one->signal(SIGCONT);
  until("it has its part again", 60s, [&] { return some_of(world.owning(), *one); });
  world.until_up_to_date();
  EXPECT_TRUE(one->running());
  world.stop_production();
  world.expect_exactly_once();
  drain(*one);
}

// Whoever takes over knows nothing of what its predecessor has just asked.
TEST(ScaleOut, HandoversDoNotOverflowTheVendorsBudgets) {
  Crowd world({.like = "\"history\":20000,\"history_span\":\"72h\",\"rate\":1,"
                       "\"rate_limit\":[{\"count\":100,\"period\":\"5s\"}]",
               .limited = true});
  for (const std::string& vendor : world.vendors()) {
    YAML::Node source = world.source_config(vendor);
    source["page_size"] = 10;
    // Half a second of requests less than the vendor's: a busy machine makes a vendor late, too. A budget
    // that began anew with each handover would be far above both.
    source["rate_limit"] = "90/5s";
  }
  auto one = world.start();
  auto two = world.start();
  const auto hand_over = [&](std::unique_ptr<Child>& from, const Child& to, auto end) {
    until("both have partitions", 60s,
          [&] { return some_of(world.owning(), *from) && some_of(world.owning(), to); });
    end(*from);
    until("the other has all", 60s, [&] { return all_of(world.owning(), to); });
    from = world.start();
  };
  const auto in_order = [](Child& run) { drain(run); };
  hand_over(one, *two, in_order);
  hand_over(two, *one, kill_at_once);
  hand_over(one, *two, in_order);
  for (const YAML::Node& tenant : YAML::Load(world.stats())) {  // JSON is YAML
    EXPECT_EQ(tenant["violations"].as<int>(), 0);
    EXPECT_GT(tenant["requests"].as<int>(), 60) << "the budget was in use";
  }
}

}  // namespace
}  // namespace auditstream::test
