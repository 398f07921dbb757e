#include "sim/sim_group.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace auditstream::sim {
namespace {

constexpr Duration session_timeout = 6s;
constexpr Duration heartbeat_interval = 1s;
constexpr Duration first_round_delay = 3s;  // group.initial.rebalance.delay.ms
constexpr Duration release_patience = 5s;

}  // namespace

// --- the coordinator

SimGroup::MemberId SimGroup::enter(Answer answer) {
  const MemberId id = next_id_++;
  if (seats_.empty()) {
    delayed_ = true;
    world_.at(first_round_delay, [this] {
      delayed_ = false;
      end_round_if_complete();
    });
  }
  seats_[id].answer = std::move(answer);
  begin_round();
  return id;
}

bool SimGroup::rejoin(MemberId id, Partitions owned, Answer answer) {
  const auto seat = seats_.find(id);
  if (seat == seats_.end()) return false;
  seat->second.owned = std::move(owned);
  seat->second.answer = std::move(answer);
  begin_round();
  return true;
}

SimGroup::Standing SimGroup::heartbeat(MemberId id) {
  const auto seat = seats_.find(id);
  if (seat == seats_.end()) return Standing::unknown;
  expect_heartbeat(id, seat->second);
  return in_round_ ? Standing::rebalancing : Standing::good;
}

void SimGroup::leave(MemberId id) {
  if (seats_.erase(id) > 0 && !seats_.empty()) begin_round();
}

void SimGroup::begin_round() {
  if (!in_round_) ++world_.tally.rebalances;
  in_round_ = true;
  end_round_if_complete();
}

// Who waits for the round needs no heartbeat; who doesn't, and sends none, is thrown out.
void SimGroup::expect_heartbeat(MemberId id, Seat& seat) {
  world_.at(session_timeout, [this, id, beat = ++seat.heartbeat] {
    const auto found = seats_.find(id);
    if (found == seats_.end() || found->second.heartbeat != beat || found->second.answer) return;
    world_.tell("the group throws member ", id, " out");
    leave(id);
  });
}

void SimGroup::end_round_if_complete() {
  in_round_ = in_round_ && !seats_.empty();
  const bool complete =
      std::ranges::all_of(seats_, [](const auto& seat) { return seat.second.answer != nullptr; });
  if (!in_round_ || delayed_ || !complete) return;
  in_round_ = false;
  for (auto& [id, partitions] : assign()) {
    Seat& seat = seats_.at(id);
    world_.at(world_.between(1ms, 50ms), [answer = std::exchange(seat.answer, nullptr),
                                          partitions = std::move(partitions)] { answer(partitions); });
    expect_heartbeat(id, seat);
  }
}

// Balanced, and everybody keeps what it has as far as that allows. What somebody has to give up is nobody's
// until the next round.
std::map<SimGroup::MemberId, SimGroup::Partitions> SimGroup::assign() const {
  const int partitions = world_.scenario.partitions;
  std::map<int, MemberId> claims;  // of two, the younger member's
  for (const auto& [id, seat] : seats_) {
    for (const int partition : seat.owned) claims[partition] = id;
  }
  std::map<MemberId, Partitions> result;
  std::vector<std::pair<std::size_t, MemberId>> most_first;
  for (const auto& [id, seat] : seats_) {
    result[id];
    const auto has = static_cast<std::size_t>(
        std::ranges::count_if(claims, [id = id](const auto& claim) { return claim.second == id; }));
    most_first.emplace_back(has, id);
  }
  std::ranges::stable_sort(most_first, [](const auto& a, const auto& b) { return a.first > b.first; });
  const std::size_t share = static_cast<std::size_t>(partitions) / seats_.size();
  std::size_t larger = static_cast<std::size_t>(partitions) % seats_.size();
  std::map<MemberId, std::size_t> quota;
  for (const auto& [has, id] : most_first) {
    quota[id] = share + (larger > 0 ? 1 : 0);
    larger -= larger > 0 ? 1 : 0;
  }
  for (const auto& [partition, id] : claims) {
    if (result[id].size() < quota[id]) result[id].insert(partition);
  }
  for (int partition = 0; partition < partitions; ++partition) {
    if (claims.contains(partition)) continue;
    const auto poorest = std::ranges::min_element(result, {}, [&](const auto& entry) {
      return static_cast<long>(entry.second.size()) - static_cast<long>(quota[entry.first]);
    });
    poorest->second.insert(partition);
  }
  return result;
}

// --- a member

SimMember::SimMember(World& world, Life& life, SimGroup& group,
                     std::function<void(core::MembershipEvent)> sink)
    : world_(world), life_(life), group_(group), sink_(std::move(sink)) {
  enter(world.between(20ms, 500ms));
  life_.later(world.between(0ms, heartbeat_interval), [this] { beat(); });
}

void SimMember::enter(Duration after) {
  life_.later(after, [this, attempt = ++attempts_] {
    if (attempt != attempts_) return;
    if (cut_off()) return enter(heartbeat_interval);
    joining_ = true;
    SimGroup::Answer answer = answer_of_round();
    id_ = group_.enter(std::move(answer));
  });
}

void SimMember::rejoin() {
  if (cut_off()) return;  // the next heartbeat tries again
  joining_ = true;
  if (!group_.rejoin(*id_, owned_, answer_of_round())) lose();
}

SimGroup::Answer SimMember::answer_of_round() {
  return [this, alive = life_.alive(), attempt = ++attempts_](SimGroup::Partitions assigned) {
    if (!*alive) return;
    life_.later(world_.between(1ms, 30ms), [this, attempt, assigned = std::move(assigned)] {
      if (attempt == attempts_) on_assignment(assigned);
    });
  };
}

void SimMember::beat() {
  life_.later(heartbeat_interval + world_.between(0ms, 100ms), [this] { beat(); });
  if (!id_) return;
  if (cut_off()) {
    if (world_.time - last_heard_ > session_timeout) lose();
    return;
  }
  const SimGroup::Standing standing = group_.heartbeat(*id_);
  if (standing == SimGroup::Standing::unknown) return lose();
  last_heard_ = world_.time;
  if ((standing == SimGroup::Standing::rebalancing || rejoins_) && !joining_ && !release_) rejoin();
}

void SimMember::on_assignment(const SimGroup::Partitions& assigned) {
  joining_ = false;
  rejoins_ = false;
  last_heard_ = world_.time;
  Release release;
  std::ranges::set_difference(owned_, assigned, std::inserter(release.revoked, release.revoked.end()));
  std::ranges::set_difference(assigned, owned_, std::inserter(release.assigned, release.assigned.end()));
  if (release.revoked.empty()) {
    take(release.assigned);
    return;
  }
  release.unreleased = release.revoked;
  sink_(core::PartitionsRevoked{{release.revoked.begin(), release.revoked.end()}, false});
  release_ = std::move(release);
  end_release(release_patience);
}

void SimMember::take(const SimGroup::Partitions& assigned) {
  owned_.insert(assigned.begin(), assigned.end());
  if (!assigned.empty()) sink_(core::PartitionsAssigned{{assigned.begin(), assigned.end()}});
}

void SimMember::released(int partition) {
  if (!release_ || release_->unreleased.erase(partition) == 0 || !release_->unreleased.empty()) return;
  end_release(world_.between(1ms, 5ms));
}

void SimMember::end_release(Duration after) {
  life_.later(after, [this, attempt = attempts_] {
    if (!release_ || attempt != attempts_) return;
    const Release release = *std::exchange(release_, std::nullopt);
    for (const int partition : release.revoked) owned_.erase(partition);
    take(release.assigned);
    rejoins_ = true;
    rejoin();
  });
}

void SimMember::lose() {
  if (!owned_.empty()) sink_(core::PartitionsRevoked{{owned_.begin(), owned_.end()}, true});
  owned_.clear();
  release_.reset();
  id_.reset();
  joining_ = false;
  rejoins_ = false;
  enter(world_.between(10ms, 1s));
}

void SimMember::flap() {
  if (!id_) return;
  if (!cut_off() && world_.chance(0.5)) group_.leave(*id_);
  lose();
}

void SimMember::leave() {
  if (id_ && !cut_off()) group_.leave(*id_);
  id_.reset();
  ++attempts_;
}

}  // namespace auditstream::sim
