// Waiting for a condition, with a deadline: what tests of running processes do instead of sleeping.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace auditstream::test {

using namespace std::chrono_literals;

// Asks until the answer is true, or holds a value, and returns it. Throws after `patience`: then `what` did
// not happen.
template <class Condition>
auto until(const std::string& what, std::chrono::milliseconds patience, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (auto answer = condition()) return answer;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("waited in vain: " + what);
    std::this_thread::sleep_for(20ms);
  }
}

// Lets other processes run on for a moment that is part of the experiment, not a wait for something.
inline void let_pass(std::chrono::milliseconds moment) { std::this_thread::sleep_for(moment); }

}  // namespace auditstream::test
