// The lines of the log, each in a process of its own, because a process has one log.
#include "runtime/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "auditstream/check.h"
#include "auditstream/json.h"

namespace auditstream::runtime {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Ended {
  std::string log;
  int status = 0;  // as waitpid gives it
};

// `full`: nobody ever reads, and there is no room from the beginning.
Ended in_a_process(const config::LogSettings& settings, const std::function<void()>& work,
                   bool full = false) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  if (full) {
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (::write(ends[1], "....", 4) > 0) {
    }
    fcntl(ends[1], F_SETFL, 0);
  }
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    start_log(settings, "host-1");
    work();
    flush_log();
    _exit(0);
  }
  close(ends[1]);
  Ended ended;
  char buffer[4096];
  for (ssize_t size = 0; !full && (size = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    ended.log.append(buffer, static_cast<std::size_t>(size));
  waitpid(child, &ended.status, 0);
  close(ends[0]);
  return ended;
}

const config::LogSettings as_json{"info", "json"}, as_text{"info", "text"};
const std::string large = "event " + std::string(1'572'858, 'x');

TEST(LogLine, OfJsonNamesTheInstanceAndEscapes) {
  const std::string lines =
      in_a_process(as_json, [] { log(core::Level::warn, "code", "a\x1b\xc2\x9b\x9b\n\"b"); }).log;
  EXPECT_THAT(lines, StartsWith("{\"time\":\"2"));
  EXPECT_THAT(lines, EndsWith("Z\",\"level\":\"warn\",\"instance\":\"host-1\",\"code\":\"code\","
                              "\"message\":\"a\\u001B\\u009b\xef\xbf\xbd\\n\\\"b\"}\n"));
}

TEST(LogLine, OfTextSteersNoTerminal) {
  const std::string lines =
      in_a_process(as_text, [] { log(core::Level::warn, "code", "a\x1b\xc2\x9b\x9b\nb"); }).log;
  EXPECT_THAT(lines, EndsWith("Z warn code=code a??? b\n"));
}

TEST(LogLine, IsBounded) {
  for (const config::LogSettings& settings : {as_json, as_text}) {
    const std::string lines =
        in_a_process(settings, [] { log(core::Level::error, "dead_letter", large); }).log;
    EXPECT_LT(lines.size(), 5000u);
    EXPECT_THAT(lines, HasSubstr("xxx… (1,572,864 bytes)"));
  }
}

TEST(LogLine, BelowTheLeastLevelIsNone) {
  const auto work = [] {
    log(core::Level::info, "code", "text");
    log_at_start(core::Level::warn, "config_warning", "a.yaml:1: text");
  };
  EXPECT_EQ(in_a_process({"error", "text"}, work).log, "warning: a.yaml:1: text\n");
}

TEST(LogLine, TellsOfAFailedCheckAndAnException) {
  const Ended failed = in_a_process(as_json, [] { AS_CHECK(1 + 1 == 3); });
  EXPECT_EQ(json::scalar_at(failed.log, "/code"), "check_failed");
  EXPECT_THAT(json::scalar_at(failed.log, "/message").value_or(""),
              StartsWith("CHECK failed: 1 + 1 == 3 at "));
  EXPECT_TRUE(WIFSIGNALED(failed.status) && WTERMSIG(failed.status) == SIGABRT);
  const Ended crashed =
      in_a_process(as_json, [] { std::thread([] { throw std::runtime_error("odd"); }).join(); });
  EXPECT_EQ(json::scalar_at(crashed.log, "/code"), "crashed");
  EXPECT_THAT(json::scalar_at(crashed.log, "/message").value_or(""), EndsWith(": odd"));
  EXPECT_TRUE(WIFSIGNALED(crashed.status) && WTERMSIG(crashed.status) == SIGABRT);
}

TEST(LogLine, KeepsNoEndWaiting) {
  const auto code_of = [](const Ended& ended) {
    return WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -1;
  };
  const auto talk = [] {
    for (int line = 0; line < 20'000; ++line) log(core::Level::info, "code", std::string(200, 'x'));
  };
  EXPECT_EQ(code_of(in_a_process(as_text, talk, true)), 0);
  EXPECT_EQ(code_of(in_a_process(
                as_text, [] { log_and_exit(70, core::Level::error, "hung", "text"); }, true)),
            70);
  const Ended failed = in_a_process(
      as_text, [] { AS_CHECK(false); }, true);
  EXPECT_TRUE(WIFSIGNALED(failed.status) && WTERMSIG(failed.status) == SIGABRT);
}

}  // namespace
}  // namespace auditstream::runtime
