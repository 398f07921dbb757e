// `auditstream status` as its user sees it: into a pipe, and on a terminal that lives through changes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "page/canned.h"
#include "paths.h"
#include "support/child.h"
#include "support/http_server.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int exit_problem = 1, exit_usage = 64, exit_unavailable = 69;
constexpr auto patience = 30s;

const std::string binary = std::string(BUILD_DIR) + "/auditstream";

// An instance that answers with whatever a test wants.
class Instance {
 public:
  explicit Instance(std::string body, int status = 200, std::string path = "/sources")
      : body_(std::move(body)), status_(status), path_(std::move(path)) {
    start();
  }

  void start() {
    HttpServer::Options options;
    options.port = port_;
    Result<std::unique_ptr<HttpServer>> server = HttpServer::listen(options, [this](const Request& request) {
      const std::lock_guard lock(mutex_);
      return json_reply(request.path() == path_ ? status_ : 404, body_);
    });
    if (!server.ok()) throw std::runtime_error(server.error().message);
    server_ = std::move(*server);
    port_ = server_->port();
  }
  void stop() { server_.reset(); }
  void report(std::string body) {
    const std::lock_guard lock(mutex_);
    body_ = std::move(body);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  std::mutex mutex_;
  std::string body_;  // protected by mutex_
  const int status_;
  const std::string path_;
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;
};

// A command on a terminal of its own.
class OnTerminal {
 public:
  OnTerminal(const std::vector<std::string>& command, unsigned short columns, unsigned short lines) {
    winsize size{lines, columns, 0, 0};
    pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::runtime_error("forkpty");
    if (pid_ == 0) {
      setenv("LC_ALL", "C.UTF-8", 1);
      unsetenv("NO_COLOR");
      std::vector<char*> arguments;
      for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
      arguments.push_back(nullptr);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
  }
  ~OnTerminal() {
    if (!ended_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(terminal_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  void resize(unsigned short columns, unsigned short lines) {
    const winsize size{lines, columns, 0, 0};
    ioctl(terminal_, TIOCSWINSZ, &size);
  }
  void type(char key) { ASSERT_EQ(write(terminal_, &key, 1), 1); }

  void signal(int number) { kill(pid_, number); }
  // Keys wait for Enter and are echoed, as they were before the command was started.
  bool is_as_before() {
    termios now{};
    return tcgetattr(terminal_, &now) == 0 && (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
  }

  // All that has been written so far.
  const std::string& output() {
    pollfd ready{terminal_, POLLIN, 0};
    while (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
      char buffer[4096];
      const ssize_t got = read(terminal_, buffer, sizeof buffer);
      if (got <= 0) break;
      output_.append(buffer, static_cast<std::size_t>(got));
    }
    return output_;
  }
  // The last picture that has been drawn to its end, without colours.
  std::string screen() {
    const std::string& all = output();
    const std::size_t end = all.rfind("\x1b[J");
    if (end == std::string::npos) return {};
    const std::size_t begin = all.rfind("\x1b[H", end);
    return std::regex_replace(all.substr(begin, end - begin), std::regex("\x1b\\[[0-9;]*[A-Za-z]|\r"), "");
  }
  void wait_for(const std::string& text) {
    until("\"" + text + "\" on the screen", patience,
          [&] { return screen().find(text) != std::string::npos; });
  }
  int wait() {
    int status = 0;
    until("the command ends", patience, [&] {
      output();
      return waitpid(pid_, &status, WNOHANG) == pid_;
    });
    ended_ = true;
    output();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int terminal_ = -1;
  bool ended_ = false;
  std::string output_;
};

TEST(StatusCommand, PrintsOnePlainTableIntoAPipe) {
  Instance instance(canned_report(every_state()));
  const Finished finished = run_to_end({binary, "status", "--url", instance.url() + "/"});
  EXPECT_EQ(finished.status, 0);
  EXPECT_EQ(finished.err, "");
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_EQ(lines[0], "7 sources: 1 failed, 1 unassigned, 1 failing, 1 throttled, 2 running, 1 paused");
  EXPECT_EQ(lines[1], "auditstream 0.1.0 on host-4711, 2026-11-26 11:00:00Z");
  EXPECT_THAT(lines[4],
              AllOf(StartsWith("FAILED"), HasSubstr(" 1d 3h (1632x) "), HasSubstr(" 1d 3h ago "),
                    HasSubstr(" in 20s "), HasSubstr("3h 11m"), HasSubstr("  HTTP 401 Unauthorized: wrong;"),
                    HasSubstr("put it into api_key, and send SIGHUP")));
  EXPECT_THAT(lines[5], StartsWith("UNASSIGNED  globex-tines"));
  EXPECT_THAT(lines[6], AllOf(StartsWith("RUNNING     globex-workato"), HasSubstr(" 5h 0m ahead "),
                              HasSubstr("  HTTP 503: try again later;")));
  EXPECT_THAT(lines[8], AllOf(HasSubstr("backfilling"), HasSubstr(" 2h 10m left ")));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
}

TEST(StatusCommand, SaysThatKafkaIsAwayIntoAPipeToo) {
  std::vector<CannedSource> sources = every_state();
  for (CannedSource& source : sources) source.known = false;
  Instance instance(canned_report(sources, kafka_is_away));
  const Finished finished = run_to_end({binary, "status", "--once", "--url", instance.url()});
  const std::vector<std::string> lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 12u);
  EXPECT_EQ(lines[0], "7 sources: 7 unknown");
  EXPECT_EQ(
      lines[2],
      "Kafka can't be reached for 3m 0s: All broker connections are down <b> (since 2026-11-26 10:57:00Z)");
  EXPECT_THAT(lines[5], AllOf(StartsWith("UNKNOWN  acme-floqast"), HasSubstr("  was FAILED  ")));
  EXPECT_THAT(finished.out, Not(HasSubstr("\nRUNNING")));
}

TEST(StatusCommand, UnderstandsAnOlderInstance) {
  Instance instance(older_report());
  const Finished finished = run_to_end({binary, "status", "--once", "--url", instance.url()});
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, AllOf(StartsWith("1 source: 1 running\n"), HasSubstr("\nRUNNING  acme ")));
}

TEST(StatusCommand, PrintsTheDocument) {
  const std::string report = canned_report(every_state());
  Instance instance(report);
  const Finished finished = run_to_end({binary, "status", "--json", "--url", instance.url()});
  EXPECT_EQ(finished.status, 0);
  EXPECT_EQ(finished.out, report + "\n");
}

// The HEALTHCHECK of the image.
TEST(StatusCommand, TellsWhetherTheInstanceWorks) {
  const auto ready = [](const std::string& url) {
    return run_to_end({binary, "status", "--ready", "--url", url});
  };
  std::string url;
  {
    Instance works("ok", 200, "/readyz");
    const Finished yes = ready(works.url());
    EXPECT_EQ(yes.status, 0);
    EXPECT_EQ(yes.out + yes.err, "");
    url = works.url();
  }
  EXPECT_EQ(ready(url).status, exit_unavailable);

  Instance starts("starting,\nnot in the group \x1b[2Jyet", 503, "/readyz");
  const Finished no = ready(starts.url());
  EXPECT_EQ(no.status, exit_problem);
  EXPECT_THAT(no.err,
              StartsWith("auditstream: " + starts.url() + " is not ready: starting, not in the group "));
  EXPECT_THAT(no.err, Not(HasSubstr("\x1b")));

  Instance stranger("", 200, "/another");
  EXPECT_EQ(ready(stranger.url()).status, exit_unavailable);
  for (const std::string other : {"--once", "--json"})
    EXPECT_EQ(run_to_end({binary, "status", "--ready", other}).status, exit_usage);
}

TEST(StatusCommand, SaysWhatIsWrongWithTheInstance) {
  std::string url;
  {
    Instance gone("");
    url = gone.url();
  }
  const Finished unreachable = run_to_end({binary, "status", "--url", url});
  EXPECT_EQ(unreachable.status, exit_unavailable);
  EXPECT_EQ(unreachable.out, "");
  EXPECT_THAT(unreachable.err,
              AllOf(HasSubstr(url + " can't be reached: "), HasSubstr("http.listen"), HasSubstr("--url")));

  Instance stranger("<html>");
  const Finished nonsense = run_to_end({binary, "status", "--url", stranger.url()});
  EXPECT_EQ(nonsense.status, exit_unavailable);
  EXPECT_THAT(nonsense.err, HasSubstr(stranger.url() + "/sources can't be read, no JSON: "));

  Instance refusing(R"({"error_code":403,"message":"Host \u001b[31mis foreign"})", 403);
  const Finished refused = run_to_end({binary, "status", "--url", refusing.url()});
  EXPECT_EQ(refused.status, exit_unavailable);
  EXPECT_THAT(refused.err, HasSubstr(refusing.url() + "/sources answers HTTP 403, Host ?[31mis foreign\n"));
}

TEST(StatusCommand, RefusesWhatIsNoAddress) {
  for (const std::string url :
       {"127.0.0.1:8083", "", "ftp://127.0.0.1", "http://", "http://:8083", "http://127.0.0.1:99999",
        "http://127.0.0.1/?a=b", "http://a b", "http://user:secret@127.0.0.1:8083"}) {
    const Finished finished = run_to_end({binary, "status", "--url=" + url});
    EXPECT_EQ(finished.status, exit_usage) << url;
    EXPECT_THAT(finished.err, AllOf(HasSubstr("--url"), Not(HasSubstr("secret")))) << url;
    EXPECT_EQ(finished.out, "");
  }
}

TEST(StatusCommand, OnceIsOnceOnATerminalToo) {
  Instance instance(canned_report(every_state()));
  OnTerminal command({binary, "status", "--once", "--url", instance.url()}, 60, 5);
  EXPECT_EQ(command.wait(), 0);
  EXPECT_THAT(command.output(),
              AllOf(HasSubstr("\x1b[1;31mFAILED\x1b[0m"), Not(HasSubstr("\x1b[H")), Not(HasSubstr("more"))));
  for (const std::string& line :
       lines_of(std::regex_replace(command.output(), std::regex("\x1b\\[[0-9;]*m|\r"), ""))) {
    EXPECT_LE(line.size(), 60u) << line;
  }
}

TEST(StatusCommand, LivesOnATerminalUntilCtrlC) {
  std::vector<CannedSource> sources = every_state();
  sources[0].error = "\x1b[2J\x1b]0;owned\a";
  Instance instance(canned_report(sources));
  OnTerminal command({binary, "status", "--url", instance.url()}, 120, 24);
  command.wait_for("PAUSED      acme-workato");
  EXPECT_THAT(command.screen(), AllOf(HasSubstr("?[2J?]0;owned?"), HasSubstr("FAILED      acme-floqast"),
                                      HasSubstr("; q ends")));
  EXPECT_THAT(command.output(), Not(HasSubstr("\x1b]0")));

  sources[3].state = "FAILED";
  instance.report(canned_report(sources));
  command.wait_for("FAILED      acme-tines");

  // At once, not with the next report.
  command.resize(120, 9);
  command.wait_for("... 4 more\n");
  EXPECT_THAT(command.screen(), Not(HasSubstr("acme-workato")));

  instance.stop();
  command.wait_for("Not reachable since 20");
  command.wait_for("... 5 more\n");
  const std::vector<std::string> lines = lines_of(command.screen());
  EXPECT_EQ(lines.size(), 8u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 120u) << line;
  // What is old is not shown as being so.
  command.wait_for("7 sources: 7 unknown");
  EXPECT_THAT(command.screen(), HasSubstr("was FAILED"));

  sources.pop_back();
  instance.report(canned_report(sources));
  instance.start();
  command.wait_for("6 sources: 2 failed");
  EXPECT_THAT(command.screen(), Not(HasSubstr("Not reachable")));
  command.type('\x03');
  EXPECT_EQ(command.wait(), 0);
  EXPECT_TRUE(command.is_as_before());
}

TEST(StatusCommand, QEndsItAndTheTerminalIsAsBefore) {
  Instance instance(canned_report(every_state()));
  OnTerminal command({binary, "status", "--url", instance.url()}, 80, 24);
  command.wait_for("acme-workato");
  EXPECT_THAT(command.screen(),
              AllOf(HasSubstr(" ACTIVITY "), HasSubstr(" throttled "), HasSubstr("HTTP 401 ")));
  EXPECT_FALSE(command.is_as_before());
  command.type('x');  // any other key is not shown and ends nothing
  command.resize(80, 9);
  command.wait_for("more\n");
  EXPECT_THAT(command.output(), Not(HasSubstr("x\x1b")));
  command.type('q');
  EXPECT_EQ(command.wait(), 0);
  EXPECT_TRUE(command.is_as_before());
}

TEST(StatusCommand, SigtermLeavesTheTerminalAsBefore) {
  Instance instance(canned_report(every_state()));
  OnTerminal command({binary, "status", "--url", instance.url()}, 80, 24);
  command.wait_for("acme-workato");
  command.signal(SIGTERM);
  EXPECT_EQ(command.wait(), 0);
  EXPECT_TRUE(command.is_as_before());
}

// Also while an answer is awaited.
TEST(StatusCommand, CtrlCDoesNotWaitForAnAnswer) {
  std::atomic<int> asked = 0;
  Result<std::unique_ptr<HttpServer>> server = HttpServer::listen({}, [&](const Request&) {
    Reply reply = json_reply(200, canned_report(every_state()));
    if (++asked > 1) reply.delay = 60s;
    return reply;
  });
  ASSERT_TRUE(server.ok());
  OnTerminal command({binary, "status", "--url", (*server)->origin()}, 80, 24);
  until("the second question", patience, [&] { return asked > 1; });
  const auto begin = std::chrono::steady_clock::now();
  command.type('\x03');
  EXPECT_EQ(command.wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

}  // namespace
}  // namespace auditstream::test
