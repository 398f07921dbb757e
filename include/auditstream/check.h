// CHECK: an always-on assertion for what only this program may do wrong. What the world may do is a Result.
#pragma once

namespace auditstream {

// Who is told what was wrong before the process aborts; otherwise it goes to stderr.
void report_failed_checks_by(void (*report)(const char* text));

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace auditstream

// Tells the place and the condition, then aborts. Never used for input from outside the process.
#define AS_CHECK(condition)                                                        \
  do {                                                                             \
    if (!(condition)) ::auditstream::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
