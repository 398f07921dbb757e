#include "sim/sim_journal.h"

#include <algorithm>

#include "base/hash.h"

namespace auditstream::sim {
namespace {

// As the real journal has them.
constexpr Duration commit_deadline = 25s;
constexpr Duration transaction_timeout = 30s;

bool refused_for_ever(const core::Batch& batch, double share) {
  return std::ranges::any_of(batch.units, [share](const core::Unit& unit) {
    return std::ranges::any_of(
        unit.events, [share](const Event& event) { return sim::refused_for_ever(event.id, share); });
  });
}

std::size_t events_of(const core::Batch& batch) {
  std::size_t count = 0;
  for (const core::Unit& unit : batch.units) count += unit.events.size();
  return count;
}

}  // namespace

bool refused_for_ever(std::string_view event_id, double share) {
  return share > 0 && hash64("refused " + std::string(event_id)) % 100'000 < share * 100'000;
}

void SimJournal::open() {
  tenure_ = Tenure{};
  life_.later(world_.between(5ms, 100ms), [this] { fence(); });
}

void SimJournal::fence() {
  if (world_.time < world_.outage_until) {
    if (world_.chance(0.5)) {
      life_.later(world_.outage_until - world_.time + world_.between(1ms, 500ms), [this] { fence(); });
    } else {
      fail_to_open(world_.between(10ms, 20s), "no broker answers");
    }
    return;
  }
  if (world_.chance(world_.troubles.open_fails)) return fail_to_open(1ms, "simulated");
  owner_ = world_.kafka.fence(partition_);
  ++world_.tally.fences;
  world_.tell(instance_, " fences partition ", partition_);
  life_.later(world_.between(2ms, 60ms), [this] { mark(); });
}

// The restore ends at our mark: what it finds is what was there when the mark was written.
void SimJournal::mark() {
  if (world_.chance(world_.troubles.open_fails / 2)) return fail_to_open(1ms, "the mark was not committed");
  const std::string mark = mark_of(instance_, owner_);
  if (!world_.kafka.mark(partition_, owner_, mark)) return fail_to_open(1ms, "fenced before the mark");
  life_.later(world_.between(2ms, 100ms), [this, mark, records = world_.kafka.records(partition_)] {
    tenure_.owner = owner_;
    sink_(core::JournalOpened{records, mark});
  });
}

void SimJournal::fail_to_open(Duration after, std::string why) {
  ++world_.tally.opens_failed;
  const ErrorKind kind = world_.chance(0.2) ? ErrorKind::misconfigured : ErrorKind::unavailable;
  life_.later(after, [this, why = std::move(why), kind] { sink_(core::JournalFailed{{why, kind}}); });
}

void SimJournal::commit(std::shared_ptr<const core::Batch> batch) {
  on_commit();
  tenure_.committing = true;
  life_.later(world_.between(1ms, 15ms),
              [this, batch = std::move(batch), began = world_.time] { send(batch, began); });
}

void SimJournal::send(const std::shared_ptr<const core::Batch>& batch, Time began) {
  const Troubles& troubles = world_.troubles;
  const Duration travel = world_.between(1ms, 15ms);
  // A handle that was fenced, or whose transaction the broker gave up, doesn't always say which.
  if (fenced() || world_.time - began > transaction_timeout) {
    return done(travel, world_.chance(0.8) ? core::Outcome::fenced : core::Outcome::lost, "simulated fence");
  }
  if (world_.time < world_.outage_until) return send_in_outage(batch, began);
  if (refused_for_ever(*batch, troubles.event_refused) ||
      (events_of(*batch) > 1 && world_.chance(troubles.commit_refused))) {
    return done(travel, core::Outcome::refused, "simulated refusal");
  }
  if (world_.chance(troubles.commit_lost)) return done(travel, core::Outcome::lost, "simulated loss");
  if (world_.chance(troubles.commit_unknown)) {
    apply_unheard(batch, world_.chance(0.5) ? Duration{0} : world_.between(0ms, 3s));
    return done(travel, core::Outcome::lost, "simulated loss of a commit");
  }
  auto applied = std::make_shared<bool>(false);
  world_.at(travel / 2, [&world = world_, partition = partition_, owner = owner_, batch, applied] {
    *applied = world.kafka.apply(partition, owner, *batch, world.complaints);
  });
  life_.later(travel, [this, applied] {
    done(0ms, *applied ? core::Outcome::committed : core::Outcome::fenced, "simulated fence in a commit");
  });
}

// Librdkafka goes on trying until the deadline; then nobody knows.
void SimJournal::send_in_outage(const std::shared_ptr<const core::Batch>& batch, Time began) {
  const Duration left = world_.outage_until - world_.time;
  if (world_.chance(0.2)) return done(world_.between(10ms, 20s), core::Outcome::lost, "aborted in an outage");
  if (left < commit_deadline && world_.chance(0.7)) {
    life_.later(left + world_.between(1ms, 300ms), [this, batch, began] { send(batch, began); });
    return;
  }
  if (!refused_for_ever(*batch, world_.troubles.event_refused) && world_.chance(0.4))
    apply_unheard(batch, world_.chance(0.5) ? Duration{0} : left);
  done(world_.between(10ms, commit_deadline), core::Outcome::lost, "lost in an outage");
}

void SimJournal::apply_unheard(const std::shared_ptr<const core::Batch>& batch, Duration after) {
  world_.at(after, [&world = world_, partition = partition_, owner = owner_, batch] {
    world.kafka.apply(partition, owner, *batch, world.complaints);
  });
}

void SimJournal::done(Duration after, core::Outcome outcome, std::string why) {
  life_.later(after, [this, outcome, why = std::move(why)] {
    ++world_.tally.commits[static_cast<std::size_t>(outcome)];
    tenure_.committing = false;
    sink_(core::JournalDone{outcome, why});
  });
}

void SimJournal::close() {
  life_.later(world_.between(1ms, 50ms), [this] {
    tenure_.owner = 0;
    sink_(core::JournalClosed{});
  });
}

}  // namespace auditstream::sim
