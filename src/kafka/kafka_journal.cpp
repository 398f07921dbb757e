#include "kafka/kafka_journal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/envelope.h"
#include "core/offsets_view.h"
#include "kafka/access_probe.h"
#include "kafka/cluster.h"
#include "kafka/offsets_reader.h"

namespace auditstream::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int16_t end_txn = 26;  // https://kafka.apache.org/protocol#The_Messages_EndTxn
// transaction.timeout.ms doesn't limit commit and abort when they are called with -1, so they are called in
// slices.
constexpr int slice_ms = 3000;
// A short first slice: init_transactions aborts a dead owner's transaction at once, but librdkafka retries
// only every 500 ms; a new handle retries immediately.
constexpr int init_slice_ms = 100;
constexpr auto init_deadline = 20s;
constexpr auto commit_deadline = 25s;
constexpr auto restore_deadline = 30s;
constexpr auto restoring_interval = 5s;
constexpr auto queue_full_deadline = 20s;
constexpr int flush_slice_ms = 500;
// Records for a missing topic time out much later than that.
constexpr auto gone_looked_at_after = 5s;
constexpr auto gone_look_interval = 10s;
// A commit that fails sooner than this was answered by a broker.
constexpr Duration refused_within = 2s;

std::string words(const rd_kafka_error_t* error) {
  return std::string(rd_kafka_error_name(error)) + ": " + rd_kafka_error_string(error);
}

// Errors of a record, not of the broker: the same batch would be refused again and again.
bool refuses_record(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ||
         error == RD_KAFKA_RESP_ERR_INVALID_RECORD || error == RD_KAFKA_RESP_ERR_INVALID_MSG;
}

bool is_time_out(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

bool needs_a_person(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT ||
         error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

// Those of its events, dead letters and heartbeats.
std::vector<std::string> topics_of(const core::Batch& batch) {
  std::set<std::string> topics;
  for (const core::Unit& unit : batch.units) {
    if (!unit.events.empty()) topics.insert(unit.source->topic);
    if (!unit.dead_letters.empty()) topics.insert(unit.source->dead_letter_topic);
    if (unit.heartbeat) topics.insert(unit.heartbeat->topic);
  }
  return {topics.begin(), topics.end()};
}

bool has_heartbeats_for(const core::Batch& batch, const std::string& topic) {
  return std::ranges::any_of(
      batch.units, [&](const core::Unit& unit) { return unit.heartbeat && unit.heartbeat->topic == topic; });
}

}  // namespace

KafkaJournal::KafkaJournal(JournalSettings settings, core::JournalSink sink)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      opening_(settings_.contact),
      committing_(settings_.contact),
      thread_([this] { run(); }) {}

KafkaJournal::~KafkaJournal() {
  stop();
  thread_.join();
}

void KafkaJournal::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wakeup_.notify_one();
}

void KafkaJournal::open() { post(Open{}); }
void KafkaJournal::commit(std::shared_ptr<const core::Batch> batch) { post(std::move(batch)); }
void KafkaJournal::edit(Edit edit) { post(std::move(edit)); }
void KafkaJournal::close() { post(Close{}); }

void KafkaJournal::post(Command command) {
  {
    const MutexLock lock(mutex_);
    AS_CHECK(!command_);
    command_ = std::move(command);
  }
  wakeup_.notify_one();
}

void KafkaJournal::run() {
  while (true) {
    Command command;
    {
      MutexLock lock(mutex_);
      wakeup_.wait(lock, [this]() AS_REQUIRES(mutex_) { return stopping_ || command_; });
      if (stopping_) break;
      command = *std::exchange(command_, std::nullopt);
    }
    if (std::holds_alternative<Open>(command)) {
      opening_.ask();
      core::JournalEvent event = do_open();
      note(event);
      sink_(std::move(event));
    } else if (const auto* batch = std::get_if<std::shared_ptr<const core::Batch>>(&command)) {
      committing_.ask();
      core::JournalDone done = do_commit(**batch);
      done.truncated = std::exchange(truncated_, {});
      note(done);
      sink_(std::move(done));
    } else if (const auto* edit = std::get_if<Edit>(&command)) {
      sink_(do_edit(*edit));
    } else {
      topics_.clear();
      producer_.reset();
      sink_(core::JournalClosed{});
    }
  }
  // Nothing is worth waiting for: what was not committed is read from the vendor again.
  if (producer_) rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  topics_.clear();
  producer_.reset();
}

// --- opening

// Fence, mark, restore, in this order: everything that a previous owner has committed lies below our mark,
// and nothing of it can follow. Neither the last stable offset nor the high watermark guarantees that.
core::JournalEvent KafkaJournal::do_open() {
  writable_ = settings_.topics();
  if (!learnt_bytes_max_.empty()) {
    for (const auto& [topic, bytes] : learn_record_bytes_max()) {
      writable_.record_bytes_max[topic] = bytes;
      writable_.batch_bytes_max = std::min(writable_.batch_bytes_max, bytes);
    }
  }
  if (Status fenced = fence(); !fenced.ok()) return core::JournalFailed{fenced.error()};
  Result<std::string> marked = mark();
  if (!marked.ok()) return core::JournalFailed{marked.error()};
  marked_at_ = settings_.now();
  ahead_of_broker_.reset();
  Result<core::RecordMap> restored = restore(*marked);
  if (!restored.ok()) return core::JournalFailed{restored.error()};
  return core::JournalOpened{*std::move(restored), *std::move(marked), ahead_of_broker_};
}

Status KafkaJournal::fence() {
  const auto deadline = Clock::now() + init_deadline;
  std::string why = "no answer";
  while (!stopping_ && Clock::now() < deadline) {
    topics_.clear();
    producer_.reset();
    end_unanswered_ = false;
    rd_kafka_topic_conf_t* topic_conf = rd_kafka_topic_conf_new();
    // The partitioner of Kafka's Java clients, so that a key lies where users expect it.
    rd_kafka_topic_conf_set(topic_conf, "partitioner", "murmur2_random", nullptr, 0);
    Result<ClientHandle> made =
        make_client(RD_KAFKA_PRODUCER, settings_.connection,
                    {{"transactional.id", settings_.transactional_id()},
                     {"transaction.timeout.ms", "30000"},
                     {"message.timeout.ms", "20000"},
                     {"socket.timeout.ms", "10000"},
                     {"request.timeout.ms", "10000"},
                     {"message.max.bytes", std::to_string(core::dead_letter_record_bytes_max + (1 << 20))},
                     {"batch.size", std::to_string(writable_.batch_bytes_max)},
                     {"queue.buffering.max.messages", "100000"}},
                    {{"compression.type", "lz4"}, {"queue.buffering.max.kbytes", "16384"}},
                    Callbacks{.opaque = this,
                              .delivered = &KafkaJournal::on_delivery,
                              .answered = &KafkaJournal::on_answer,
                              .listener = this},
                    topic_conf);
    if (!made.ok()) return made.error();
    producer_ = *std::move(made);
    // Before init_transactions: an unknown topic would stall the first transaction by a second.
    for (const std::string& name : writable_.names) topic(name);
    topic(settings_.offsets_topic);
    while (!stopping_ && Clock::now() < deadline) {
      const ErrorHandle error(rd_kafka_init_transactions(producer_.get(), init_slice_ms));
      if (!error) return success();
      why = words(error.get());
      const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
      if (code == RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS) break;
      const bool denied = code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
      if (denied) {
        why = denial(owner_access(settings_.group, settings_.offsets_topic), settings_.connection.properties);
      }
      if (!rd_kafka_error_is_retriable(error.get())) {
        return Error{"can't become the owner of partition " + std::to_string(settings_.partition) + " of " +
                         settings_.offsets_topic + " (transactional.id " + settings_.transactional_id() +
                         "): " + why,
                     denied || needs_a_person(code) ? ErrorKind::misconfigured : ErrorKind::unavailable};
      }
    }
  }
  const std::optional<Error> broker =
      producer_ ? last_broker_error(producer_.get(), settings_.connection.properties) : std::nullopt;
  return Error{"can't become the owner of partition " + std::to_string(settings_.partition) + " of " +
                   settings_.offsets_topic + ": " + (broker ? broker->message : why) + "; trying again",
               broker ? broker->kind : ErrorKind::unavailable};
}

std::string KafkaJournal::new_nonce() {
  return settings_.instance + "/" + std::to_string(++opens_) + "/" +
         std::to_string(settings_.now().time_since_epoch().count());
}

core::Record KafkaJournal::owner_record(const std::string& nonce) const {
  return core::Record{std::string(core::owner_key),
                      core::encode_owner({settings_.instance, nonce, settings_.now(), settings_.terms})};
}

Result<std::string> KafkaJournal::mark() {
  const std::string nonce = new_nonce();
  core::Batch batch;
  core::Unit unit;
  unit.now = settings_.now();
  unit.records.push_back(owner_record(nonce));
  batch.units.push_back(std::move(unit));
  const core::JournalDone done = do_commit(batch);
  if (done.outcome != core::Outcome::committed)
    return Error{"can't mark partition " + std::to_string(settings_.partition) + " as ours: " + done.detail,
                 done.blocked.empty() ? ErrorKind::unavailable : ErrorKind::misconfigured};
  return nonce;
}

Result<core::RecordMap> KafkaJournal::restore(const std::string& mark) {
  const Result<OffsetsReader> reader =
      OffsetsReader::make(settings_.connection, settings_.offsets_topic, settings_.group + "-restore",
                          {{"auto.offset.reset", "error"},
                           {"fetch.wait.max.ms", "10"},
                           {"fetch.error.backoff.ms", "50"},
                           {"client.rack", ""}});
  if (!reader.ok()) return reader.error();
  {
    // Asking for the leader before the first fetch saves half a second.
    const TopicHandle topic(rd_kafka_topic_new(reader->handle(), settings_.offsets_topic.c_str(), nullptr));
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(reader->handle(), 0, topic.get(), &metadata, slice_ms) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(metadata);
  }
  const auto deadline = Clock::now() + restore_deadline;
  auto say_next = Clock::now() + restoring_interval;
  std::size_t count = 0;
  core::RecordMap records;
  const Status read = reader->read_to_mark(
      {{settings_.partition, RD_KAFKA_OFFSET_BEGINNING}},
      [&](const OffsetsRecord& record) {
        ++count;
        opening_.sign();
        if (settings_.restoring && Clock::now() >= say_next) {
          settings_.restoring(count);
          say_next = Clock::now() + restoring_interval;
        }
        const std::optional<core::OwnerRecord> owner =
            record.key == core::owner_key && record.value ? core::decode_owner(*record.value) : std::nullopt;
        const bool is_our_mark = owner && owner->nonce == mark;
        if (is_our_mark && record.appended) ahead_of_broker_ = marked_at_ - *record.appended;
        if (!is_our_mark) core::apply(records, record.key, record.value);
        return !is_our_mark;
      },
      [&] { return !stopping_ && Clock::now() < deadline; });
  if (read.ok()) return records;
  if (read.error().lasts()) return read.error();
  const std::string& why = read.error().message;
  return Error{"can't read the cursors of partition " + std::to_string(settings_.partition) + ": " +
               (why.empty() ? "our own mark did not become visible in time" : why)};
}

// --- committing

// The outcome is decided only here, at the boundary to librdkafka, whose errors are of three kinds:
// retriable, abortable, and fatal; any other error counts as fatal.
core::JournalDone KafkaJournal::do_commit(const core::Batch& batch) {
  // Trying a missing topic again costs a transaction's whole timeout, so we look for it first.
  const std::vector<std::string> topics = topics_of(batch);
  if (std::ranges::any_of(topics, [this](const std::string& topic) { return gone_.contains(topic); })) {
    if (std::optional<core::JournalDone> still = with_gone_topics({core::Outcome::lost, ""}, batch))
      return *std::move(still);
  }
  core::JournalDone done = try_commit(batch);
  if (done.outcome == core::Outcome::committed) return done;
  done.timed_out = done.timed_out || is_time_out(delivery_error_);
  if (done.outcome == core::Outcome::refused && has_heartbeats_for(batch, failed_topic_))
    return with_refused_heartbeats(std::move(done));
  switch (delivery_error_) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return with_denials(std::move(done));
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return done.outcome == core::Outcome::refused ? with_age_limit(std::move(done)) : done;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      return with_gone_topics(done, batch).value_or(done);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      if (refused_event_) done.record_bytes_max = learn_record_bytes_max();
      return done;
    default:
      return done;
  }
}

// No event is to blame.
core::JournalDone KafkaJournal::with_refused_heartbeats(core::JournalDone done) const {
  done.outcome = core::Outcome::lost;
  done.detail =
      "topic " + failed_topic_ + " refuses heartbeats (" + rd_kafka_err2str(delivery_error_) +
      "): take its max.message.bytes and message.timestamp.before.max.ms back to Kafka's defaults, or "
      "choose another heartbeats.topic; until then there are none";
  done.blocked = {{failed_topic_, done.detail}};
  return done;
}

// No event is to blame: the next ones of a backfill are just as old.
core::JournalDone KafkaJournal::with_age_limit(core::JournalDone done) const {
  done.outcome = core::Outcome::lost;
  done.detail =
      "topic " + failed_topic_ +
      " refuses records because of their time: older than its message.timestamp.before.max.ms allows, or "
      "ahead of the broker's clock; if it is their age, kafka-configs.sh --alter --topic " +
      failed_topic_ +
      " --add-config message.timestamp.before.max.ms=9223372036854775807; its sources wait meanwhile";
  done.blocked = {{failed_topic_, done.detail, false}};
  return done;
}

core::JournalDone KafkaJournal::with_denials(core::JournalDone done) {
  std::vector<std::string> topics = writable_.names;
  topics.push_back(settings_.offsets_topic);
  const Connection& connection = settings_.connection;
  for (const Access& access : writing_denied(connection, topics)) {
    const std::string why = denial(access, connection.properties);
    done.detail += "; " + why;
    for (const std::string& topic : access.names) done.blocked.push_back({topic, why});
  }
  return done;
}

// Nothing if all the batch's topics exist.
std::optional<core::JournalDone> KafkaJournal::with_gone_topics(core::JournalDone done,
                                                                const core::Batch& batch) {
  const std::vector<std::string> topics = topics_of(batch);
  const std::vector<std::string> gone = missing(settings_.connection, topics);
  for (const std::string& topic : topics) gone_.erase(topic);
  gone_.insert(gone.begin(), gone.end());
  if (gone.empty()) return std::nullopt;
  done.detail.clear();
  for (const std::string& topic : gone) {
    const std::string why =
        "topic " + topic + " does not exist any more: make it again, or start auditstream " +
        "again, which makes it; until then nothing is published to it, and nothing is lost";
    done.detail += (done.detail.empty() ? "" : "; ") + why;
    done.blocked.push_back({topic, why});
  }
  return done;
}

// The topics' limits may have changed since we started.
std::map<std::string, std::size_t> KafkaJournal::learn_record_bytes_max() {
  learnt_bytes_max_ =
      record_bytes_max(settings_.connection, {writable_.names.begin(), writable_.names.end()});
  return learnt_bytes_max_;
}

// An error that only a person can fix is an answer, too.
void KafkaJournal::note(const core::JournalEvent& event) {
  const auto* failed = std::get_if<core::JournalFailed>(&event);
  if (failed == nullptr || failed->error.lasts()) {
    opening_.rest();
  } else {
    opening_.in_vain(failed->error.message);
  }
}

void KafkaJournal::note(const core::JournalDone& done) {
  if (done.outcome != core::Outcome::lost || !done.blocked.empty()) {
    committing_.rest();
    return;
  }
  if (!done.timed_out && committing_.silent() < refused_within) {
    committing_.rest();
    return;
  }
  if (producer_) rd_kafka_poll(producer_.get(), 0);
  note_connection_failure(committing_, settings_.connection.properties);
  committing_.in_vain(done.detail);
}

core::JournalDone KafkaJournal::try_commit(const core::Batch& batch) {
  if (std::optional<core::JournalDone> failed = begin()) return *std::move(failed);
  std::string why;
  if (!produce(batch, why)) return abort(why);
  if (gone_while_flushing(batch)) return abort("a topic is gone");
  return finish();
}

// Waits until the brokers have all records of the batch, or until the commit will report an error. True if a
// topic of the batch no longer exists, which librdkafka would report only as a timeout.
bool KafkaJournal::gone_while_flushing(const core::Batch& batch) {
  const auto deadline = Clock::now() + commit_deadline;
  auto look_next = Clock::now() + gone_looked_at_after;
  char reason[256];
  while (!stopping_ && Clock::now() < deadline && delivery_error_ == RD_KAFKA_RESP_ERR_NO_ERROR &&
         rd_kafka_fatal_error(producer_.get(), reason, sizeof reason) == RD_KAFKA_RESP_ERR_NO_ERROR &&
         rd_kafka_flush(producer_.get(), flush_slice_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (Clock::now() < look_next) continue;
    look_next = Clock::now() + gone_look_interval;
    if (!missing(settings_.connection, topics_of(batch)).empty()) {
      delivery_error_ = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
      return true;
    }
  }
  return false;
}

core::JournalDone KafkaJournal::do_edit(const Edit& edit) {
  if (std::optional<core::JournalDone> failed = begin()) return *std::move(failed);
  std::string why;
  if (!produce_edit(edit, why)) return abort(why);
  if (edit.confirm) {
    if (!all_in_the_log()) return abort("the records don't get into the log");
    if (!edit.confirm()) return abort("somebody else has opened a partition of the edit");
  }
  return finish();
}

std::optional<core::JournalDone> KafkaJournal::begin() {
  delivery_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!producer_) return core::JournalDone{core::Outcome::lost, "not open"};
  char reason[256];
  // begin_transaction has been seen to hang on a dead handle.
  if (rd_kafka_fatal_error(producer_.get(), reason, sizeof reason) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return dead(reason);
  }
  // The EndTxn was retried and the transaction is committed. But the first request may still arrive, and
  // would commit half of the next transaction (KAFKA-17754): only a new epoch keeps it out.
  if (end_unanswered_)
    return core::JournalDone{core::Outcome::lost, "the end of the transaction before was not answered"};
  refused_event_ = false;
  if (const ErrorHandle error(rd_kafka_begin_transaction(producer_.get())); error) {
    return dead("begin: " + words(error.get()));
  }
  return std::nullopt;
}

// A handle that was fenced reports it sooner or later, in whichever call comes next.
core::JournalDone KafkaJournal::dead(const std::string& why) {
  char reason[256];
  const bool fenced =
      rd_kafka_fatal_error(producer_.get(), reason, sizeof reason) == RD_KAFKA_RESP_ERR__FENCED;
  return core::JournalDone{fenced ? core::Outcome::fenced : core::Outcome::lost, why};
}

core::JournalDone KafkaJournal::finish() {
  const auto deadline = Clock::now() + commit_deadline;
  while (!stopping_) {
    const ErrorHandle error(rd_kafka_commit_transaction(producer_.get(), slice_ms));
    if (!error) return core::JournalDone{core::Outcome::committed, ""};
    const std::string why = "commit: " + words(error.get());
    if (rd_kafka_error_is_retriable(error.get())) {
      if (Clock::now() < deadline) continue;
      core::JournalDone done{core::Outcome::lost, why};
      done.timed_out = true;
      return done;
    }
    // Refused before any record could be delivered.
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      delivery_error_ = code;
    if (rd_kafka_error_txn_requires_abort(error.get())) return abort(why);
    return dead(why);
  }
  return core::JournalDone{core::Outcome::lost, "stopping"};
}

// Only a successful abort proves that nothing of the transaction will ever be visible. The handle can't be
// used after it: librdkafka 2.0.2 gives the sequence numbers of purged records to the next ones, and if some
// purged records had reached the log, the broker takes the new ones for duplicates and drops them.
core::JournalDone KafkaJournal::abort(const std::string& why) {
  const auto deadline = Clock::now() + commit_deadline;
  while (!stopping_) {
    const ErrorHandle error(rd_kafka_abort_transaction(producer_.get(), slice_ms));
    if (!error) break;
    if (!rd_kafka_error_is_retriable(error.get()) || Clock::now() >= deadline) {
      return dead(why + "; abort: " + words(error.get()));
    }
  }
  if (stopping_) return core::JournalDone{core::Outcome::lost, "stopping"};
  if (!refuses_record(delivery_error_)) return core::JournalDone{core::Outcome::lost, why};
  const std::string reason = rd_kafka_err2str(delivery_error_);
  if (refused_event_)
    return core::JournalDone{core::Outcome::refused, "the broker refused a record: " + reason};
  // A record of our own: no event is to blame. Offsets topics that we created use the broker's time; another
  // one refuses our time as the future if this machine's clock is far ahead.
  backdated_ = backdated_ || delivery_error_ == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
  std::string detail = "the broker refused a cursor in " + settings_.offsets_topic + ": " + reason;
  if (backdated_) detail += "; this machine's clock is ahead of its own: set it right (NTP)";
  if (delivery_error_ == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    detail += "; take its max.message.bytes back to Kafka's default, 1 MiB";
  return core::JournalDone{core::Outcome::lost, std::move(detail)};
}

bool KafkaJournal::produce(const core::Batch& batch, std::string& why) {
  for (const core::Unit& unit : batch.units) {
    if (!produce_unit(unit, why)) return false;
  }
  return true;
}

bool KafkaJournal::produce_unit(const core::Unit& unit, std::string& why) {
  const auto headers_of = [](const std::vector<core::RecordHeader>& headers) {
    rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
    for (const core::RecordHeader& header : headers) {
      rd_kafka_header_add(list, header.name.data(), static_cast<ssize_t>(header.name.size()),
                          header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
    return list;
  };
  std::optional<core::Envelope> envelope;  // our own mark belongs to no source
  if (unit.source) envelope.emplace(*unit.source, unit.generation, unit.backfill);
  std::uint64_t seq = unit.first_seq;  // counts only what polling publishes
  for (const Event& event : unit.events) {
    if (!produce_record(topic(unit.source->topic), RD_KAFKA_PARTITION_UA,
                        core::record_key(*unit.source, event), event.raw,
                        core::record_timestamp_ms(event, unit.now),
                        headers_of(unit.repaired ? envelope->headers(event, *unit.repaired)
                                                 : envelope->headers(event, seq++)),
                        why)) {
      return false;
    }
  }
  for (const core::DeadLetter& letter : unit.dead_letters) {
    const auto limit = writable_.record_bytes_max.find(unit.source->dead_letter_topic);
    const std::size_t value_max = core::dead_letter_value_bytes_max(
        limit == writable_.record_bytes_max.end() ? core::dead_letter_record_bytes_max : limit->second);
    const bool truncated = letter.event.raw.size() > value_max;
    if (!produce_record(topic(unit.source->dead_letter_topic), RD_KAFKA_PARTITION_UA,
                        core::record_key(*unit.source, letter.event), letter.event.raw.substr(0, value_max),
                        core::record_timestamp_ms(letter.event, unit.now),
                        headers_of(envelope->headers(letter, unit.now, truncated)), why)) {
      return false;
    }
  }
  if (unit.heartbeat) {
    if (!produce_record(topic(unit.heartbeat->topic), RD_KAFKA_PARTITION_UA, unit.source->name,
                        core::encode_heartbeat(*unit.source, *unit.heartbeat),
                        core::record_timestamp_ms(*unit.heartbeat, unit.now),
                        headers_of(envelope->headers(*unit.heartbeat)), why))
      return false;
  }
  for (const core::Record& record : unit.records) {
    if (!produce_record(topic(settings_.offsets_topic), settings_.partition, record.key, record.value,
                        timestamp_ms(unit.now), nullptr, why))
      return false;
  }
  return true;
}

bool KafkaJournal::produce_edit(const Edit& edit, std::string& why) {
  const std::int64_t timestamp = timestamp_ms(settings_.now());
  const auto write = [&](int partition, const core::Record& record) {
    return produce_record(topic(settings_.offsets_topic), partition, record.key, record.value, timestamp,
                          nullptr, why);
  };
  for (const auto& [partition, records] : edit.records) {
    for (const core::Record& record : records) {
      if (!write(partition, record)) return false;
    }
  }
  return write(settings_.partition, owner_record(new_nonce()));
}

// Waits until the brokers have every record of the transaction; false if they don't get them.
bool KafkaJournal::all_in_the_log() {
  const auto deadline = Clock::now() + commit_deadline;
  while (!stopping_ && Clock::now() < deadline) {
    if (rd_kafka_flush(producer_.get(), slice_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
      return delivery_error_ == RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  return false;
}

// For our own records.
std::int64_t KafkaJournal::timestamp_ms(Time now) const {
  return backdated_ ? 1 : std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count();
}

// A failure here does not fail the transaction: a commit would succeed without the record. So the caller
// aborts.
bool KafkaJournal::produce_record(rd_kafka_topic_t* topic, int partition, const std::string& key,
                                  const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                                  rd_kafka_headers_t* headers, std::string& why) {
  HeadersHandle owned(headers);
  void* const bytes = value ? const_cast<char*>(value->data()) : nullptr;
  const std::size_t size = value ? value->size() : 0;
  const auto deadline = Clock::now() + queue_full_deadline;
  while (true) {
    const rd_kafka_resp_err_t error =
        rd_kafka_producev(producer_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                          RD_KAFKA_V_VALUE(bytes, size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                          RD_KAFKA_V_HEADERS(owned.get()), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)owned.release();  // owned by the message now
      return true;
    }
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && Clock::now() < deadline && !stopping_) {
      rd_kafka_poll(producer_.get(), 10);
      continue;
    }
    failed(topic, error);
    why = std::string("produce: ") + rd_kafka_err2str(error);
    return false;
  }
}

void KafkaJournal::failed(const rd_kafka_topic_t* topic, rd_kafka_resp_err_t error) {
  if (delivery_error_ == RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivery_error_ = error;
    failed_topic_ = rd_kafka_topic_name(topic);
  }
  if (refuses_record(error) && rd_kafka_topic_name(topic) != settings_.offsets_topic) refused_event_ = true;
}

rd_kafka_topic_t* KafkaJournal::topic(const std::string& name) {
  for (const auto& [known, handle] : topics_) {
    if (known == name) return handle.get();
  }
  rd_kafka_topic_t* handle = rd_kafka_topic_new(producer_.get(), name.c_str(), nullptr);
  AS_CHECK(handle != nullptr);
  topics_.emplace_back(name, handle);
  return handle;
}

void KafkaJournal::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* journal = static_cast<KafkaJournal*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    journal->committing_.sign();
    if (message->offset < 0) return;  // of what had been written before its acknowledgement was lost
    std::optional<core::TruncatedLog> truncated = journal->settings_.written->note(
        rd_kafka_topic_name(message->rkt), message->partition, message->offset);
    if (!truncated) return;
    truncated->of_cursors = truncated->topic == journal->settings_.offsets_topic;
    journal->truncated_.push_back(*std::move(truncated));
    return;
  }
  // Records of a failed transaction are purged; what counts is the error that came first.
  if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    return;
  journal->failed(message->rkt, message->err);
}

rd_kafka_resp_err_t KafkaJournal::on_answer(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api_key,
                                            std::int16_t, std::int32_t, std::size_t, std::int64_t,
                                            rd_kafka_resp_err_t error, void* opaque) {
  if (api_key == end_txn && error != RD_KAFKA_RESP_ERR_NO_ERROR)
    static_cast<KafkaJournal*>(opaque)->end_unanswered_ = true;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace auditstream::kafka
