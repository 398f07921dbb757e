#include "kafka/group_check.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <thread>

namespace auditstream::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view client_id_prefix = "auditstream-";
constexpr std::string_view consumer_protocol = "consumer";
// If a broker is down, its answer is awaited for this long.
constexpr Duration group_patience = 5s;
constexpr auto look_again = 500ms;
constexpr Duration session_timeout_default = 6s;
constexpr Duration session_timeout_spare = 2s;

std::string property(const config::Config& config, const std::string& name) {
  const auto found = config.kafka.find(name);
  return found == config.kafka.end() ? "" : found->second;
}

std::string place_of(const GroupMember& member) {
  return "client.id " + member.client_id + (member.host.empty() ? "" : " at " + member.host);
}

std::optional<std::string> foreign_topic(const GroupMember& member, const std::string& ours) {
  const auto other = std::ranges::find_if(member.topics, [&](const auto& topic) { return topic != ours; });
  return other == member.topics.end() ? std::nullopt : std::optional(*other);
}

// The terms of the instance, if it has opened a partition.
core::GroupTerms told_by(const std::string& instance, const core::OffsetsView& offsets) {
  for (const auto& [partition, owner] : offsets.owners()) {
    if (owner.instance == instance) return owner.config;
  }
  return {};
}

// "topics.partitions: 6 here, 4 there; ..."
std::string differences(const core::GroupTerms& ours, const core::GroupTerms& theirs) {
  std::string text;
  for (const auto& [name, value] : ours) {
    const auto told = theirs.find(name);
    if (told == theirs.end() || told->second == value) continue;
    text += (text.empty() ? "" : "; ") + name + ": " + value + " here, " + told->second + " there";
  }
  return text;
}

struct GroupListFree {
  void operator()(const struct rd_kafka_group_list* list) const { rd_kafka_group_list_destroy(list); }
};
using GroupListHandle = std::unique_ptr<const struct rd_kafka_group_list, GroupListFree>;

// Errors of a group's coordinator that pass by themselves.
bool passes(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
         error == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE || error == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

GroupView view_of(const rd_kafka_group_info& info) {
  const auto text = [](const char* words) { return std::string(words == nullptr ? "" : words); };
  GroupView view{text(info.protocol_type), {}};
  for (int i = 0; i < info.member_cnt; ++i) {
    const rd_kafka_group_member_info& member = info.members[i];
    const std::string_view metadata(static_cast<const char*>(member.member_metadata),
                                    static_cast<std::size_t>(std::max(member.member_metadata_size, 0)));
    view.members.push_back(
        {text(member.member_id), text(member.client_id), text(member.client_host),
         view.protocol_type == consumer_protocol ? subscribed_topics(metadata) : std::set<std::string>{}});
  }
  return view;
}

// The front of a message in network byte order.
class Bytes {
 public:
  explicit Bytes(std::string_view left) : left_(left) {}

  std::optional<std::int32_t> number(std::size_t size) {
    if (left_.size() < size) return std::nullopt;
    std::uint32_t value = 0;
    for (const char byte : left_.substr(0, size)) value = value << 8 | static_cast<unsigned char>(byte);
    left_.remove_prefix(size);
    return static_cast<std::int32_t>(value);
  }
  std::optional<std::string> text() {
    const std::optional<std::int32_t> size = number(2);
    if (!size || static_cast<std::size_t>(*size) > left_.size()) return std::nullopt;
    std::string text(left_.substr(0, static_cast<std::size_t>(*size)));
    left_.remove_prefix(text.size());
    return text;
  }

 private:
  std::string_view left_;
};

}  // namespace

core::GroupTerms terms_of(const config::Config& config) {
  return {{"offsets.partitions", std::to_string(config.offsets.partitions)},
          {"topics.dead_letters", config.topics.dead_letters},
          {"topics.events", config.topics.events},
          {"topics.partitions", std::to_string(config.topics.partitions)}};
}

std::string client_id_of(std::string_view instance) {
  return std::string(client_id_prefix) + std::string(instance);
}

bool GroupMember::has_instance_id(std::string_view id) const {
  return !id.empty() && member_id.starts_with(std::string(id) + "-") &&
         !member_id.starts_with(client_id + "-");
}

std::set<std::string> subscribed_topics(std::string_view metadata) {
  Bytes bytes(metadata);
  std::set<std::string> topics;
  if (!bytes.number(2)) return topics;
  for (std::int32_t left = bytes.number(4).value_or(0); left > 0; --left) {
    std::optional<std::string> topic = bytes.text();
    if (!topic) break;
    topics.insert(*std::move(topic));
  }
  return topics;
}

Result<GroupView> look_at_group(const Connection& connection, const std::string& group, Duration timeout) {
  const auto deadline = Clock::now() + timeout;
  Result<ClientHandle> client =
      make_client(RD_KAFKA_PRODUCER, connection, {{"socket.timeout.ms", "10000"}}, {});
  if (!client.ok()) return client.error();
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const struct rd_kafka_group_list* found = nullptr;
    // librdkafka 2.0.2 hangs in the newer DescribeConsumerGroups if a broker doesn't know that request.
    const rd_kafka_resp_err_t error = rd_kafka_list_groups(
        client->get(), group.c_str(), &found, static_cast<int>(std::max<std::int64_t>(left.count(), 1)));
    const GroupListHandle list(found);
    // Even if some brokers are down, the one that knows this group may have answered.
    if (list && list->group_cnt > 0) {
      const rd_kafka_group_info& info = list->groups[0];
      if (info.err == RD_KAFKA_RESP_ERR_NO_ERROR) return view_of(info);
      if (!passes(info.err) || Clock::now() >= deadline) return Error{rd_kafka_err2str(info.err)};
    } else if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return GroupView{};
    } else if (!passes(error) || Clock::now() >= deadline) {
      return Error{rd_kafka_err2str(error)};
    }
    std::this_thread::sleep_for(look_again);
  }
}

std::optional<std::string> group_mistake(const config::Config& config, const GroupView& group,
                                         const core::OffsetsView& offsets) {
  const std::string in_group = " of the group \"" + config.group + "\"";
  const std::string our_instance_id = property(config, "group.instance.id");
  const core::GroupTerms ours = terms_of(config);
  const bool of_consumers = group.protocol_type.empty() || group.protocol_type == consumer_protocol;
  for (const GroupMember& member : group.members) {
    if (member.has_instance_id(our_instance_id)) continue;
    const std::optional<std::string> topic = foreign_topic(member, config.offsets.topic);
    if (!of_consumers || !member.client_id.starts_with(client_id_prefix)) {
      return "group: \"" + config.group + "\" is in use by " +
             (!of_consumers ? "a group of type " + group.protocol_type
              : topic       ? "a consumer of topic " + *topic
                            : "a consumer that is no auditstream") +
             " (" + place_of(member) + "): choose another group for auditstream";
    }
    const std::string instance = member.client_id.substr(client_id_prefix.size());
    const std::string other = "instance " + instance + in_group + " (" + place_of(member) + ")";
    if (topic) {
      return "offsets.topic: " + config.offsets.topic + " here, " + *topic + " there: " + other +
             " has another offsets topic: give this one the same, or choose another group";
    }
    if (const std::string differs = differences(ours, told_by(instance, offsets)); !differs.empty()) {
      return differs + ": " + other +
             " has another config: give this one the same values, or choose another group with another "
             "offsets.topic, or stop all instances before the change";
    }
  }
  return std::nullopt;
}

GroupVerdict check_group(const Connection& connection, const config::Config& config,
                         const core::OffsetsView& offsets, Duration patience) {
  const auto deadline = Clock::now() + patience;
  while (true) {
    const Result<GroupView> group = look_at_group(connection, config.group, group_patience);
    if (!group.ok()) {
      return {std::nullopt, "the group " + config.group +
                                " can't be looked at, so the configs of its instances are not compared: " +
                                group.error().message};
    }
    std::optional<std::string> mistake = group_mistake(config, *group, offsets);
    if (!mistake || Clock::now() >= deadline) return {std::move(mistake), std::nullopt};
    std::this_thread::sleep_for(look_again);
  }
}

Duration dead_member_patience(const config::Config& config) {
  const std::string text = property(config, "session.timeout.ms");
  int milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  const bool given = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return (given ? Duration(std::chrono::milliseconds(milliseconds)) : session_timeout_default) +
         session_timeout_spare;
}

}  // namespace auditstream::kafka
