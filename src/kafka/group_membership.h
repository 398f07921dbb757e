// GroupMembership: Kafka's consumer group distributes the partitions of the offsets topic over the instances.
// This handle is only a member: it fetches nothing and commits no offset.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "core/membership.h"
#include "core/notice.h"
#include "kafka/access.h"
#include "kafka/client.h"
#include "kafka/contact.h"

namespace auditstream::kafka {

struct MembershipSettings {
  Connection connection;
  std::string group;
  std::string offsets_topic;
  std::shared_ptr<Contact> contact =
      std::make_shared<Contact>();  // is told how long the group's coordinator has been silent
};

class GroupMembership {
 public:
  // Both are called on the membership's thread. `say` is given what an operator should know.
  GroupMembership(MembershipSettings settings, std::function<void(core::MembershipEvent)> sink,
                  std::function<void(const core::Notice&)> say);
  // Leaves the group first, so that the others need not wait for our session to time out. All shards must be
  // closed.
  ~GroupMembership();

  // From any thread: a revoked partition has been released.
  void released(int partition);

 private:
  class Listener;

  void run();
  // The missing right that the error is about.
  std::optional<Access> denied(rd_kafka_resp_err_t error) const;
  // Until the handle is dead or useless, or we leave; returns why it died.
  rd_kafka_resp_err_t serve(rd_kafka_t* consumer);
  bool looks_elsewhere();
  void leave(ClientHandle consumer);
  bool wait(Duration patience);
  void wait_for_free_instance_id();
  void wait_for(const Access& missing);
  void say(core::Level level, const std::string& text);
  void lose_everything();
  void revoked(rd_kafka_t* consumer, std::vector<int> partitions);
  static void on_rebalance(rd_kafka_t* consumer, rd_kafka_resp_err_t event,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque);

  const MembershipSettings settings_;
  const std::function<void(core::MembershipEvent)> sink_;
  const std::function<void(const core::Notice&)> say_;

  // Owned by the thread.
  bool joined_ = false;       // by the present handle
  std::set<int> partitions_;  // ours, as last told to the sink
  std::string last_said_;
  Steady look_next_{};
  std::optional<Steady> found_elsewhere_;  // by another handle, while ours has been silent

  Contact::Line line_;                  // with the coordinator
  std::unique_ptr<Listener> listener_;  // of the present handle
  Mutex mutex_;
  Condition wakeup_;
  std::set<int> unreleased_ AS_GUARDED_BY(mutex_);
  bool leaving_ AS_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace auditstream::kafka
