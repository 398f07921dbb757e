// Journal: Kafka as one shard sees it. Fences, restores, and commits batches; every commit whole or not at
// all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auditstream/result.h"
#include "core/cursor.h"
#include "core/notice.h"
#include "core/unit.h"

namespace auditstream::core {

// What goes into one transaction. Immutable once it has been handed over.
struct Batch {
  std::vector<Unit> units;
  std::size_t events = 0;  // dead letters included
  std::size_t bytes = 0;

  void add(Unit unit) {
    events += unit.events.size() + unit.dead_letters.size();
    bytes += unit.bytes();
    units.push_back(std::move(unit));
  }
};

enum class Outcome {
  committed,  // visible to every read_committed consumer
  refused,    // certainly invisible; the broker refused a record, and the journal has to be opened again
  fenced,     // somebody else has opened the partition since; what became of the batch is unknown
  lost,       // anything else: forget everything that is not in Kafka and open again
};

// open() succeeded: the live records of the partition, everything before our fence included.
struct JournalOpened {
  RecordMap records;
  std::string mark{};  // what our own record in the partition holds; see OwnerMark
  // Our clock minus the broker's when that record was written; nothing where the topic doesn't tell.
  std::optional<Duration> ahead_of_broker{};
};
// open() failed, which may happen at any time.
struct JournalFailed {
  Error error;
};
// A topic that can't be written to until somebody fixes it.
struct BlockedTopic {
  std::string topic;
  std::string why;           // with the remedy
  bool to_everybody = true;  // else it may accept another source's events
};
// A partition whose log was cut: what Kafka had acknowledged up to an offset is gone in part.
struct TruncatedLog {
  std::string topic;
  int partition = 0;
  std::int64_t acknowledged = 0;  // the highest offset before
  std::int64_t written = 0;       // where the next record was written nevertheless
  bool of_cursors = false;        // it is the offsets topic
};
struct JournalDone {
  Outcome outcome;
  std::string detail;                   // why, unless committed
  std::vector<BlockedTopic> blocked{};  // the batch needed one of them
  // Topics whose limit is below a record of the batch, with that limit. No record is to blame yet.
  std::map<std::string, std::size_t> record_bytes_max{};
  bool timed_out = false;                 // lost because it timed out: a smaller batch may succeed
  std::vector<TruncatedLog> truncated{};  // noticed while committing, whatever the outcome
};
struct JournalClosed {};
using JournalEvent = std::variant<JournalOpened, JournalFailed, JournalDone, JournalClosed>;
using JournalSink = std::function<void(JournalEvent)>;

// One call at a time: after open(), commit() or close() nothing else until its event has come. The event is
// delivered through the sink given at construction, never from within the call.
class Journal {
 public:
  virtual ~Journal() = default;

  // Fences every other writer of this partition, then restores. Also after lost or refused.
  virtual void open() = 0;
  virtual void commit(std::shared_ptr<const Batch> batch) = 0;
  // Gives the partition up. The journal can be opened again.
  virtual void close() = 0;
  // Interrupts the call under way, without waiting for it; no call may follow. For stopping many journals at
  // once.
  virtual void stop() {}
};

}  // namespace auditstream::core
