#include "core/asked_range.h"

namespace auditstream::core {
namespace {

constexpr Duration explained_by_minutes = 1min;
// The days that a request touches at its two ends, each whole, in any zone.
constexpr Duration explained_by_days = 72h;
// A few odd rows are the vendor's oddity, not its filter's.
constexpr std::size_t tolerated = 9;

}  // namespace

RowsOutside rows_outside(const Page& page, const PageRequest& ask, const Traits& traits) {
  const Duration explained = traits.by_day ? explained_by_days : explained_by_minutes;
  RowsOutside rows;
  for (const Event& event : page.events) {
    if (!event.time) continue;
    ++rows.dated;
    if (*event.time >= ask.from - explained && (!ask.to || *event.time <= *ask.to + explained)) continue;
    if (rows.outside++ == 0) rows.example = *event.time;
  }
  return rows;
}

std::string words_of(const RowsOutside& rows, const PageRequest& ask) {
  return std::to_string(rows.outside) + " of " + std::to_string(rows.dated) +
         " rows of a page lie outside the range that was asked for, " + format_rfc3339(ask.from) +
         (ask.to ? " to " + format_rfc3339(*ask.to) : " on") + "; one is of " + format_rfc3339(rows.example);
}

std::optional<Refusal> refuse_if_mostly_outside(const RowsOutside& rows, const PageRequest& ask,
                                                const Source& source) {
  if (rows.outside <= tolerated || rows.outside * 2 <= rows.dated) return std::nullopt;
  Refusal refusal;
  refusal.kind = RefusalKind::malformed;
  refusal.status = 200;
  refusal.message = "the filter does not act on the printed time: " + words_of(rows, ask);
  refusal.remedy = "what it leaves out would be lost, so nothing is published; " +
                   (source.time_field.empty() ? "auditstream probe " + source.name + " tells what it acts on"
                                              : "time_field: \"" + source.time_field +
                                                    "\" may be another time than the one it acts on");
  return refusal;
}

}  // namespace auditstream::core
