// chaos: everything goes wrong for a while, and not one event may be missing or come twice in the end.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <future>
#include <latch>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "chaos/arena.h"
#include "chaos/plan.h"
#include "support/until.h"

namespace {

using namespace auditstream;
using namespace auditstream::chaos;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto settle_patience = 180s;

// Says what happens as it happens, and counts it. Any thread.
class Chronicle {
 public:
  void note(const Fault& fault) {
    const std::lock_guard lock(mutex_);
    ++counts_[fault.kind];
    const double at = std::chrono::duration<double>(Clock::now() - start_).count();
    std::printf("%7.1f s  %-22s number %d, for %.1f s\n", at, name_of(fault.kind), fault.target,
                std::chrono::duration<double>(fault.lasts).count());
    std::fflush(stdout);
  }
  void print_table(std::uint64_t http_faults) const {
    std::uint64_t total = 0;
    std::printf("\n%-24s %10s\n", "fault", "times");
    for (const auto& [kind, count] : counts_) {
      std::printf("%-24s %10llu\n", name_of(kind), static_cast<unsigned long long>(count));
      total += count;
    }
    std::printf("%-24s %10llu\n", "all", static_cast<unsigned long long>(total));
    std::printf("%-24s %10llu\n\n", "beside spoiled answers", static_cast<unsigned long long>(http_faults));
  }

 private:
  const Clock::time_point start_ = Clock::now();

  std::mutex mutex_;
  std::map<Kind, std::uint64_t> counts_;  // protected by mutex_
};

void suffer(Victim victim, Plan plan, Clock::time_point end, Arena& arena, Chronicle& chronicle) {
  if (victim < Victim::brokers) arena.start_instance(1 + static_cast<int>(victim));
  while (true) {
    const Fault fault = plan.next();
    if (Clock::now() + fault.pause >= end) {
      test::let_pass(std::chrono::floor<std::chrono::milliseconds>(end - Clock::now()));
      return;
    }
    test::let_pass(fault.pause);
    chronicle.note(fault);
    arena.suffer(fault);
  }
}

int run(const std::filesystem::path& directory, double minutes, std::uint64_t seed,
        double faults_per_minute) {
  Arena arena(directory, seed);
  Chronicle chronicle;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double, std::ratio<60>>(minutes));
  std::latch healed(std::size(victims));
  std::latch over(1);  // the instances end with the threads that have started them
  std::vector<std::future<void>> sufferers;
  for (const Victim victim : victims) {
    sufferers.push_back(std::async(std::launch::async, [&, victim] {
      try {
        suffer(victim, Plan(seed, victim, faults_per_minute), end, arena, chronicle);
      } catch (const std::exception& error) {
        arena.complain(error.what());
      }
      healed.count_down();
      over.wait();
    }));
  }
  healed.wait();
  std::printf("no more faults; waiting until everything has arrived\n");
  std::fflush(stdout);
  bool perfect = false;
  try {
    perfect = arena.settle(settle_patience);
    chronicle.print_table(arena.http_faults());
  } catch (const std::exception& error) {
    arena.complain(error.what());
  }
  over.count_down();
  for (const std::string& complaint : arena.complaints()) std::printf("WRONG: %s\n", complaint.c_str());
  const bool good = perfect && arena.complaints().empty();
  std::printf("%s; once more with --seed %llu\n",
              good ? "each event of every source is in Kafka exactly once" : "NOT as it should be",
              static_cast<unsigned long long>(seed));
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  double minutes = 1;
  std::uint64_t seed = std::random_device()();
  double faults_per_minute = usual_faults_per_minute;
  std::string directory;
  CLI::App app(
      "Three brokers, three instances of auditstream and twenty sources. Instances are killed, stopped and "
      "ended in order, brokers killed and stopped, and vendors answer wrongly, all drawn from one seed. "
      "Then each topic is compared with what the vendors had. Exit 0 only if nothing is missing, duplicated "
      "or altered and no instance has ended by itself.",
      "chaos");
  app.add_option("--minutes", minutes, "how long faults are made")->capture_default_str();
  app.add_option("--seed", seed, "the same faults in the same order; drawn if none is given");
  app.add_option("--faults-per-minute", faults_per_minute, "about so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--keep", directory,
                 "directory in which config, truth and the instances' logs are left, and Kafka's data if "
                 "anything is wrong");
  CLI11_PARSE(app, argc, argv);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  try {
    const test::TemporaryDirectory temporary;
    if (!directory.empty()) std::filesystem::create_directories(directory);
    return run(directory.empty() ? temporary.path() : std::filesystem::path(directory), minutes, seed,
               faults_per_minute);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return 2;
  }
}
