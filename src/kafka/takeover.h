// Takeover: partitions of the offsets topic in an operator's hands. Each is fenced, marked and restored as by
// any owner, then all are edited in one transaction. Who had them sees the marks and opens them again when we
// have left.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "core/cursor.h"
#include "core/journal.h"
#include "kafka/kafka_journal.h"

namespace auditstream::kafka {

class Takeover {
 public:
  // Everything of the settings but the partition counts.
  Takeover(const JournalSettings& settings, const std::set<int>& partitions);
  ~Takeover();

  // Takes all of them, at the same time. Once.
  Result<std::map<int, core::RecordMap>> open();

  // Commits the records, by partition, if nobody else has opened any of our partitions since open(); whoever
  // does so later restores what was committed. Written by the journal of `home`, which must be one of ours:
  // if we die before the end, the next one to open `home` ends it, or the broker after 30 s.
  core::JournalDone commit(int home, std::map<int, std::vector<core::Record>> records);
  // Commits the batch, which must not be empty, by the journal of `home`, if nobody else has opened that one
  // since open().
  core::JournalDone publish(int home, std::shared_ptr<const core::Batch> batch);

 private:
  struct Holding {
    std::optional<core::JournalEvent> event;  // with the mutex held
    std::unique_ptr<KafkaJournal> journal;
  };

  core::JournalEvent wait_for(Holding& holding);
  bool others_still_ours(int home);

  Mutex mutex_;
  Condition arrival_;
  std::map<int, Holding> holdings_;
};

}  // namespace auditstream::kafka
