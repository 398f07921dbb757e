// Takeover: partitions of the offsets topic in an operator's hands. Each is fenced, marked and restored as by
// any owner, then all are edited in one transaction. The previous owners see the marks, and open their
// partitions again when we have left.
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
  // Uses all of the settings except the partition.
  Takeover(const JournalSettings& settings, const std::set<int>& partitions);
  ~Takeover();

  // Opens all of them in parallel. Call it once.
  Result<std::map<int, core::RecordMap>> open();

  // Commits the records, by partition, if nobody else has opened any of our partitions since open(); whoever
  // opens one later restores what was committed. The journal of `writer`, one of our partitions, writes them:
  // if we die before the end, the next owner of `writer` ends the transaction, or the broker after 30 s.
  core::JournalDone commit(int writer, std::map<int, std::vector<core::Record>> records);
  // Commits the batch, which must not be empty, through the journal of `writer`, if nobody else has opened
  // `writer` since open().
  core::JournalDone publish(int writer, std::shared_ptr<const core::Batch> batch);

 private:
  struct Holding {
    std::optional<core::JournalEvent> event;  // with the mutex held
    std::unique_ptr<KafkaJournal> journal;
  };

  core::JournalEvent wait_for(Holding& holding);
  bool others_still_ours(int writer);

  Mutex mutex_;
  Condition arrival_;
  std::map<int, Holding> holdings_;
};

}  // namespace auditstream::kafka
