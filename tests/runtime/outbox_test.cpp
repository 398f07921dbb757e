// Lines for a reader who stops reading: nobody waits for them, and what was lost is counted.
#include "runtime/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace auditstream::runtime {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

// Takes lines only while it is willing to.
class Reader {
 public:
  Outbox::Write write() {
    return [this](const std::string& line, std::uint64_t lost) {
      std::unique_lock lock(mutex_);
      ++begun_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return willing_; });
      if (broken_) return false;
      if (lost > 0) lines_.push_back("lost " + std::to_string(lost));
      lines_.push_back(line);
      return true;
    };
  }
  void set(bool willing, bool broken = false) {
    const std::lock_guard lock(mutex_);
    willing_ = willing;
    broken_ = broken;
    changed_.notify_all();
  }
  void until_begun(int lines) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= lines; });
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool willing_ = true;  // from here on protected by mutex_
  bool broken_ = false;
  int begun_ = 0;
  std::vector<std::string> lines_;
};

constexpr auto long_enough = 60s;

TEST(Outbox, GivesEachLineInOrder) {
  Reader reader;
  Outbox outbox(100, reader.write());
  for (const char* line : {"a", "b", "c"}) outbox.put(line);
  EXPECT_TRUE(outbox.flush(long_enough));
  EXPECT_THAT(reader.lines(), ElementsAre("a", "b", "c"));
}

TEST(Outbox, DropsTheOldestAndSaysHowMany) {
  Reader reader;
  reader.set(false);
  Outbox outbox(3, reader.write());
  outbox.put("a");
  reader.until_begun(1);
  for (const char* line : {"b", "c", "d", "e", "f"}) outbox.put(line);
  EXPECT_FALSE(outbox.flush(0ms));
  reader.set(true);
  EXPECT_TRUE(outbox.flush(long_enough));
  EXPECT_THAT(reader.lines(), ElementsAre("a", "lost 2", "d", "e", "f"));
  outbox.put("g");
  EXPECT_TRUE(outbox.flush(long_enough));
  EXPECT_EQ(reader.lines().back(), "g");
}

TEST(Outbox, CountsWhatCouldNotBeWritten) {
  Reader reader;
  reader.set(true, true);
  Outbox outbox(100, reader.write());
  for (const char* line : {"a", "b"}) outbox.put(line);
  EXPECT_TRUE(outbox.flush(long_enough));
  reader.set(true);
  outbox.put("c");
  EXPECT_TRUE(outbox.flush(long_enough));
  EXPECT_THAT(reader.lines(), ElementsAre("lost 2", "c"));
}

TEST(Outbox, LeavesAReaderWhoNeverTakesItsLine) {
  // Never destroyed: whoever hangs in it stays there.
  static auto* const reader = new Reader;
  reader->set(false);
  {
    Outbox outbox(100, reader->write());
    outbox.put("a");
    reader->until_begun(1);
    EXPECT_FALSE(outbox.flush(1ms));
  }
  EXPECT_THAT(reader->lines(), ElementsAre());
  reader->set(true);
}

}  // namespace
}  // namespace auditstream::runtime
