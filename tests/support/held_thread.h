// Holds one thread of a process of this test still, as a hang would, while its other threads go on.
#pragma once

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

namespace auditstream::test {

class HeldThread {
 public:
  // The id of a process is that of its main thread.
  explicit HeldThread(pid_t thread) : thread_(thread) {
    EXPECT_EQ(ptrace(PTRACE_SEIZE, thread, nullptr, nullptr), 0);
    EXPECT_EQ(ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr), 0);
    int status = 0;
    EXPECT_EQ(waitpid(thread, &status, __WALL), thread);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  ~HeldThread() { ptrace(PTRACE_DETACH, thread_, nullptr, nullptr); }
  HeldThread(const HeldThread&) = delete;
  HeldThread& operator=(const HeldThread&) = delete;

 private:
  pid_t thread_;
};

}  // namespace auditstream::test
