// The exit codes of the process; those of sysexits.h where one fits.
#pragma once

#include "auditstream/result.h"

namespace auditstream {

inline constexpr int exit_done = 0;
inline constexpr int exit_problem = 1;
inline constexpr int exit_usage = 64;
inline constexpr int exit_unavailable = 69;
inline constexpr int exit_internal = 70;
inline constexpr int exit_config = 78;

inline int exit_code(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unavailable:
      return exit_unavailable;
    case ErrorKind::uncertain:
    case ErrorKind::misconfigured:
      return exit_config;
    case ErrorKind::usage:
      return exit_usage;
    case ErrorKind::refused:
    case ErrorKind::not_found:
      return exit_problem;
    case ErrorKind::internal:
      return exit_internal;
  }
  return exit_internal;
}

}  // namespace auditstream
