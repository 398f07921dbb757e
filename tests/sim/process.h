// Process: one running auditstream in virtual time. Its decisions are the product's; what stands here is what
// src/runtime does with threads, sockets and signals.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/fleet.h"
#include "sim/sim_group.h"
#include "sim/sim_journal.h"
#include "sim/world.h"

namespace auditstream::sim {

class Process final : private http::Client, private core::Observer {
 public:
  using Sources = std::vector<std::shared_ptr<const Source>>;

  // `config` is read again with each reload.
  Process(World& world, const Sources& config, core::SecretSource& secrets, SimGroup& group, std::string name,
          Duration clock_ahead);
  // kill -9, unless ended().
  ~Process() override;

  void stop() { life_.stop(); }
  void resume();
  bool stopped() const { return life_.stopped(); }
  // SIGTERM.
  void drain();
  bool draining() const { return draining_; }
  // After a drain: it is no longer in the group, and nothing of it is at work.
  bool ended() const { return ended_; }
  bool abandoned() const { return abandoned_; }  // the drain took too long

  // SIGHUP.
  void reload();
  void set_clock(Duration ahead);
  Duration clock_ahead() const { return clock_ahead_; }
  // Something new is in the log of the offsets topic.
  void tail();
  SimMember& member() { return member_; }
  // `what` is done as soon as its next transaction begins, which has that partition.
  void in_next_commit(std::function<void(int partition)> what) { in_next_commit_ = std::move(what); }

  const std::string& name() const { return name_; }
  // Whether this process is the one that can commit to the partition.
  bool owns(int partition);
  bool owns_any();
  // Whether it has opened the partition, and nobody since, as far as the log tells.
  bool is_at(int partition);
  bool committing() const;

 private:
  // http::Client
  void send(http::RequestId id, http::Request request) override;
  void cancel(http::RequestId id) override { in_flight_.erase(id); }
  // Observer
  void said(const Source& source, const core::Notice& say) override;
  void shard_said(int partition, const core::Notice& say) override;
  void rebalanced(const core::MembershipEvent&) override {}
  void waited(const Source&, Duration) override {}
  void answered(const Source&, const http::Response&) override {}
  void polled(const Source&, const core::PollResult&, Time) override {}
  void ignored_rows(const Source& source, std::size_t count) override;
  void transacted(const core::Batch& batch, core::Outcome outcome, Duration took, Time when) override;

  void count_request(const http::Request& request);
  void receive(http::RequestId id, http::Response response);
  void post(std::function<void()> letter);
  void turn();
  void arm();
  void pump_tail();
  void hear(const core::OffsetsEvent& event);
  void end();
  Now now() const { return Now{world_.time + clock_ahead_, Steady{world_.time.time_since_epoch()}}; }

  World& world_;
  const Sources& config_;
  const std::string name_;
  Duration clock_ahead_;
  Life life_;
  std::map<int, Tenure> tenures_;
  std::set<http::RequestId> in_flight_;
  std::vector<std::function<void()>> mail_;
  std::vector<std::pair<http::RequestId, http::Response>> responses_;
  bool turn_planned_ = false;
  Steady armed_ = Steady::max();
  bool draining_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  std::map<int, std::size_t> tailed_;  // how much of each partition's log it has heard
  std::function<void(int)> in_next_commit_;
  SimMember member_;
  core::ShardWorld shard_world_;
  std::optional<core::Fleet> fleet_;
};

}  // namespace auditstream::sim
