// CHECK: an always-on assertion for our own bugs. For what the world may do wrong there is Result.
#pragma once

namespace auditstream {

// `report` is given the message before the process aborts; without it the message goes to stderr.
void report_failed_checks_by(void (*report)(const char* text));

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace auditstream

// Reports the place and the condition, then aborts. Never used for input from outside the process.
#define AS_CHECK(condition)                                                        \
  do {                                                                             \
    if (!(condition)) ::auditstream::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
