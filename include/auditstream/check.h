// CHECK: an always-on assertion for what only this program may do wrong. What the world may do is a Result.
#pragma once

#include <cstdio>
#include <cstdlib>

// Prints the place and the condition, then aborts. Never used for input from outside the process.
#define AS_CHECK(condition)                                                                \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "CHECK failed: %s at %s:%d\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)
