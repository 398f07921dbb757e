#include "core/fleet.h"
#include "core/home_partition.h"

#include <algorithm>
#include <utility>

namespace auditstream::core {

Fleet::Fleet(const std::vector<std::shared_ptr<const Source>>& sources, int partitions,
             MakeJournal make_journal, Released released, ShardWorld& world, ShardLimits limits)
    : partitions_(partitions),
      make_journal_(std::move(make_journal)),
      released_(std::move(released)),
      world_(world),
      limits_(limits) {
  sort_into_partitions(sources);
}

Fleet::~Fleet() {
  for (auto& [partition, member] : open_) member.journal->stop();
}

void Fleet::sort_into_partitions(const std::vector<std::shared_ptr<const Source>>& sources) {
  sources_.clear();
  names_.clear();
  for (const auto& source : sources) {
    sources_[home_partition(*source, partitions_)].push_back(source);
    names_.insert(source->name);
  }
}

// A shard keeps its partition even without any source left: somebody must still write the cursors of those
// that were removed.
void Fleet::reconfigure(const Reconfiguration& change, Now now) {
  sort_into_partitions(change.sources);
  world_.record_bytes_max = change.record_bytes_max;
  for (auto& [partition, member] : open_) member.shard->reconfigure(sources_[partition], now);
  open_and_close_shards(now);
}

void Fleet::on_membership(const MembershipEvent& event, Now now) {
  const auto* gone = std::get_if<PartitionsRevoked>(&event);
  // If partitions were lost, so was the membership.
  joined_ = gone == nullptr || !gone->lost;
  world_.observer.rebalanced(event);
  if (const auto* assigned = std::get_if<PartitionsAssigned>(&event)) {
    ours_.insert(assigned->partitions.begin(), assigned->partitions.end());
    say_cursors_without_source(assigned->partitions);
    say_added_partitions(assigned->partitions);
  } else {
    const auto& revoked = std::get<PartitionsRevoked>(event);
    for (const int partition : revoked.partitions) {
      ours_.erase(partition);
      if (!revoked.lost) releasing_.insert(partition);
      const auto member = open_.find(partition);
      if (member == open_.end()) continue;
      if (revoked.lost) {
        member->second.shard->abandon(now);
      } else {
        member->second.shard->drain(now);
      }
    }
  }
  open_and_close_shards(now);
}

// Opens assigned partitions that are not open, and releases those that have closed.
void Fleet::open_and_close_shards(Now now) {
  std::erase_if(open_, [](const auto& entry) { return entry.second.shard->closed(); });
  std::erase_if(releasing_, [this](int partition) {
    if (open_.contains(partition)) return false;
    released_(partition);
    return true;
  });
  if (draining_) return;
  std::vector<Shard*> opening;
  std::size_t together = 0;
  for (const int partition : ours_) {
    const auto sources = sources_.find(partition);
    if (sources == sources_.end() || sources->second.empty() || open_.contains(partition)) continue;
    const std::uint64_t number = next_number_++;
    std::unique_ptr<Journal> journal = make_journal_(partition, number);
    auto shard = std::make_unique<Shard>(partition, sources->second, *journal, world_, limits_);
    opening.push_back(shard.get());
    together += sources->second.size();
    open_.emplace(partition, Member{number, std::move(journal), std::move(shard)});
  }
  for (Shard* shard : opening) shard->start(now, together);
}

void Fleet::on_journal(std::uint64_t number, JournalEvent event, Now now) {
  const auto member =
      std::ranges::find_if(open_, [&](const auto& entry) { return entry.second.number == number; });
  AS_CHECK(member != open_.end());  // a journal lives until its last event was delivered
  member->second.shard->on_journal(std::move(event), now);
  open_and_close_shards(now);
}

void Fleet::on_offsets(const OffsetsEvent& event, Now now) {
  if (const auto* seen = std::get_if<CursorSeen>(&event)) {
    on_cursor(*seen, now);
    return;
  }
  const auto& mark = std::get<OwnerMark>(event);
  if (const auto member = open_.find(mark.partition); member != open_.end()) {
    member->second.shard->on_mark(mark.mark, now);
  }
}

void Fleet::on_cursor(const CursorSeen& seen, Now now) {
  std::map<int, std::string>& places = world_.cursors[seen.source];
  if (seen.account) {
    places[seen.partition] = *seen.account;
    return;
  }
  places.erase(seen.partition);
  if (!places.empty()) return;
  world_.cursors.erase(seen.source);
  for (auto& [partition, member] : open_) member.shard->begin_source(seen.source, now);
}

// Each once: another instance may know the source, or a reload may add it. All in one line, however many.
void Fleet::say_cursors_without_source(const std::vector<int>& partitions) {
  constexpr std::size_t named_max = 5;
  const std::set<int> ours(partitions.begin(), partitions.end());
  std::size_t found = 0;
  int first = 0;
  std::string names;
  for (const auto& [source, places] : world_.cursors) {
    const auto place =
        std::ranges::find_if(places, [&](const auto& entry) { return ours.contains(entry.first); });
    if (place == places.end() || names_.contains(source) || !without_source_said_.insert(source).second)
      continue;
    if (++found == 1) first = place->first;
    if (found <= named_max) names += (names.empty() ? "" : ", ") + source;
  }
  if (found == 0) return;
  const bool one = found == 1;
  if (found > named_max) names += " and " + std::to_string(found - named_max) + " more";
  world_.observer.shard_said(
      first,
      Notice{Level::warn, "cursor_without_source",
             (one ? "there is a cursor of " : "there are cursors of ") + names +
                 ", but this instance's config has no such source" + (one ? "" : "s") + ", so nobody polls " +
                 (one ? "it" : "them") + ": add the source, or remove its cursor with " +
                 "auditstream cursors delete " + (one ? names : "SOURCE")});
}

// They hold no source: where a source belongs follows from the configured count. Once.
void Fleet::say_added_partitions(const std::vector<int>& partitions) {
  const auto last = std::ranges::max_element(partitions);
  if (last == partitions.end() || *last < partitions_ || std::exchange(added_partitions_said_, true)) return;
  const std::string count = std::to_string(partitions_);
  world_.observer.shard_said(
      *last, Notice{Level::error, "partitions_added",
                    "the offsets topic has more partitions than offsets.partitions (" + count +
                        "): somebody has added some; this instance goes on with the first " + count +
                        ", but none will start: see this code in the runbook before you stop it"});
}

bool Fleet::on_response(http::RequestId id, const http::Response& response, Now now) {
  for (auto& [partition, member] : open_) {
    if (!member.shard->on_response(id, response, now)) continue;
    member.shard->step(now);
    return true;
  }
  return false;
}

void Fleet::step(Now now) {
  for (auto& [partition, member] : open_) {
    if (member.shard->wake_at() <= now.steady) member.shard->step(now);
  }
}

Steady Fleet::wake_at() const {
  Steady wake = Steady::max();
  for (const auto& [partition, member] : open_) wake = std::min(wake, member.shard->wake_at());
  return wake;
}

void Fleet::drain(Now now) {
  draining_ = true;
  for (auto& [partition, member] : open_) member.shard->drain(now);
  open_and_close_shards(now);
}

std::optional<Lent> Fleet::lend_request(std::string_view source, Now now) {
  for (auto& [partition, member] : open_) {
    if (const std::optional<Lent> lent = member.shard->lend_request(source, now)) return lent;
  }
  return std::nullopt;
}

FleetStatus Fleet::status(Now now) const {
  FleetStatus status;
  status.joined = joined_;
  status.draining = draining_;
  for (const auto& [partition, member] : open_) {
    if (member.shard->open()) ++status.shards_open;
    for (SourceStatus& source : member.shard->status(now)) status.sources.push_back(std::move(source));
  }
  for (const int partition : ours_) {
    const auto sources = sources_.find(partition);
    if (sources == sources_.end() || sources->second.empty()) continue;
    const auto member = open_.find(partition);
    if (member != open_.end() && member->second.shard->open()) continue;
    status.partitions_not_open[partition] =
        member == open_.end() ? std::nullopt : member->second.shard->not_opened();
    std::ranges::copy_if(sources->second, std::back_inserter(status.sources_not_open),
                         [&](const std::shared_ptr<const Source>& source) {
                           return std::ranges::none_of(status.sources, [&](const SourceStatus& shown) {
                             return shown.partition == partition && shown.source->name == source->name;
                           });
                         });
  }
  return status;
}

}  // namespace auditstream::core
