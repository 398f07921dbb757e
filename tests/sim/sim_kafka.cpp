#include "sim/sim_kafka.h"

namespace auditstream::sim {

bool SimKafka::mark(int number, std::uint64_t owner, const std::string& mark) {
  Partition& partition = partitions_[number];
  if (partition.owner != owner) return false;
  partition.marked = owner;
  partition.log.push_back(core::OwnerMark{number, mark});
  partition.records[std::string(core::owner_key)] = mark;
  on_log();
  return true;
}

bool SimKafka::apply(int number, std::uint64_t owner, const core::Batch& batch, Complaints& complaints) {
  Partition& partition = partitions_[number];
  if (partition.owner != owner) return false;
  std::size_t heartbeats_before = heartbeats_.size();
  for (const core::Unit& unit : batch.units) {
    if (!unit.events.empty()) {
      std::uint64_t& last = last_seq_[unit.source->name];
      if (unit.first_seq != last + 1)
        complaints.push_back("the sequence of " + unit.source->name + " has a gap");
      last = unit.first_seq + unit.events.size() - 1;
    }
    for (const Event& event : unit.events) {
      published_.push_back({unit.source->name, event.id, std::string(event.raw), false, unit.generation});
    }
    for (const core::DeadLetter& letter : unit.dead_letters) {
      published_.push_back(
          {unit.source->name, letter.event.id, std::string(letter.event.raw), true, unit.generation});
    }
    if (unit.heartbeat) {
      if (unit.heartbeat->seq != last_seq_[unit.source->name])
        complaints.push_back("a heartbeat of " + unit.source->name + " counts otherwise");
      heartbeats_.push_back({*unit.heartbeat, unit.source->name, 0});
    }
    for (const core::Record& record : unit.records) {
      const auto before = partition.records.find(record.key);
      if (record.key == unit.source->name && before != partition.records.end()) {
        const Result<core::DecodedCursor> old = core::decode_cursor(before->second);
        const Result<core::DecodedCursor> now = core::decode_cursor(*record.value);
        AS_CHECK(old.ok() && now.ok());
        const bool of_another = now->cursor.generation != old->cursor.generation ||
                                (!unit.events.empty() && unit.generation != now->cursor.generation);
        if (of_another) complaints.push_back("the cursor of " + record.key + " is of another generation");
        const bool untouched = old->cursor.published == 0 && old->cursor.dead_letters == 0;
        if (!old->cursor.history && now->cursor.history) ++histories_begun_;
        const bool over = old->cursor.history && !now->cursor.history;
        if (over) ++histories_over_;
        // The floor goes back to that of a history that is one with the present again.
        if (!untouched && (now->cursor.watermark < old->cursor.watermark ||
                           (now->cursor.floor < old->cursor.floor && !over) ||
                           now->cursor.complete_to() < old->cursor.complete_to())) {
          complaints.push_back("the cursor of " + record.key + " went back");
        }
      }
      if (record.key == unit.source->name && before == partition.records.end()) {
        partition.log.push_back(core::CursorSeen{unit.source->name, number, unit.source->account});
        on_log();
      }
      write(partition, record);
    }
  }
  for (; heartbeats_before < heartbeats_.size(); ++heartbeats_before)
    heartbeats_[heartbeats_before].published = published_.size();
  return true;
}

bool SimKafka::apply(int number, std::uint64_t owner, const std::string& source,
                     const core::CursorChange& change) {
  Partition& partition = partitions_[number];
  if (partition.owner != owner) return false;
  for (const core::Record& record : change.records.at(number)) write(partition, record);
  last_seq_[source] = change.after->published;
  return true;
}

void SimKafka::write(Partition& partition, const core::Record& record) {
  if (record.value) {
    partition.records[record.key] = *record.value;
  } else {
    partition.records.erase(record.key);
  }
}

}  // namespace auditstream::sim
