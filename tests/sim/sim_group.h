// The group coordinator and its members' clients in virtual time: the classic protocol with the
// cooperative-sticky assignor. What moves is revoked first and assigned in a second round; who sends no
// heartbeat for the session's time is out and hears of it when it comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "core/membership.h"
#include "sim/world.h"

namespace auditstream::sim {

class SimGroup {
 public:
  using MemberId = std::uint64_t;
  using Partitions = std::set<int>;
  // Hears what the round gives to a member: all of what it should have.
  using Answer = std::function<void(Partitions)>;
  enum class Standing { good, rebalancing, unknown };

  explicit SimGroup(World& world) : world_(world) {}

  MemberId enter(Answer answer);
  // Takes part in the round that has begun, or begins one. False if the member is not known any more.
  bool rejoin(MemberId id, Partitions owned, Answer answer);
  Standing heartbeat(MemberId id);
  void leave(MemberId id);

 private:
  struct Seat {
    Partitions owned;
    Answer answer;  // set while it waits for the round to end
    std::uint64_t heartbeat = 0;
  };

  void begin_round();
  void end_round_if_complete();
  void expect_heartbeat(MemberId id, Seat& seat);
  std::map<MemberId, Partitions> assign() const;

  World& world_;
  std::map<MemberId, Seat> seats_;
  MemberId next_id_ = 1;
  bool in_round_ = false;
  bool delayed_ = false;  // the first round waits for more members
};

// One process in the group: librdkafka's consumer and the thread that serves it.
class SimMember {
 public:
  SimMember(World& world, Life& life, SimGroup& group, std::function<void(core::MembershipEvent)> sink);

  // A revoked partition has been given up.
  void released(int partition);
  // Ends and begins anew, as after a fatal error of the client.
  void flap();
  // Heartbeats don't reach the coordinator for so long.
  void cut_off(Duration time) { cut_off_until_ = world_.time + time; }
  void leave();
  const SimGroup::Partitions& owned() const { return owned_; }

 private:
  void enter(Duration after);
  void rejoin();
  SimGroup::Answer answer_of_round();
  void beat();
  void on_assignment(const SimGroup::Partitions& assigned);
  void take(const SimGroup::Partitions& assigned);
  void end_release(Duration after);
  void lose();
  bool cut_off() const { return world_.time < cut_off_until_; }

  World& world_;
  Life& life_;
  SimGroup& group_;
  std::function<void(core::MembershipEvent)> sink_;

  std::optional<SimGroup::MemberId> id_;
  SimGroup::Partitions owned_;
  std::uint64_t attempts_ = 0;  // answers to an earlier one come too late
  bool joining_ = false;        // waits for the end of a round
  bool rejoins_ = false;        // has given something up and owes the group another round
  Time last_heard_ = epoch;
  Time cut_off_until_ = epoch;

  // While a rebalance waits for its revoked partitions to be given up.
  struct Release {
    SimGroup::Partitions unreleased;
    SimGroup::Partitions revoked;
    SimGroup::Partitions assigned;
  };
  std::optional<Release> release_;
};

}  // namespace auditstream::sim
