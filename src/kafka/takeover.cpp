#include "kafka/takeover.h"

#include <utility>

namespace auditstream::kafka {

Takeover::Takeover(const JournalSettings& settings, const std::set<int>& partitions) {
  for (const int partition : partitions) {
    Hand& hand = hands_[partition];
    JournalSettings its = settings;
    its.partition = partition;
    hand.journal = std::make_unique<KafkaJournal>(std::move(its), [this, &hand](core::JournalEvent event) {
      {
        const MutexLock lock(mutex_);
        hand.event = std::move(event);
      }
      arrival_.notify_all();
    });
  }
}

Takeover::~Takeover() {
  for (auto& [partition, hand] : hands_) hand.journal->stop();
}

core::JournalEvent Takeover::wait_for(Hand& hand) {
  MutexLock lock(mutex_);
  arrival_.wait(lock, [&] { return hand.event.has_value(); });
  return *std::exchange(hand.event, std::nullopt);
}

Result<std::map<int, core::RecordMap>> Takeover::open() {
  for (auto& [partition, hand] : hands_) hand.journal->open();
  std::map<int, core::RecordMap> shards;
  std::optional<Error> error;
  for (auto& [partition, hand] : hands_) {
    core::JournalEvent event = wait_for(hand);
    if (auto* opened = std::get_if<core::JournalOpened>(&event)) {
      shards[partition] = std::move(opened->records);
    } else {
      error = std::get<core::JournalFailed>(std::move(event)).error;
    }
  }
  if (error) return *std::move(error);
  return shards;
}

core::JournalDone Takeover::commit(int home, std::map<int, std::vector<core::Record>> records) {
  Hand& hand = hands_.at(home);
  hand.journal->edit(Edit{std::move(records), [this, home] { return others_still_ours(home); }});
  return std::get<core::JournalDone>(wait_for(hand));
}

core::JournalDone Takeover::publish(int home, std::shared_ptr<const core::Batch> batch) {
  Hand& hand = hands_.at(home);
  hand.journal->commit(std::move(batch));
  return std::get<core::JournalDone>(wait_for(hand));
}

// The transaction proves only of `home` that nobody has come after us. The others' own commits prove it of
// theirs, and whoever comes after that can't see past the open transaction before it has ended.
bool Takeover::others_still_ours(int home) {
  bool ours = true;
  for (auto& [partition, hand] : hands_) {
    if (partition == home) continue;
    hand.journal->edit(Edit{{}});
    ours = std::get<core::JournalDone>(wait_for(hand)).outcome == core::Outcome::committed && ours;
  }
  return ours;
}

}  // namespace auditstream::kafka
