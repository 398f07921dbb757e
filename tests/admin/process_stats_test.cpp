// What /proc says about a process.
#include "runtime/process_stats.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "runtime/clock.h"

namespace auditstream::test {
namespace {

using namespace admin;

// 250 + 50 ticks on the CPU, 9 threads, started at tick 4200.
const std::string process =
    "4242 (a) b (c) S 1 4242 4242 0 -1 4194304 1000 0 3 0 250 50 0 0 20 0 9 0 4200 1073741824 2560 "
    "18446744073709551615 1 1 0 0 0 0 0 4096 17642 0 0 0 17 1 0 0 0 0 0\n";
const std::string system = "cpu  1 2 3\nintr 5\nctxt 6\nbtime 1795176000\nprocesses 7\n";

TEST(ProcessStats, AreReadFromTheFieldsOfProc) {
  const std::optional<ProcessStats> stats = parse_process_stat(process, system, ProcUnits{100, 4096});
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->cpu_seconds, 3);
  EXPECT_EQ(stats->start_time_seconds, 1795176042);
  EXPECT_EQ(stats->threads, 9u);
  EXPECT_EQ(stats->virtual_bytes, 1u << 30);
  EXPECT_EQ(stats->resident_bytes, 2560u * 4096);
}

TEST(ProcessStats, WhatIsNotOfTheFormatIsNothing) {
  EXPECT_FALSE(parse_process_stat("", system, ProcUnits{100, 4096}));
  EXPECT_FALSE(parse_process_stat(process, "cpu  1 2 3\n", ProcUnits{100, 4096}));
  EXPECT_FALSE(parse_process_stat(process.substr(0, 80), system, ProcUnits{100, 4096}));
  EXPECT_FALSE(parse_process_stat("4242 (a) S 1 x", system, ProcUnits{100, 4096}));
}

TEST(ProcessStats, OfThisProcess) {
  const std::optional<ProcessStats> before = runtime::process_stats();
  ASSERT_TRUE(before);
  const double now = std::chrono::duration<double>(runtime::read_clock().wall.time_since_epoch()).count();
  // The time of the boot is in whole seconds.
  EXPECT_LE(before->start_time_seconds, now + 1);
  EXPECT_GE(before->start_time_seconds, now - 600);
  EXPECT_GT(before->resident_bytes, 1u << 20);
  EXPECT_GT(before->virtual_bytes, before->resident_bytes);
  EXPECT_GE(before->max_fds, before->open_fds);

  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(runtime::process_stats()->open_fds, before->open_fds + 1);
  ::close(fd);
  std::optional<ProcessStats> in_thread;
  std::thread([&] { in_thread = runtime::process_stats(); }).join();
  ASSERT_TRUE(in_thread);
  EXPECT_GT(in_thread->threads, before->threads) << "it is the process that is asked about";
}

}  // namespace
}  // namespace auditstream::test
