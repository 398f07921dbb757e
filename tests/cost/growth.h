// How the work grows with what it is given, in steps: the instructions that are executed, those of the
// libraries too, as valgrind counts them. They are the same on every machine, under any load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace auditstream::test {

// Sixteen times as much takes sixteen times as many steps where the work is linear, a little more where it
// sorts, and 256 times as many where it is quadratic.
inline constexpr std::size_t cost_times = 16;
inline constexpr double cost_growth_max = 24;

// The instructions that work executes. Fails the test where the program does not run under valgrind.
std::uint64_t steps(const std::function<void()>& work);

// By how much more work(large) costs than work(small), where one is cost_times the size of the other. What is
// given is made by make(size).
template <class Make, class Work>
double growth(std::size_t small_size, const Make& make, const Work& work) {
  const auto small = make(small_size);
  const auto large = make(small_size * cost_times);
  work(small);  // what is done once only is no part of it
  const std::uint64_t once = steps([&] { work(small); });
  return static_cast<double>(steps([&] { work(large); })) / static_cast<double>(once);
}

// The text over and over again, up to that size.
inline std::string repeated(std::string_view text, std::size_t size) {
  std::string out;
  out.reserve(size + text.size());
  while (out.size() < size) out += text;
  return out;
}

}  // namespace auditstream::test
