// PatientJournal: a KafkaJournal whose calls wait for their event.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "kafka/kafka_journal.h"

namespace auditstream::test {

class PatientJournal {
 public:
  explicit PatientJournal(kafka::JournalSettings settings);

  // One attempt. The live records, or why not.
  std::variant<core::RecordMap, core::JournalFailed> try_open();
  // Fails the test and throws if the journal can't be opened.
  core::RecordMap open();
  // Opens again after each failure, as a shard would.
  core::RecordMap open_at_last(std::chrono::milliseconds patience);
  core::JournalDone commit(core::Batch batch);
  void close();

  // The calls alone, and what comes of them.
  void begin_open() { journal_->open(); }
  void begin_commit(core::Batch batch) {
    journal_->commit(std::make_shared<const core::Batch>(std::move(batch)));
  }
  std::optional<core::JournalEvent> event_within(std::chrono::milliseconds patience);
  core::JournalDone done_within(std::chrono::milliseconds patience);

  // As when the process ends.
  void destroy() { journal_.reset(); }

 private:
  std::mutex mutex_;
  std::condition_variable arrival_;
  std::deque<core::JournalEvent> events_;  // protected by mutex_

  // The last member: its thread uses the others.
  std::unique_ptr<kafka::KafkaJournal> journal_;
};

// For messages of failed tests.
const char* to_string(core::Outcome outcome);

}  // namespace auditstream::test
