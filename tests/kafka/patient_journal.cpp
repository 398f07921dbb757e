#include "kafka/patient_journal.h"

#include <stdexcept>

namespace auditstream::test {
namespace {

// Longer than all deadlines of one call together.
constexpr auto call_patience = 90s;

}  // namespace

PatientJournal::PatientJournal(kafka::JournalSettings settings)
    : journal_(std::make_unique<kafka::KafkaJournal>(std::move(settings), [this](core::JournalEvent event) {
        {
          const std::lock_guard lock(mutex_);
          events_.push_back(std::move(event));
        }
        arrival_.notify_one();
      })) {}

std::optional<core::JournalEvent> PatientJournal::event_within(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!arrival_.wait_for(lock, patience, [this] { return !events_.empty(); })) return std::nullopt;
  core::JournalEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::variant<core::RecordMap, core::JournalFailed> PatientJournal::try_open() {
  begin_open();
  std::optional<core::JournalEvent> event = event_within(call_patience);
  if (!event) throw std::runtime_error("open() does not end");
  if (auto* opened = std::get_if<core::JournalOpened>(&*event)) return std::move(opened->records);
  return std::get<core::JournalFailed>(std::move(*event));
}

core::RecordMap PatientJournal::open() { return open_at_last(std::chrono::milliseconds(0)); }

core::RecordMap PatientJournal::open_at_last(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto end = try_open();
    if (auto* records = std::get_if<core::RecordMap>(&end)) return std::move(*records);
    if (std::chrono::steady_clock::now() >= deadline)
      throw std::runtime_error("open() fails: " + std::get<core::JournalFailed>(end).error.message);
  }
}

core::JournalDone PatientJournal::done_within(std::chrono::milliseconds patience) {
  std::optional<core::JournalEvent> event = event_within(patience);
  if (!event) throw std::runtime_error("commit() does not end");
  return std::get<core::JournalDone>(std::move(*event));
}

core::JournalDone PatientJournal::commit(core::Batch batch) {
  begin_commit(std::move(batch));
  return done_within(call_patience);
}

void PatientJournal::close() {
  journal_->close();
  const std::optional<core::JournalEvent> event = event_within(call_patience);
  if (!event || !std::holds_alternative<core::JournalClosed>(*event))
    throw std::runtime_error("close() does not end");
}

const char* to_string(core::Outcome outcome) {
  switch (outcome) {
    case core::Outcome::committed:
      return "committed";
    case core::Outcome::refused:
      return "refused";
    case core::Outcome::fenced:
      return "fenced";
    case core::Outcome::lost:
      return "lost";
  }
  return "?";
}

}  // namespace auditstream::test
