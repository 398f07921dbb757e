// Mutex, MutexLock, Condition: the standard library's, with annotations for clang's thread-safety analysis:
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html. Other compilers ignore them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#ifdef __clang__
#define AS_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define AS_THREAD_ATTRIBUTE(x)
#endif

// For a member: it is read and written only with the mutex held.
#define AS_GUARDED_BY(mutex) AS_THREAD_ATTRIBUTE(guarded_by(mutex))
// For a function: it is called only with the mutex held.
#define AS_REQUIRES(...) AS_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))

namespace auditstream {

class AS_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds the mutex while it exists, except between unlock() and lock().
class AS_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) AS_THREAD_ATTRIBUTE(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() AS_THREAD_ATTRIBUTE(release_capability()) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() AS_THREAD_ATTRIBUTE(release_capability()) { lock_.unlock(); }
  void lock() AS_THREAD_ATTRIBUTE(acquire_capability()) { lock_.lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

class Condition {
 public:
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

  // `so` is called with the mutex held.
  template <class Predicate>
  void wait(MutexLock& lock, Predicate so) AS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    condition_.wait(lock.lock_, std::move(so));
  }
  // Returns the last result of `so`.
  template <class Rep, class Period, class Predicate>
  bool wait_for(MutexLock& lock, std::chrono::duration<Rep, Period> patience, Predicate so)
      AS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
    return condition_.wait_for(lock.lock_, patience, std::move(so));
  }

 private:
  std::condition_variable condition_;
};

}  // namespace auditstream
