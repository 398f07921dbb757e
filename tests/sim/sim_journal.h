// SimJournal: the journal of one partition in virtual time, with every outcome that librdkafka can have.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/journal.h"
#include "sim/world.h"

namespace auditstream::sim {

// Where a process stands with a partition, as the broker sees it. Lives as long as the process.
struct Tenure {
  std::uint64_t owner = 0;  // its latest fence; 0 while none is open
  bool committing = false;
  bool taken_over = false;  // and has heard of it
};

// Events that the broker never takes are the same for everybody.
bool refused_for_ever(std::string_view event_id, double share);

class SimJournal final : public core::Journal {
 public:
  SimJournal(World& world, Life& life, int partition, std::string instance, Tenure& tenure,
             core::JournalSink sink)
      : world_(world),
        life_(life),
        partition_(partition),
        instance_(std::move(instance)),
        tenure_(tenure),
        sink_(std::move(sink)) {}

  void open() override;
  void commit(std::shared_ptr<const core::Batch> batch) override;
  void close() override;

  std::function<void()> on_commit = [] {};  // hears that a commit begins

 private:
  void fence();
  void mark();
  void fail_to_open(Duration after, std::string why);
  void send(const std::shared_ptr<const core::Batch>& batch, Time began);
  void send_in_outage(const std::shared_ptr<const core::Batch>& batch, Time began);
  // The broker applies the batch, if at all, whether or not we live to hear of it.
  void apply_unheard(const std::shared_ptr<const core::Batch>& batch, Duration after);
  void done(Duration after, core::Outcome outcome, std::string why);
  bool fenced() { return world_.kafka.owner(partition_) != owner_; }

  World& world_;
  Life& life_;
  int partition_;
  std::string instance_;
  Tenure& tenure_;
  core::JournalSink sink_;
  std::uint64_t owner_ = 0;
};

}  // namespace auditstream::sim
