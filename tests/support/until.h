// Waiting for a condition, with a deadline: what tests of running processes do instead of sleeping.
#pragma once

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace auditstream::test {

using namespace std::chrono_literals;

// Asks until the answer is true, or holds a value, and returns it. Throws after `patience`: then `what` did
// not happen. Between two questions it pauses for several times as long as one takes, so that asking doesn't
// slow down what is waited for.
template <class Condition>
auto until(const std::string& what, std::chrono::milliseconds patience, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto asked = std::chrono::steady_clock::now();
    if (auto answer = condition()) return answer;
    const auto now = std::chrono::steady_clock::now();
    if (now > deadline) throw std::runtime_error("waited in vain: " + what);
    std::this_thread::sleep_for(
        std::clamp<std::chrono::steady_clock::duration>(4 * (now - asked), 20ms, 250ms));
  }
}

// Lets other processes run on for a moment that is part of the experiment, not a wait for something.
inline void let_pass(std::chrono::milliseconds moment) { std::this_thread::sleep_for(moment); }

}  // namespace auditstream::test
