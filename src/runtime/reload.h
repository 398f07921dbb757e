// Reload: reads the config again on request, and when one of its files has changed. Sources are added, removed
// and changed; other changes need a restart. A config with a mistake changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "auditstream/result.h"
#include "base/mutex.h"
#include "config/config.h"
#include "runtime/supervisor.h"

namespace auditstream::runtime {

class Reload {
 public:
  // `apply` runs on the reload's thread: it prepares Kafka and passes the sources on, or says why it has
  // changed nothing. `reloaded` is told how each reload has ended: nothing, or why the config was refused.
  Reload(std::string path, config::Config current, std::function<Status(const config::Config&)> apply,
         std::function<void(const std::optional<std::string>& refused)> reloaded, Supervisor& supervisor);
  ~Reload();

  // From any thread.
  void request();

 private:
  void run();
  bool files_have_changed();
  // False if it should be retried.
  bool read_again();
  void refuse(const std::string& why);

  const std::string path_;
  const std::function<Status(const config::Config&)> apply_;
  const std::function<void(const std::optional<std::string>&)> reloaded_;
  Supervisor& supervisor_;

  // Owned by the thread.
  config::Config current_;
  std::string stamp_;
  std::string stamp_before_;
  std::optional<Steady> retry_at_;

  Mutex mutex_;
  Condition wakeup_;
  bool requested_ AS_GUARDED_BY(mutex_) = false;
  bool done_ AS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace auditstream::runtime
