// Exactly once, whatever happens: the product's decisions against simulated vendors, a simulated group and a
// simulated Kafka, one seed at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "base/hash.h"
#include "sim/soak.h"
#include "sim/universe.h"

namespace auditstream::sim {
namespace {

constexpr std::size_t failures_printed = 10;
constexpr std::uint64_t enough_for_everything = 100;  // seeds: to have something of everything

// Lives one seed; false if an invariant was broken, with everything needed to see it again.
bool holds(std::uint64_t seed, Tally& sum) {
  const Scenario scenario = draw_scenario(seed, soak().vendor);
  const Verdict verdict = live(scenario, soak().digests);
  sum.add(verdict.tally);
  if (soak().digests) {
    std::string text;
    for (const std::string& line : verdict.story) text += line + "\n";
    std::cout << "seed " << seed << " " << hash_hex(text) << "\n";
  }
  if (verdict.failures.empty()) return true;
  std::cerr << "seed " << seed << " failed; again with: sim_tests --seeds 1 --from " << seed;
  if (soak().vendor != nullptr) std::cerr << " --vendor " << soak().vendor->name();
  std::cerr << " [--told LINES]\n";
  for (std::size_t i = 0; i < std::min(verdict.failures.size(), failures_printed); ++i)
    std::cerr << "  " << verdict.failures[i] << "\n";
  const std::vector<std::string> story = live(scenario, true).story;
  std::cerr << describe(scenario) << "the end of its story:\n";
  for (std::size_t i = story.size() - std::min<std::size_t>(story.size(), soak().told); i < story.size(); ++i)
    std::cerr << "  " << story[i] << "\n";
  return false;
}

std::string words(const Tally& tally) {
  const auto& [committed, refused, fenced, lost] = tally.commits;
  const std::pair<std::uint64_t, const char*> counts[] = {
      {tally.kills, "kills"},
      {tally.kills_of_owners, "of them of owners"},
      {tally.kills_in_commits, "within transactions"},
      {tally.stops, "stops"},
      {tally.drains, "drains"},
      {tally.flaps, "membership flaps"},
      {tally.rebalances, "rebalances"},
      {tally.fences, "fences"},
      {tally.foreign_openers, "foreign openers"},
      {tally.reloads, "reloads"},
      {tally.sets, "cursors set"},
      {tally.resets, "reset"},
      {tally.opens_failed, "failed opens"},
      {tally.outages, "outages"},
      {tally.clock_steps, "clock steps"},
      {committed, "commits"},
      {refused, "refused"},
      {fenced, "fenced"},
      {lost, "lost"},
      {tally.published, "events"},
      {tally.heartbeats, "heartbeats"},
      {tally.histories, "histories"},
      {tally.histories_over, "of them read"},
      {tally.requests, "requests"},
      {tally.requests_of_fenced, "of them by owners already fenced"},
  };
  std::string text;
  for (const auto& [count, what] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  return text;
}

TEST(ExactlyOnce, HoldsForEverySeed) {
  Tally sum;
  int failed = 0;
  std::uint64_t seed = soak().from;
  for (; seed < soak().from + soak().seeds && failed < 3; ++seed) {
    if (!holds(seed, sum)) ++failed;
  }
  std::cout << seed - soak().from << " seeds from " << soak().from << ": " << words(sum) << "\n";
  EXPECT_EQ(failed, 0);
  if (soak().seeds < enough_for_everything) return;
  EXPECT_GT(sum.published, 0u);
  EXPECT_GT(sum.heartbeats, 0u);
  EXPECT_GT(sum.histories_over, 0u);
  EXPECT_GT(sum.sets, 0u);
  EXPECT_GT(sum.resets, 0u);
}

TEST(ExactlyOnce, TheSameSeedIsTheSameStory) {
  for (const std::uint64_t seed : {7, 8, 9}) {
    const Verdict first = live(draw_scenario(seed), true);
    const Verdict second = live(draw_scenario(seed), true);
    EXPECT_EQ(first.story, second.story);
    EXPECT_EQ(first.tally.published, live(draw_scenario(seed)).tally.published) << "untold";
  }
}

}  // namespace
}  // namespace auditstream::sim
