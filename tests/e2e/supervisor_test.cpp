// What systemd is told, as it hears it: on the datagram socket of NOTIFY_SOCKET.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "e2e/world.h"
#include "support/held_thread.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Notifications {
 public:
  Notifications() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const sockaddr_un at = address();
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0) << strerror(errno);
  }
  ~Notifications() { close(fd_); }
  Notifications(const Notifications&) = delete;
  Notifications& operator=(const Notifications&) = delete;

  std::string path() const { return directory_.path() / "notify"; }

  // Until no more fits in.
  void fill() {
    const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sockaddr_un to = address();
    while (sendto(sender, "X", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1) {
    }
    close(sender);
  }

  // Every line so far, in the order of their coming.
  const std::vector<std::string>& lines() {
    char buffer[4096];
    for (ssize_t size = 0; (size = recv(fd_, buffer, sizeof buffer, 0)) >= 0;) {
      for (std::string& line : lines_of(std::string(buffer, static_cast<std::size_t>(size)))) {
        lines_.push_back(std::move(line));
      }
    }
    return lines_;
  }
  std::ptrdiff_t count(const std::string& line) { return std::ranges::count(lines(), line); }
  void until_count(const std::string& line, std::ptrdiff_t wanted) {
    until("systemd hears " + line, 30s, [&] { return count(line) >= wanted; });
  }

 private:
  sockaddr_un address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  TemporaryDirectory directory_;
  const int fd_;
  std::vector<std::string> lines_;
};

std::string last_status(Notifications& notifications) {
  std::string status;
  for (const std::string& line : notifications.lines()) {
    if (line.starts_with("STATUS=")) status = line.substr(7);
  }
  return status;
}

TEST(Supervisor, HearsOfStartReloadAndEnd) {
  World world({.vendors = {"tines"}});
  Notifications notifications;
  const auto run = world.start({"run"}, {{"NOTIFY_SOCKET", notifications.path()}});
  notifications.until_count("READY=1", 1);
  EXPECT_THAT(notifications.lines().front(), StartsWith("STATUS=waiting for Kafka at "));
  until("the start is said", 30s, [&] { return run->err().find("code=started") != std::string::npos; });
  EXPECT_THAT(last_status(notifications), HasSubstr("1 sources in 3 partitions"));
  EXPECT_EQ(notifications.count("RELOADING=1"), 0);

  world.source_config("tines")["poll_interval"] = "300ms";
  world.write_config();
  run->signal(SIGHUP);
  notifications.until_count("READY=1", 2);
  EXPECT_EQ(notifications.count("RELOADING=1"), 1);
  EXPECT_THAT(last_status(notifications), HasSubstr("changed"));

  world.source_config("tines")["poll_interval"] = "often";
  world.write_config();
  run->signal(SIGHUP);
  notifications.until_count("READY=1", 3);
  EXPECT_THAT(last_status(notifications), StartsWith("config refused"));

  // Nobody has asked for it.
  EXPECT_EQ(notifications.count("WATCHDOG=1"), 0);
  EXPECT_EQ(notifications.count("STOPPING=1"), 0);
  drain(*run);
  EXPECT_EQ(notifications.count("STOPPING=1"), 1);
  EXPECT_EQ(notifications.count("READY=1"), 3);
}

TEST(Supervisor, IsToldToStayCalmWhileKafkaIsNotThere) {
  World world({.vendors = {"tines"}}, "127.0.0.1:1");
  Notifications notifications;
  const auto run = world.start({"run", "--wait-for-kafka", "1s"}, {{"NOTIFY_SOCKET", notifications.path()}});
  EXPECT_EQ(run->wait(30s), 69) << run->err();
  EXPECT_EQ(last_status(notifications), "waiting for Kafka at 127.0.0.1:1");
  EXPECT_EQ(notifications.count("READY=1"), 0);
}

TEST(Supervisor, HearsTheWatchdogAsLongAsTheLoopTurns) {
  World world({.vendors = {"tines"}});
  Notifications notifications;
  const auto run =
      world.start({"run"}, {{"NOTIFY_SOCKET", notifications.path()}, {"WATCHDOG_USEC", "4000000"}});
  notifications.until_count("READY=1", 1);
  const auto begin = std::chrono::steady_clock::now();
  notifications.until_count("WATCHDOG=1", 3);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 5s);   // each half of the time, and not with every tick
  EXPECT_LE(took, 12s);  // thrice within three times the limit

  // The loop, which is the main thread, hangs; the watchdog's own thread goes on.
  const HeldThread loop(run->pid());
  const auto heard = notifications.count("WATCHDOG=1");
  EXPECT_EQ(run->wait(40s), 70);
  EXPECT_LE(notifications.count("WATCHDOG=1"), heard + 1);  // one tick may just have been on its way
}

// The queue of its socket is full, and nobody takes anything out.
TEST(Supervisor, IsNotWaitedForWhenItDoesNotListen) {
  World world({.vendors = {"tines"}});
  Notifications notifications;
  notifications.fill();
  const auto run =
      world.start({"run"}, {{"NOTIFY_SOCKET", notifications.path()}, {"WATCHDOG_USEC", "2000000"}});
  world.until_up_to_date();
  run->signal(SIGTERM);
  EXPECT_EQ(run->wait(30s), 0) << run->err();
}

}  // namespace
}  // namespace auditstream::test
