// How the work grows with what it is given. No test may ask for seconds, and libraries count no steps: so it
// is the thread's own CPU time, only as a ratio, the least of several runs, and with so much room that a
// machine under load doesn't matter: sixteen times as much takes sixteen times as long where the work is
// linear, and 256 times where it is quadratic.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace auditstream::test {

inline constexpr std::size_t cost_times = 16;
inline constexpr double cost_growth_max = 64;

inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// By how much more work(large) costs than work(small), where one is cost_times the size of the other. What is
// given is made by make(size).
template <class Make, class Work>
double growth(std::size_t small_size, const Make& make, const Work& work) {
  const auto cost = [&](std::size_t size, int runs) {
    const auto given = make(size);
    double least = std::numeric_limits<double>::max();
    for (int i = 0; i < runs; ++i) {
      const double begin = cpu_seconds();
      work(given);
      least = std::min(least, cpu_seconds() - begin);
    }
    return least;
  };
  // Less than this is measured badly, and grows to nothing that matters.
  constexpr double measurable = 20e-6;
  double least = std::numeric_limits<double>::max();
  for (int rounds = 0; rounds < 5 && least > cost_growth_max / 2; ++rounds)
    least = std::min(least, cost(small_size * cost_times, 2) / std::max(cost(small_size, 5), measurable));
  return least;
}

// The text over and over again, up to that size.
inline std::string repeated(std::string_view text, std::size_t size) {
  std::string out;
  out.reserve(size + text.size());
  while (out.size() < size) out += text;
  return out;
}

}  // namespace auditstream::test
