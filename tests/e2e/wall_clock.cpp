#include "e2e/wall_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <stdexcept>

#include "paths.h"

namespace auditstream::test {
namespace {

using Shift = std::atomic<std::int64_t>;

std::filesystem::path file_in(const TemporaryDirectory& directory) { return directory.path() / "ahead"; }

}  // namespace

WallClock::WallClock(Duration ahead) {
  write_file(file_in(directory_), std::string(sizeof(Shift), '\0'));
  const int file = open(file_in(directory_).c_str(), O_RDWR | O_CLOEXEC);
  void* mapped = mmap(nullptr, sizeof(Shift), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) throw std::runtime_error("can't map " + file_in(directory_).string());
  ahead_micros_ = new (mapped) Shift(ahead.count());
}

WallClock::~WallClock() { munmap(ahead_micros_, sizeof(Shift)); }

Environment WallClock::environment() const {
  return {{"LD_PRELOAD", BUILD_DIR "/tests/libwall_clock.so"},
          {"AUDITSTREAM_WALL_CLOCK", file_in(directory_).string()}};
}

Time WallClock::now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now()) + Duration{*ahead_micros_};
}

}  // namespace auditstream::test
