// Place: the topics and the source of one test on a broker that others use too, and the batches that go
// there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/envelope.h"
#include "core/journal.h"
#include "core/offsets_view.h"
#include "kafka/kafka_journal.h"
#include "kafka/offsets_reader.h"
#include "support/kafka/topic_reader.h"

namespace auditstream::test {

// The wall clock, in which brokers think too.
Time wall_clock();

// An event that owns its bytes. By default its time is some minutes ago.
Event event_of(const std::string& id, const std::string& raw, std::optional<Time> time);
Event event_of(const std::string& id);

// Bytes that no compression makes smaller, as a JSON string; always the same ones.
std::string incompressible_json(std::size_t size);

class Place {
 public:
  static constexpr int event_partitions = 6;
  static constexpr int offsets_partitions = 2;

  // Topics named after the running test. `event_topic` are properties of the topic of events,
  // `dead_letter_bytes_max` is max.message.bytes of that of dead letters.
  explicit Place(std::string bootstrap, const std::map<std::string, std::string>& event_topic = {},
                 std::size_t dead_letter_bytes_max = core::dead_letter_record_bytes_max);

  const std::string& bootstrap() const { return bootstrap_; }
  const std::string& events() const { return source_->topic; }
  const std::string& dead_letters() const { return source_->dead_letter_topic; }
  std::string offsets() const { return name_ + "-offsets"; }
  const std::shared_ptr<Source>& source() const { return source_; }

  kafka::JournalSettings settings(int partition = 0) const;

  // The events with these ids and a cursor record "acme" of that value.
  core::Batch batch(const std::vector<std::string>& ids, const std::string& cursor) const;
  core::Batch batch_of(core::Unit unit) const;

  // What a read_committed consumer finds.
  std::vector<test::Record> read(const std::string& topic) const;
  // The header ce_id of all visible events, sorted.
  std::vector<std::string> visible_ids() const;

 private:
  const std::string bootstrap_;
  const std::string name_;
  const std::shared_ptr<Source> source_;
};

// Unique in the life of a broker.
std::string name_of_this_test();

// `count` ids in the order in which they sort.
std::vector<std::string> ids_of(const std::string& prefix, int count);

// Without what tells who had opened the partition before.
core::RecordMap cursors_in(core::RecordMap records);
// For a tail: hears what its records mean to those who poll.
std::function<void(const kafka::OffsetsRecord&)> folded(std::function<void(core::OffsetsEvent)> sink);

}  // namespace auditstream::test
