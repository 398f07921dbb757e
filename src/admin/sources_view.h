// SourcesView: what this instance knows about every source of its config, whoever polls it. Fed by the tail of the
// offsets topic; of a source polled here, its poller knows more. Thread-safe; knows no clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "base/mutex.h"
#include "core/activity.h"
#include "core/cursor.h"
#include "core/fleet.h"
#include "core/offsets_view.h"

namespace auditstream::admin {

// As in Kafka Connect.
enum class SourceState { unassigned, running, paused, failed };

constexpr const char* to_string(SourceState state) {
  switch (state) {
    case SourceState::unassigned:
      return "UNASSIGNED";
    case SourceState::running:
      return "RUNNING";
    case SourceState::paused:
      return "PAUSED";
    case SourceState::failed:
      return "FAILED";
  }
  return "UNASSIGNED";
}

// A snapshot of one source.
struct SourceView {
  std::shared_ptr<const Source> source;
  int partition = 0;
  bool known = true;  // false: the state is the last known one, see doubt()
  SourceState state = SourceState::unassigned;
  // If another instance polls it, what its record says; nothing if there is nothing special.
  std::optional<core::Activity> activity;
  std::optional<std::string> owner;    // the instance that opened the partition last
  std::optional<core::Cursor> cursor;  // nothing: none, or none that can be read
  std::string error;                   // the last one, with its remedy; "" if there is none
  int error_status = 0;                // its HTTP status, if any
  std::optional<Time> failing_since;
  int attempts = 0;  // failed ones in a row; if another instance polls it, as of its last record
  // If another instance polls it: its latest record, because it writes only when there is something new.
  std::optional<Time> last_success;
  std::optional<Time> next_attempt;       // known only if it is polled here
  std::optional<Time> backfill_end;       // while history is read here: an estimate
  std::uint64_t rows_outside = 0;         // likewise: shown by the vendor although they were not asked for
  std::vector<std::uint64_t> per_minute;  // published in the last minutes; the current minute is the last
};

// The state of the sources is unknown, for this reason. A running source is not shown as running any more: as
// far as this instance knows, nobody publishes it. Failed and paused sources stay so.
void doubt(std::vector<SourceView>& views, const std::string& why);

class SourcesView {
 public:
  static constexpr int minutes_max = 30;

  // `partitions` is how many the offsets topic has.
  explicit SourcesView(int partitions) : partitions_(partitions) {}

  // The configured sources from now on.
  void configure(std::vector<std::shared_ptr<const Source>> sources);
  // Applies a record of the offsets topic, in the order of its partition. Returns what matters to shards, see
  // OffsetsView.
  std::optional<core::OffsetsEvent> apply(int partition, std::string_view key,
                                          const std::optional<std::string_view>& value);

  // In the order of the config.
  std::vector<SourceView> view(const core::FleetStatus& fleet, Time now) const;

 private:
  struct Rate {
    std::optional<std::uint64_t> published;        // by the latest record
    std::map<std::int64_t, std::uint64_t> events;  // by minute since the epoch
  };

  SourceView view_of(const std::shared_ptr<const Source>& source, const core::SourceStatus* here,
                     const std::optional<core::JournalFailed>* not_open, Time now) const AS_REQUIRES(mutex_);

  const int partitions_;

  mutable Mutex mutex_;
  std::vector<std::shared_ptr<const Source>> sources_ AS_GUARDED_BY(mutex_);
  core::OffsetsView offsets_ AS_GUARDED_BY(mutex_);
  std::map<std::string, Rate, std::less<>> rates_ AS_GUARDED_BY(mutex_);  // by source
};

}  // namespace auditstream::admin
