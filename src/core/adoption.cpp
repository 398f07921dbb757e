#include "core/adoption.h"

#include "auditstream/vendor.h"

namespace auditstream::core {

Time first_since(const Source& source, Time now) {
  const Duration precision = source.api->traits().precision;
  const Time since = source.backfill_start_time.value_or(now);
  return Time{since.time_since_epoch() / precision * precision};
}

std::string cursor_cant_be_used(const Source& source, const std::string& reason) {
  return "the cursor of " + source.name + " can't be used: " + reason +
         ": look at it with auditstream cursors show " + source.name + ", then auditstream cursors reset " +
         source.name;
}

std::string cursor_lies_in(const Source& source, int partition, const std::string& account) {
  return "cursor of " + source.name + " lies in partition " + std::to_string(partition) + " under account " +
         account + ": run auditstream cursors move " + source.name;
}

std::string cursor_has_gone(const Source& source, int partition) {
  return "the cursor of " + source.name + " is no longer in partition " + std::to_string(partition) +
         ", so a tool has moved or removed it: bring this instance's config up to date; to start from " +
         "backfill_start_time all the same, start the instance again";
}

std::optional<std::string> why_not_adopted(const Source& source, const Cursor& cursor, int partition) {
  if (cursor.origin != source.origin) {
    return "the cursor of " + source.name +
           " belongs to another log (vendor, base URL, tenant or namespace have changed): give the source a "
           "new name, or run auditstream cursors reset " +
           source.name + " to start again, or auditstream cursors move " + source.name +
           " to keep the position";
  }
  if (cursor.account != source.account) return cursor_lies_in(source, partition, cursor.account);
  return std::nullopt;
}

bool is_first_cursor(const Cursor& cursor) {
  return cursor.published == 0 && cursor.dead_letters == 0 && cursor.watermark == cursor.since &&
         cursor.floor.time == cursor.since && !cursor.backfill_start_time;
}

std::optional<std::string> lies_in_the_future(const Source& source, const Cursor& cursor, Time now,
                                              Duration behind_max) {
  // The clocks of two machines may differ; a cursor no further ahead than this is soon in the past.
  constexpr Duration tolerated = 10min;
  const Time latest = now + behind_max + tolerated;
  if (cursor.watermark <= latest && cursor.floor.time <= latest) return std::nullopt;
  if (is_first_cursor(cursor)) return std::nullopt;
  return "the cursor of " + source.name + " lies in the future, at " +
         format_rfc3339(std::max(cursor.watermark, cursor.floor.time)) + ", and now it is " +
         format_rfc3339(floor_second(now)) +
         ": nothing would be published until then, so nothing is polled; whoever wrote it had a wrong "
         "clock, or was not auditstream: auditstream cursors set " +
         source.name + " --to T goes on from T";
}

std::vector<Notice> adoption_warnings(const Source& source, const Cursor& cursor) {
  std::vector<Notice> warnings;
  if (cursor.filter != source.filter) {
    warnings.push_back(
        {Level::warn, "filter_changed",
         "the filter settings have changed: they act from " + format_rfc3339(cursor.watermark) + " on" +
             (cursor.history
                  ? ", and in the history from " + format_rfc3339(cursor.history->watermark) + " on"
                  : "") +
             "; auditstream cursors set " + source.name + " --to T publishes older events"});
  }
  if (source.backfill_start_time && cursor.backfill_start_time != source.backfill_start_time) {
    warnings.push_back({Level::warn, "backfill_ignored",
                        "backfill_start_time has changed and is ignored, because a cursor exists (since " +
                            format_rfc3339(cursor.since) + "); auditstream cursors reset " + source.name +
                            " starts from it"});
  }
  return warnings;
}

std::string ids_have_gone(const Source& source, const Cursor& cursor, std::uint64_t lost) {
  return "the cursor of " + source.name + " is incomplete: " + std::to_string(lost) + " of " +
         std::to_string(cursor.chunks) +
         " records with ids of published events have gone from the offsets topic, so somebody has deleted records or "
         "changed its cleanup.policy: run auditstream cursors set " +
         source.name + " --to " + format_rfc3339(cursor.complete_to().time) +
         ", which publishes what came after that again, in a new generation";
}

}  // namespace auditstream::core
