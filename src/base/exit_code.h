// What the process says with its exit code; those of sysexits.h where there is one.
#pragma once

namespace auditstream {

inline constexpr int exit_done = 0;
inline constexpr int exit_problem = 1;
inline constexpr int exit_usage = 64;
inline constexpr int exit_unavailable = 69;
inline constexpr int exit_internal = 70;
inline constexpr int exit_config = 78;

}  // namespace auditstream
