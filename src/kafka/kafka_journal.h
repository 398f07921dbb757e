// KafkaJournal: a shard's partition on a real cluster. One thread and one transactional producer, which each
// open() makes anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "core/journal.h"
#include "kafka/access.h"
#include "kafka/client.h"
#include "kafka/contact.h"
#include "kafka/group_check.h"
#include "kafka/written_offsets.h"

namespace auditstream::kafka {

// The topics that a batch may write to, the offsets topic aside.
struct WritableTopics {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> record_bytes_max{};  // where known; dead letters are cut to fit
  std::size_t batch_bytes_max = 1'000'000;                // batch.size: no topic may accept less
};

struct JournalSettings {
  Connection connection;
  std::string group;
  std::string offsets_topic;
  int partition = 0;
  std::string instance;                    // who we are, for the __owner record
  std::function<WritableTopics()> topics;  // called by each open(), on the journal's thread
  std::function<Time()> now;               // wall clock, for the owner record
  // Is told now and then, on the journal's thread, how many records a long restore has read.
  std::function<void(std::size_t records)> restoring{};
  core::GroupTerms terms{};                                        // for the owner record; may be none
  std::shared_ptr<Contact> contact = std::make_shared<Contact>();  // told how long openings and commits take
  std::shared_ptr<WrittenOffsets> written =
      std::make_shared<WrittenOffsets>();  // of the shard's journals before

  std::string transactional_id() const {
    return transactional_id_prefix(group, offsets_topic) + std::to_string(partition);
  }
};

// An operator's change of the offsets topic. Unlike a batch, it reaches beyond the journal's own partition.
struct Edit {
  std::map<int, std::vector<core::Record>> records;  // by partition
  // Called on the journal's thread when all records are in the log, but not committed: whoever opens one of
  // the partitions from then on waits for our transaction to end. False aborts it.
  std::function<bool()> confirm{};
};

// Constant after construction except the command, which is guarded; the producer belongs to the thread.
class KafkaJournal final : public core::Journal {
 public:
  KafkaJournal(JournalSettings settings, core::JournalSink sink);
  // Ends within a few seconds, whatever the brokers do. The next owner's fence aborts an open transaction.
  ~KafkaJournal() override;

  void open() override;
  void commit(std::shared_ptr<const core::Batch> batch) override;
  // One transaction, like commit(). Marks our own partition again, so that its success, even without a
  // record, proves that nobody has opened the partition since.
  void edit(Edit edit);
  void close() override;
  void stop() override;

 private:
  struct Open {};
  struct Close {};
  using Command = std::variant<Open, std::shared_ptr<const core::Batch>, Edit, Close>;

  void post(Command command);
  void run();
  core::JournalEvent do_open();
  core::JournalDone do_commit(const core::Batch& batch);
  bool gone_while_flushing(const core::Batch& batch);
  core::JournalDone try_commit(const core::Batch& batch);
  core::JournalDone do_edit(const Edit& edit);
  void note(const core::JournalEvent& opened);
  void note(const core::JournalDone& done);

  Status fence();
  std::string new_nonce();
  core::Record owner_record(const std::string& nonce) const;
  Result<std::string> mark();
  Result<core::RecordMap> restore(const std::string& mark);
  std::optional<core::JournalDone> begin();
  core::JournalDone finish();
  core::JournalDone abort(const std::string& why);
  core::JournalDone dead(const std::string& why);
  // Adds the topics that we may not write to, if that is why the batch was not committed.
  core::JournalDone with_denials(core::JournalDone done);
  std::optional<core::JournalDone> with_gone_topics(core::JournalDone done, const core::Batch& batch);
  std::map<std::string, std::size_t> learn_record_bytes_max();
  core::JournalDone with_refused_heartbeats(core::JournalDone done) const;
  core::JournalDone with_age_limit(core::JournalDone done) const;
  bool produce(const core::Batch& batch, std::string& why);
  bool produce_unit(const core::Unit& unit, std::string& why);
  bool produce_edit(const Edit& edit, std::string& why);
  bool all_in_the_log();
  std::int64_t timestamp_ms(Time now) const;
  bool produce_record(rd_kafka_topic_t* topic, int partition, const std::string& key,
                      const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                      rd_kafka_headers_t* headers, std::string& why);
  rd_kafka_topic_t* topic(const std::string& name);
  void failed(const rd_kafka_topic_t* topic, rd_kafka_resp_err_t error);
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);
  static rd_kafka_resp_err_t on_answer(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api_key,
                                       std::int16_t, std::int32_t, std::size_t, std::int64_t,
                                       rd_kafka_resp_err_t error, void* opaque);

  const JournalSettings settings_;
  const core::JournalSink sink_;

  // Owned by the thread.
  WritableTopics writable_;
  ClientHandle producer_;
  std::vector<std::pair<std::string, TopicHandle>> topics_;
  rd_kafka_resp_err_t delivery_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // the first one of this transaction
  std::string failed_topic_;                                         // the topic of that error
  bool refused_event_ = false;               // an event's or a dead letter's record, not one of our own
  Time marked_at_{};                         // by our clock
  std::optional<Duration> ahead_of_broker_;  // by the broker's timestamp of our mark, if it has one
  std::set<std::string> gone_;               // topics that were missing when last looked for
  std::map<std::string, std::size_t> learnt_bytes_max_;  // once a topic's limit has been lowered
  std::vector<core::TruncatedLog> truncated_;            // since the last commit
  bool backdated_ = false;  // our own records get an old timestamp: the broker takes ours for the future
  std::uint64_t opens_ = 0;
  // One each: a partition that can be opened says nothing about topics that events are written to.
  Contact::Line opening_;
  Contact::Line committing_;

  // An EndTxn of this handle may still be in flight. Set by librdkafka's threads.
  std::atomic<bool> end_unanswered_ = false;

  Mutex mutex_;
  Condition wakeup_;
  std::optional<Command> command_ AS_GUARDED_BY(mutex_);
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace auditstream::kafka
