// Preloaded into a program: shifts what it takes for the time of day by the microseconds in a file that a
// test may change at any time. Monotonic clocks stay real, and a wait takes as long as it was meant to.
//
// Not libfaketime: it shifts gettimeofday() and timespec_get(), but not C11's cnd_timedwait(), which
// librdkafka hands those times to. Behind the real time all its waits would end at once (it then calls its
// own transaction states invalid and aborts), ahead of it never.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

using Shift = std::atomic<std::int64_t>;
static_assert(Shift::is_always_lock_free);

const Shift* map_shift() {
  const char* path = std::getenv("AUDITSTREAM_WALL_CLOCK");
  const int file = path != nullptr ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void* mapped = file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Shift), PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) std::abort();  // a test under the right clock would prove nothing
  close(file);
  return static_cast<const Shift*>(mapped);
}

std::int64_t shift_micros() {
  static const Shift* const shift = map_shift();
  return *shift;
}

timespec plus(timespec time, std::int64_t micros) {
  const std::int64_t nanos = time.tv_nsec + micros % 1'000'000 * 1000 + 1'000'000'000;
  return {static_cast<time_t>(time.tv_sec + micros / 1'000'000 + nanos / 1'000'000'000 - 1),
          static_cast<long>(nanos % 1'000'000'000)};
}

// The function that the program would have got without us.
template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

timespec time_of_day() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const unshifted = real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = unshifted(clock, time);
  const bool of_day = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && of_day) *time = plus(*time, shift_micros());
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  const timespec now = time_of_day();
  *time = {now.tv_sec, static_cast<suseconds_t>(now.tv_nsec / 1000)};
  return 0;
}

int timespec_get(timespec* time, int base) noexcept {
  *time = time_of_day();
  return base;
}

time_t time(time_t* time) noexcept {
  const time_t now = time_of_day().tv_sec;
  if (time != nullptr) *time = now;
  return now;
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  static auto* const unshifted = real<int(cnd_t*, mtx_t*, const timespec*)>("cnd_timedwait");
  const timespec real_time = plus(*until, -shift_micros());
  return unshifted(condition, mutex, &real_time);
}

}  // extern "C"
