#include "kafka/group_membership.h"

#include <chrono>
#include <utility>
#include <vector>

#include "auditstream/time.h"

namespace auditstream::kafka {
namespace {

constexpr int poll_ms = 200;
// Longer than a shard that is well needs to finish its commit. Whoever takes over fences us anyway.
constexpr auto release_patience = 5s;
constexpr auto rejoin_wait = 2s;

std::vector<int> numbers_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<int> numbers;
  for (int i = 0; i < list->cnt; ++i) numbers.push_back(list->elems[i].partition);
  return numbers;
}

}  // namespace

GroupMembership::GroupMembership(MembershipSettings settings, std::function<void(MembershipEvent)> sink,
                                 std::function<void(const std::string&)> say)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      say_(std::move(say)),
      thread_([this] { run(); }) {}

GroupMembership::~GroupMembership() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  wakeup_.notify_all();
  thread_.join();
}

void GroupMembership::released(int partition) {
  {
    const std::lock_guard lock(mutex_);
    unreleased_.erase(partition);
  }
  wakeup_.notify_all();
}

void GroupMembership::run() {
  std::unique_lock lock(mutex_);
  while (!leaving_) {
    lock.unlock();
    joined_ = false;
    Result<ClientHandle> made =
        make_client(RD_KAFKA_CONSUMER, settings_.connection,
                    {{"group.id", settings_.group},
                     {"partition.assignment.strategy", "cooperative-sticky"},
                     {"enable.auto.commit", "false"},
                     {"enable.auto.offset.store", "false"}},
                    {{"session.timeout.ms", "6000"},
                     {"heartbeat.interval.ms", "1000"},
                     {"max.poll.interval.ms", "60000"}},
                    Callbacks{.opaque = this, .rebalanced = &GroupMembership::on_rebalance});
    if (made.ok()) {
      serve(made->get());
      // librdkafka 2.0.2 crashes when a cooperative consumer closes before its first assignment (#4381).
      if (!joined_) {
        rd_kafka_destroy_flags(made->release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
      } else {
        rd_kafka_consumer_close(made->get());
      }
    } else {
      say_("can't join the group " + settings_.group + ": " + made.error().message);
    }
    lock.lock();
    wakeup_.wait_for(lock, rejoin_wait, [this] { return leaving_; });
  }
}

void GroupMembership::serve(rd_kafka_t* consumer) {
  rd_kafka_poll_set_consumer(consumer);
  const PartitionListHandle topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), settings_.offsets_topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(consumer, topics.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    say_(std::string("can't join the group: ") + rd_kafka_err2str(error));
    return;
  }
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (leaving_) return;
    }
    const MessageHandle message(rd_kafka_consumer_poll(consumer, poll_ms));
    if (!message || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    char reason[512];
    const auto fatal = rd_kafka_fatal_error(consumer, reason, sizeof reason);
    const std::string trouble =
        fatal != RD_KAFKA_RESP_ERR_NO_ERROR ? reason : rd_kafka_message_errstr(message.get());
    if (trouble != std::exchange(trouble_, trouble)) say_("group " + settings_.group + ": " + trouble);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  }
}

// Inside rd_kafka_consumer_poll() or rd_kafka_consumer_close(), so on our thread.
void GroupMembership::on_rebalance(rd_kafka_t* consumer, rd_kafka_resp_err_t event,
                                   rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<GroupMembership*>(opaque);
  self->joined_ = true;
  const std::vector<int> numbers = numbers_of(partitions);
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    const ErrorHandle error(rd_kafka_incremental_assign(consumer, partitions));
    rd_kafka_pause_partitions(consumer, partitions);
    if (!numbers.empty()) self->sink_(PartitionsAssigned{numbers});
  } else {
    if (!numbers.empty()) self->revoked(consumer, numbers);
    const ErrorHandle error(rd_kafka_incremental_unassign(consumer, partitions));
  }
}

void GroupMembership::revoked(rd_kafka_t* consumer, const std::vector<int>& partitions) {
  const bool lost = rd_kafka_assignment_lost(consumer) != 0;
  std::unique_lock lock(mutex_);
  if (leaving_) return;  // nothing is at work in them any more
  if (!lost) unreleased_.insert(partitions.begin(), partitions.end());
  lock.unlock();
  sink_(PartitionsRevoked{partitions, lost});
  lock.lock();
  wakeup_.wait_for(lock, release_patience, [this] { return unreleased_.empty() || leaving_; });
  unreleased_.clear();
}

}  // namespace auditstream::kafka
