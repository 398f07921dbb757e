#include "kafka/takeover.h"

#include <utility>

namespace auditstream::kafka {

Takeover::Takeover(const JournalSettings& settings, const std::set<int>& partitions) {
  for (const int partition : partitions) {
    Holding& holding = holdings_[partition];
    JournalSettings its = settings;
    its.partition = partition;
    holding.journal =
        std::make_unique<KafkaJournal>(std::move(its), [this, &holding](core::JournalEvent event) {
          {
            const MutexLock lock(mutex_);
            holding.event = std::move(event);
          }
          arrival_.notify_all();
        });
  }
}

Takeover::~Takeover() {
  for (auto& [partition, holding] : holdings_) holding.journal->stop();
}

core::JournalEvent Takeover::wait_for(Holding& holding) {
  MutexLock lock(mutex_);
  arrival_.wait(lock, [&] { return holding.event.has_value(); });
  return *std::exchange(holding.event, std::nullopt);
}

Result<std::map<int, core::RecordMap>> Takeover::open() {
  for (auto& [partition, holding] : holdings_) holding.journal->open();
  std::map<int, core::RecordMap> shards;
  std::optional<Error> error;
  for (auto& [partition, holding] : holdings_) {
    core::JournalEvent event = wait_for(holding);
    if (auto* opened = std::get_if<core::JournalOpened>(&event)) {
      shards[partition] = std::move(opened->records);
    } else {
      error = std::get<core::JournalFailed>(std::move(event)).error;
    }
  }
  if (error) return *std::move(error);
  return shards;
}

core::JournalDone Takeover::commit(int writer, std::map<int, std::vector<core::Record>> records) {
  Holding& holding = holdings_.at(writer);
  holding.journal->edit(Edit{std::move(records), [this, writer] { return others_still_ours(writer); }});
  return std::get<core::JournalDone>(wait_for(holding));
}

core::JournalDone Takeover::publish(int writer, std::shared_ptr<const core::Batch> batch) {
  Holding& holding = holdings_.at(writer);
  holding.journal->commit(std::move(batch));
  return std::get<core::JournalDone>(wait_for(holding));
}

// The transaction proves only for `writer` that nobody has opened it since. The others' own commits prove it
// for them, and whoever opens one later can't read past the open transaction until it has ended.
bool Takeover::others_still_ours(int writer) {
  bool ours = true;
  for (auto& [partition, holding] : holdings_) {
    if (partition == writer) continue;
    holding.journal->edit(Edit{{}});
    ours = std::get<core::JournalDone>(wait_for(holding)).outcome == core::Outcome::committed && ours;
  }
  return ours;
}

}  // namespace auditstream::kafka
