#include "kafka/offsets_tail.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "auditstream/time.h"

namespace auditstream::kafka {
namespace {

constexpr auto retry_wait = 500ms;
// The brokers may have moved to addresses that the handle doesn't know.
constexpr Duration reader_patience = 20s;

}  // namespace

OffsetsTail::OffsetsTail(TailSettings settings, std::function<void(const OffsetsRecord&)> sink)
    : settings_(std::move(settings)),
      sink_(std::move(sink)),
      line_(settings_.contact),
      thread_([this] { run(); }) {}

OffsetsTail::~OffsetsTail() {
  stopping_ = true;
  thread_.join();
}

void OffsetsTail::run() {
  for (int partition = 0; partition < settings_.partitions; ++partition)
    next_[partition] = RD_KAFKA_OFFSET_BEGINNING;
  line_.ask();
  while (!stopping_) {
    Leaders leaders(settings_.offsets_topic);
    const Result<OffsetsReader> reader = OffsetsReader::make(
        settings_.connection, settings_.offsets_topic, settings_.group + "-tail",
        {{"auto.offset.reset", "earliest"},
         {"fetch.wait.max.ms", "500"},  // fetch answers prove that the leaders are still there
         {"client.rack", ""}},
        {{"queued.max.messages.kbytes", "1024"}},
        Callbacks{.answered = &Leaders::on_answer, .listener = &leaders});
    if (reader.ok()) read(*reader, leaders);
    if (!stopping_) std::this_thread::sleep_for(retry_wait);
  }
}

// With another handle, it continues where it was: marks must not be seen twice.
void OffsetsTail::read(const OffsetsReader& reader, Leaders& leaders) {
  const Steady began = steady_now();
  reader.read_on(
      OffsetsReader::Offsets(next_),
      [this](const OffsetsRecord& record) {
        next_[record.partition] = record.offset + 1;
        sink_(record);
        return true;
      },
      [&] {
        if (const std::optional<Steady> moment = leaders.answered(reader.handle())) line_.answered(*moment);
        note_connection_failure(line_, settings_.connection.properties);
        return !stopping_ && std::min(line_.silent(), steady_now() - began) <= reader_patience;
      });
}

}  // namespace auditstream::kafka
