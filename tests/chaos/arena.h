// Arena: three brokers, three instances of auditstream and twenty simulated tenants, and what can be done to
// them. Knows nothing of when.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "chaos/plan.h"
#include "support/child.h"
#include "support/kafka/broker.h"

namespace auditstream::chaos {

class Arena {
 public:
  // Files of the run, and what the instances said, go to `directory`.
  Arena(std::filesystem::path directory, std::uint64_t seed);

  // Returns when it is over and healed. One thread for each victim; a child lives as long as the thread that
  // has started it, so these threads must outlive the arena's use.
  void suffer(const Fault& fault);
  void start_instance(int number);

  // What an instance should not have done, such as ending by itself.
  std::vector<std::string> complaints() const;
  void complain(std::string complaint);

  // Ends the vendors' production, waits until everything has arrived or the patience is over, ends the
  // instances, and prints how the topics compare. False if anything is missing, duplicated or altered.
  bool settle(std::chrono::seconds patience);
  // How many answers of the vendors were spoiled.
  std::uint64_t http_faults();

 private:
  test::Child& instance(int number) { return *instances_.at(static_cast<std::size_t>(number)); }
  void end_instance(int number, int signal, int status);
  void expect_running(int number);
  void keep_words(int number);
  void spoil(int vendor, const std::string& faults);
  // The simulated vendors' answer; with an order it is POSTed.
  std::string ask(const std::string& path, const std::string& order = "");

  const std::filesystem::path directory_;
  test::Brokers brokers_;
  std::unique_ptr<test::Child> simvendors_;
  std::string origin_;
  std::array<std::unique_ptr<test::Child>, 1 + chaos::instances>
      instances_;  // each belongs to its victim's thread

  mutable std::mutex mutex_;
  std::vector<std::string> complaints_;  // protected by mutex_
};

}  // namespace auditstream::chaos
