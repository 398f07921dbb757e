#include "kafka/topic_creation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "kafka/access.h"
#include "kafka/handles.h"

namespace auditstream::kafka {
namespace {

constexpr int answer_ms = 20'000;

struct Refusal {
  rd_kafka_resp_err_t code;
  std::string reason;
};

// Services say so of a property, each in its own way: Amazon MSK Serverless, Confluent Cloud, Redpanda.
bool is_about_properties(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION || code == RD_KAFKA_RESP_ERR_INVALID_CONFIG ||
         code == RD_KAFKA_RESP_ERR_INVALID_REQUEST;
}

// By topic; none where it was made or exists.
Result<std::map<std::string, Refusal>> request(rd_kafka_t* client, const std::vector<Wanted>& wanted,
                                               bool only_try) {
  std::vector<NewTopicHandle> owned;
  std::vector<rd_kafka_NewTopic_t*> topics;
  char reason[512];
  for (const Wanted& topic : wanted) {
    rd_kafka_NewTopic_t* made = rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                                      topic.replication_factor, reason, sizeof reason);
    if (made == nullptr) return Error{topic.name + ": " + reason};
    owned.emplace_back(made);
    topics.push_back(made);
    for (const auto& [name, value] : topic.all())
      rd_kafka_NewTopic_set_config(made, name.c_str(), value.c_str());
  }
  const AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_validate_only(options.get(), only_try ? 1 : 0, reason, sizeof reason);
  const QueueHandle queue(rd_kafka_queue_new(client));
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), options.get(), queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), answer_ms));
  if (!event) return Error{"no answer to the creation of topics"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Error{rd_kafka_event_error_string(event.get())};
  std::map<std::string, Refusal> refusals;
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* detail = rd_kafka_topic_result_error_string(results[i]);
    refusals[rd_kafka_topic_result_name(results[i])] = {error,
                                                        detail != nullptr ? detail : rd_kafka_err2str(error)};
  }
  return refusals;
}

Result<std::optional<Refusal>> request_one(rd_kafka_t* client, const Wanted& topic, bool only_try) {
  Result<std::map<std::string, Refusal>> refusals = request(client, {topic}, only_try);
  if (!refusals.ok()) return refusals.error();
  if (refusals->empty()) return std::optional<Refusal>();
  return std::optional<Refusal>(std::move(refusals->begin()->second));
}

std::string listed(const Wanted::Properties& properties) {
  std::string text;
  for (const auto& [name, value] : properties) text += (text.empty() ? "" : ", ") + name + "=" + value;
  return text;
}

// Finds out which of the wishes Kafka takes, makes the topic with those, and says which were refused.
Status make_with_less(rd_kafka_t* client, const Wanted& wanted, bool only_try, Creation& creation) {
  Wanted topic = wanted;
  topic.wished.clear();
  Wanted::Properties taken, refused;
  std::string why;
  for (const auto& wish : wanted.wished) {
    topic.wished = {wish};
    const Result<std::optional<Refusal>> answer = request_one(client, topic, true);
    if (!answer.ok()) return answer.error();
    (answer->has_value() ? refused : taken).insert(wish);
    if (answer->has_value()) why = (*answer)->reason;
  }
  std::optional<Refusal> left;
  // Where only their number is too much, none of them.
  for (const Wanted::Properties& wishes : {taken, Wanted::Properties{}}) {
    topic.wished = wishes;
    const Result<std::optional<Refusal>> answer = request_one(client, topic, only_try);
    if (!answer.ok()) return answer.error();
    left = *answer;
    if (!left) break;
    refused = wanted.wished;
    why = left->reason;
  }
  if (left) {
    creation.errors[wanted.name] = left->reason;
    return success();
  }
  creation.given[wanted.name] = topic.all();
  creation.warnings.push_back("topic " + wanted.name + (only_try ? " can be made only" : " is made") +
                              " without " + listed(refused) + ", which Kafka refuses: " + why);
  return success();
}

}  // namespace

Wanted::Properties Wanted::all() const {
  Properties properties = needed;
  properties.insert(wished.begin(), wished.end());
  return properties;
}

std::string by_hand(const Wanted& topic) {
  std::string command =
      "kafka-topics.sh --create --topic " + topic.name + " --partitions " + std::to_string(topic.partitions);
  if (topic.replication_factor > 0)
    command += " --replication-factor " + std::to_string(topic.replication_factor);
  for (const auto& [name, value] : topic.needed) command += " --config " + name + "=" + value;
  return command;
}

Result<Creation> create_topics(rd_kafka_t* client, const std::vector<Wanted>& wanted, bool only_try) {
  const Result<std::map<std::string, Refusal>> refusals = request(client, wanted, only_try);
  if (!refusals.ok()) return refusals.error();
  Creation creation;
  for (const Wanted& topic : wanted) {
    const auto found = refusals->find(topic.name);
    if (found == refusals->end()) {
      creation.given[topic.name] = topic.all();
    } else if (is_denial(found->second.code)) {
      creation.denied.push_back(topic.name);
    } else if (is_about_properties(found->second.code) && !topic.wished.empty()) {
      if (Status made = make_with_less(client, topic, only_try, creation); !made.ok()) return made.error();
    } else {
      creation.errors[topic.name] = found->second.reason;
    }
  }
  for (const Wanted& topic : wanted) {
    const auto error = creation.errors.find(topic.name);
    if (error == creation.errors.end()) continue;
    error->second = "topic " + topic.name + " can't be created: " + error->second + "; change " +
                    topic.settings + ", or make it by hand: " + by_hand(topic);
  }
  return creation;
}

}  // namespace auditstream::kafka
