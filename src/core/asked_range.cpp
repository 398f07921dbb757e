#include "core/asked_range.h"

#include <utility>

#include "base/hash.h"

namespace auditstream::core {
namespace {

constexpr Duration explained_by_minutes = 1min;
// The days that a request touches at its two ends, each whole, in any zone.
constexpr Duration explained_by_days = 72h;
// A few odd rows are the vendor's oddity, not its filter's: so many are too many, fewer if they are most of a page.
constexpr std::size_t outside_max = 10;
constexpr std::size_t outside_max_if_most = 3;

}  // namespace

RowsOutside rows_outside(const Page& page, const PageRequest& ask, const Traits& traits) {
  const Duration explained = traits.by_day ? explained_by_days : explained_by_minutes;
  RowsOutside rows;
  for (const Event& event : page.events) {
    if (!event.time) continue;
    ++rows.dated;
    if (*event.time >= ask.from - explained && (!ask.to || *event.time <= *ask.to + explained)) continue;
    if (rows.ids.empty()) rows.example = *event.time;
    rows.ids.push_back(hash64(event.id));
  }
  return rows;
}

std::string words_of(const RowsOutside& rows, const PageRequest& ask) {
  return std::to_string(rows.ids.size()) + " of " + std::to_string(rows.dated) +
         " rows of a page lie outside the range that was asked for, " + format_rfc3339(ask.from) +
         (ask.to ? " to " + format_rfc3339(*ask.to) : " on") + "; one is of " + format_rfc3339(rows.example);
}

std::optional<Refusal> FilterEvidence::judge(const RowsOutside& rows, const PageRequest& ask,
                                             const Source& source) {
  if (rows.ids.empty()) {
    if (rows.dated == 0) return refusal_;
    if (std::exchange(refusal_, std::nullopt)) outside_.clear();
    return std::nullopt;
  }
  for (const std::uint64_t id : rows.ids) {
    if (outside_.size() < outside_max) outside_.insert(id);
  }
  const bool most = rows.ids.size() * 2 > rows.dated;
  if (outside_.size() < (most ? outside_max_if_most : outside_max) && !refusal_) return std::nullopt;
  refusal_.emplace();
  refusal_->kind = RefusalKind::malformed;
  refusal_->status = 200;
  refusal_->message = "the filter does not act on the printed time: " + words_of(rows, ask);
  refusal_->remedy =
      "what it leaves out would be lost, so nothing is published; " +
      (source.time_field.empty()
           ? "auditstream probe " + source.name + " tells what it acts on"
           : "time_field: \"" + source.time_field + "\" may be another time than the one it acts on");
  return refusal_;
}

}  // namespace auditstream::core
