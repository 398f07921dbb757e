#include "kafka/group_membership.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "auditstream/time.h"
#include "kafka/access_probe.h"
#include "kafka/group_check.h"

namespace auditstream::kafka {
namespace {

// https://kafka.apache.org/protocol#protocol_api_keys
constexpr std::int16_t join_group = 11, heartbeat = 12, sync_group = 14;
constexpr int poll_ms = 200;
// Longer than a healthy shard needs to finish its commit. The next owner fences us anyway.
constexpr auto release_patience = 5s;
constexpr Duration rejoin_wait = 2s;
// While somebody else has our group.instance.id.
constexpr Duration instance_id_look = 5s;
constexpr Duration instance_id_patience = 30s;
constexpr Duration look_patience = 2s;
constexpr Duration handle_patience = 20s;
constexpr Duration look_interval = 5s;
constexpr Duration reconnect_patience = 10s;  // a handle that knows the right brokers is back by then
// The answer to each heartbeat shows that the coordinator is alive.
constexpr int heartbeat_max_ms = 3000;
constexpr Duration access_look = 5s;  // while Kafka denies us the group
// Longer than a session: another member may just have died without leaving.
constexpr Duration first_assignment_patience = 15s;

// A value that can't be parsed is left for librdkafka to refuse.
std::string heartbeat_interval(const Properties& properties) {
  const auto found = properties.find("heartbeat.interval.ms");
  if (found == properties.end()) return "1000";
  int wanted = 0;
  const char* end = found->second.data() + found->second.size();
  const bool read = std::from_chars(found->second.data(), end, wanted).ptr == end;
  return read && wanted > heartbeat_max_ms ? std::to_string(heartbeat_max_ms) : found->second;
}

std::vector<int> numbers_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<int> numbers;
  numbers.reserve(static_cast<std::size_t>(list->cnt));
  for (int i = 0; i < list->cnt; ++i) numbers.push_back(list->elems[i].partition);
  return numbers;
}

}  // namespace

// Watches the traffic between one handle and the group's coordinator, until it is muted.
class GroupMembership::Listener {
 public:
  explicit Listener(Contact::Line* line) : line_(line) {}

  void mute() {
    const MutexLock lock(mutex_);
    line_ = nullptr;
  }

  static rd_kafka_resp_err_t on_request(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api_key,
                                        std::int16_t, std::int32_t, std::size_t, void* self) {
    // The response to a JoinGroup waits for the other members, as long as they take.
    if (api_key == join_group) static_cast<Listener*>(self)->tell(&Contact::Line::rest);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  static rd_kafka_resp_err_t on_answer(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api_key,
                                       std::int16_t, std::int32_t, std::size_t, std::int64_t,
                                       rd_kafka_resp_err_t error, void* self) {
    if (api_key == join_group || api_key == sync_group || api_key == heartbeat) {
      static_cast<Listener*>(self)->tell(
          error == RD_KAFKA_RESP_ERR_NO_ERROR
              ? static_cast<void (Contact::Line::*)()>(&Contact::Line::answered)
              : &Contact::Line::ask);
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }

 private:
  void tell(void (Contact::Line::*what)()) {
    const MutexLock lock(mutex_);
    if (line_ != nullptr) (line_->*what)();
  }

  Mutex mutex_;
  Contact::Line* line_ AS_GUARDED_BY(mutex_);
};

GroupMembership::GroupMembership(MembershipSettings settings, std::function<void(core::MembershipEvent)> sink,
                                 std::function<void(const core::Notice&)> say)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      say_(std::move(say)),
      line_(settings_.contact),
      thread_([this] { run(); }) {}

GroupMembership::~GroupMembership() {
  {
    const MutexLock lock(mutex_);
    leaving_ = true;
  }
  wakeup_.notify_all();
  thread_.join();
}

void GroupMembership::released(int partition) {
  {
    const MutexLock lock(mutex_);
    unreleased_.erase(partition);
  }
  wakeup_.notify_all();
}

void GroupMembership::run() {
  do {
    joined_ = false;
    line_.ask();
    listener_ = std::make_unique<Listener>(&line_);
    Result<ClientHandle> made =
        make_client(RD_KAFKA_CONSUMER, settings_.connection,
                    {{"group.id", settings_.group},
                     // By this name the other instances know us.
                     {"client.id", settings_.connection.client_id},
                     {"partition.assignment.strategy", "cooperative-sticky"},
                     {"enable.auto.commit", "false"},
                     {"enable.auto.offset.store", "false"},
                     {"heartbeat.interval.ms", heartbeat_interval(settings_.connection.properties)}},
                    {{"session.timeout.ms", "6000"}, {"max.poll.interval.ms", "60000"}},
                    Callbacks{.opaque = this,
                              .rebalanced = &GroupMembership::on_rebalance,
                              .answered = &Listener::on_answer,
                              .sent = &Listener::on_request,
                              .listener = listener_.get()});
    if (!made.ok()) {
      say(core::Level::warn, "can't join: " + made.error().message);
      continue;
    }
    const rd_kafka_resp_err_t end = serve(made->get());
    if (end != RD_KAFKA_RESP_ERR_NO_ERROR) lose_everything();
    leave(*std::move(made));
    if (end == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) wait_for_free_instance_id();
    if (const std::optional<Access> missing = denied(end)) wait_for(*missing);
  } while (wait(rejoin_wait));
}

// False if we are leaving.
bool GroupMembership::wait(Duration patience) {
  MutexLock lock(mutex_);
  return !wakeup_.wait_for(lock, patience, [this]() AS_REQUIRES(mutex_) { return leaving_; });
}

// Repeated trouble is logged once, until partitions are assigned again.
void GroupMembership::say(core::Level level, const std::string& text) {
  if (text == std::exchange(last_said_, text)) return;
  say_(core::Notice{level, "group", "group " + settings_.group + ": " + text});
}

std::optional<Access> GroupMembership::denied(rd_kafka_resp_err_t error) const {
  if (error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return group_access(settings_.group);
  if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    return topic_access({"Describe", "Read", "Write"}, {settings_.offsets_topic});
  return std::nullopt;
}

// The brokers may have moved to addresses that this handle doesn't know. A new handle helps only once they
// are back, so a third one looks for them first.
bool GroupMembership::looks_elsewhere() {
  const Steady now = steady_now();
  if (line_.silent() < handle_patience) {
    found_elsewhere_.reset();
    look_next_ = now;
    return false;
  }
  if (now < look_next_) return false;
  look_next_ = now + look_interval;
  if (!look_at_group(settings_.connection, settings_.group, look_patience).ok()) {
    found_elsewhere_.reset();
    return false;
  }
  if (!found_elsewhere_) found_elsewhere_ = now;
  return now - *found_elsewhere_ >= reconnect_patience;
}

rd_kafka_resp_err_t GroupMembership::serve(rd_kafka_t* consumer) {
  rd_kafka_poll_set_consumer(consumer);
  const PartitionListHandle topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), settings_.offsets_topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(consumer, topics.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    say(core::Level::warn, std::string("can't join: ") + rd_kafka_err2str(error));
    return error;
  }
  while (true) {
    {
      const MutexLock lock(mutex_);
      if (leaving_) return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    const MessageHandle message(rd_kafka_consumer_poll(consumer, poll_ms));
    note_connection_failure(line_, settings_.connection.properties);
    if (looks_elsewhere()) {
      say(core::Level::warn,
          "the brokers answer, but not to the connection that has been here: joining again");
      return RD_KAFKA_RESP_ERR__TRANSPORT;
    }
    char reason[512];
    const auto fatal = rd_kafka_fatal_error(consumer, reason, sizeof reason);
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return fatal;
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
      say(core::Level::error, std::string(reason) + ": all partitions are given up; joining again");
      return fatal;
    }
    if (!message || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (const std::optional<Access> access = denied(message->err)) {
      line_.rest();
      say(core::Level::error, denial(*access, settings_.connection.properties));
      return message->err;  // this handle would not retry for minutes
    }
    say(core::Level::warn, rd_kafka_message_errstr(message.get()));
  }
}

// librdkafka 2.0.2 crashes if a cooperative consumer is closed or destroyed between its join and its first
// assignment (#4381), and doesn't tell when that is. So we wait for that assignment; if it does not come, the
// handle is leaked: the brokers will notice its silence.
void GroupMembership::leave(ClientHandle consumer) {
  const auto deadline = std::chrono::steady_clock::now() + first_assignment_patience;
  while (!joined_ && std::chrono::steady_clock::now() < deadline) {
    const MessageHandle message(rd_kafka_consumer_poll(consumer.get(), poll_ms));
  }
  if (joined_) {
    rd_kafka_consumer_close(consumer.get());
  } else {
    listener_->mute();
    (void)listener_.release();
    (void)consumer.release();
  }
}

// Whoever joins with a group.instance.id fences the member that has it: two that rejoin at once would do so
// for ever. So we wait until the group has no such member; for a while, if the group can't be looked at.
void GroupMembership::wait_for_free_instance_id() {
  line_.rest();
  const std::string& id = settings_.connection.properties.at("group.instance.id");
  say(core::Level::error,
      "another instance has the same kafka.group.instance.id, \"" + id +
          "\": this one polls nothing until that one has ended; each instance needs its own, "
          "such as ${env:HOSTNAME}");
  Duration blind{0};
  while (blind < instance_id_patience && wait(instance_id_look)) {
    const Result<GroupView> group = look_at_group(settings_.connection, settings_.group, look_patience);
    if (!group.ok()) {
      blind += instance_id_look;
      continue;
    }
    const auto has_it = [&](const GroupMember& member) { return member.has_instance_id(id); };
    if (std::ranges::none_of(group->members, has_it)) return;
  }
}

// Does not just join again: each attempt may leak a handle (see leave()).
void GroupMembership::wait_for(const Access& missing) {
  line_.rest();
  const auto is_it = [&](const Access& access) { return access.resource == missing.resource; };
  while (std::ranges::any_of(
             membership_denied(settings_.connection, settings_.group, settings_.offsets_topic), is_it) &&
         wait(access_look)) {
  }
}

// The handle is dead: others may have our partitions already.
void GroupMembership::lose_everything() {
  const std::set<int> lost = std::exchange(partitions_, {});
  sink_(core::PartitionsRevoked{{lost.begin(), lost.end()}, true});
}

// Called by rd_kafka_consumer_poll() or rd_kafka_consumer_close(), so on our thread.
void GroupMembership::on_rebalance(rd_kafka_t* consumer, rd_kafka_resp_err_t event,
                                   rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<GroupMembership*>(opaque);
  const std::vector<int> numbers = numbers_of(partitions);
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->joined_ = true;
    const ErrorHandle error(rd_kafka_incremental_assign(consumer, partitions));
    rd_kafka_pause_partitions(consumer, partitions);
    self->last_said_.clear();
    self->partitions_.insert(numbers.begin(), numbers.end());
    self->sink_(core::PartitionsAssigned{numbers});
  } else {
    self->revoked(consumer, numbers);
    const ErrorHandle error(rd_kafka_incremental_unassign(consumer, partitions));
  }
}

void GroupMembership::revoked(rd_kafka_t* consumer, std::vector<int> partitions) {
  std::erase_if(partitions, [this](int partition) { return partitions_.erase(partition) == 0; });
  const bool lost = rd_kafka_assignment_lost(consumer) != 0;
  if (partitions.empty() && !lost) return;
  MutexLock lock(mutex_);
  if (leaving_) return;  // all shards are closed already
  if (!lost) unreleased_.insert(partitions.begin(), partitions.end());
  lock.unlock();
  sink_(core::PartitionsRevoked{partitions, lost});
  lock.lock();
  wakeup_.wait_for(lock, release_patience,
                   [this]() AS_REQUIRES(mutex_) { return unreleased_.empty() || leaving_; });
  unreleased_.clear();
}

}  // namespace auditstream::kafka
