#include "probe/facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/query_margin.h"
#include "probe/times_within.h"
#include "probe/words.h"

namespace auditstream::probe {
namespace {

// A bound may be compared with a finer time than is printed.
constexpr Duration unprinted = 1s;
// Days are of a zone between UTC-12 and UTC+14.
constexpr Duration zone_max = core::query_margin_by_day;
constexpr Duration clock_tolerance = 1min;
constexpr std::size_t rows_of_a_day = 4;  // with fewer, a day of another zone may have none of them

Fact fact(std::string name, std::string question) {
  return {std::move(name), std::move(question), {}, {}, {}};
}

Fact& holds(Fact& fact, std::string seen) {
  fact.verdict = Verdict::holds;
  fact.seen = std::move(seen);
  return fact;
}
Fact& contradicted(Fact& fact, std::string seen, std::string remedy) {
  fact.verdict = Verdict::contradicted;
  fact.seen = std::move(seen);
  fact.remedy = std::move(remedy);
  return fact;
}
Fact& cant_tell(Fact& fact, std::string why) {
  fact.verdict = Verdict::cant_tell;
  fact.seen = std::move(why);
  return fact;
}

constexpr const char* report_filter =
    "report it with --transcripts: no setting mends a time filter; until then events may be missing";

// From where to where a request's rows may lie by their printed times.
struct Reach {
  Time from;
  Time to;
};
std::optional<Reach> reach_of(const WireBounds& sent) {
  if (!sent.lower) return std::nullopt;
  const Duration slack = sent.lower->day ? zone_max : unprinted;
  Reach reach{sent.lower->time - slack, Time::max()};
  if (sent.upper) reach.to = sent.upper->time + slack + (sent.upper->day ? Duration{24h} : Duration{0});
  return reach;
}

Duration farthest_outside(const Reach& reach, const std::vector<Row>& rows) {
  Duration farthest{0};
  for (const Row& row : rows) {
    if (*row.time < reach.from) farthest = std::max(farthest, reach.from - *row.time);
    if (*row.time > reach.to) farthest = std::max(farthest, *row.time - reach.to);
  }
  return farthest;
}

std::vector<Row> outside(const Reach& reach, const std::vector<Row>& rows) {
  std::vector<Row> found;
  for (const Row& row : rows) {
    if (row.time && (*row.time < reach.from || *row.time > reach.to)) found.push_back(row);
  }
  return found;
}

std::vector<Row> at(const std::vector<Row>& rows, Time bound, Duration unit) {
  std::vector<Row> found;
  for (const Row& row : rows) {
    if (row.time && *row.time >= bound && *row.time < bound + unit) found.push_back(row);
  }
  return found;
}

// All rows, each id and time once.
std::vector<Row> each_once(const std::vector<const Answered*>& answers) {
  std::unordered_set<std::string> names;
  std::vector<Row> rows;
  for (const Answered* answered : answers) {
    for (const Row& row : answered->rows) {
      if (names.insert(row.id + "\n" + (row.time ? format_rfc3339(*row.time) : "")).second)
        rows.push_back(row);
    }
  }
  return rows;
}

std::string with_remedy(const std::string& words, const std::string& remedy) {
  if (remedy.empty()) return words;
  const bool is_sentence = words.ends_with('.') || words.ends_with('!') || words.ends_with('?');
  return words + (is_sentence ? " " : "; ") + remedy;
}

std::string share(std::size_t part, std::size_t all) {
  return std::to_string(part) + " of " + std::to_string(all);
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::contradicted:
      return "contradicted";
    case Verdict::cant_tell:
      return "can't tell";
  }
  return "";
}

Fact readable(const Answered& first) {
  Fact made = fact("readable", "does it answer with pages of its log?");
  if (first.refusal) {
    const Refusal& refusal = *first.refusal;
    if (refusal.kind == RefusalKind::malformed) {
      return contradicted(made, words_of(refusal), "report it with --transcripts: " + refusal.remedy);
    }
    return cant_tell(made, with_remedy(words_of(refusal), refusal.remedy));
  }
  if (first.pages.empty()) return cant_tell(made, why_not(first));
  return holds(made, counted(first.rows.size(), "row") + " in the first answer");
}

Fact filter_heard(const Answered& future, const Answered& past, const std::vector<Row>& known) {
  Fact made = fact("filter_heard", "is the time filter heard?");
  std::vector<Row> wrong;
  for (const auto& [name, answered] : {std::pair{"of the future", &future}, std::pair{"of 2001", &past}}) {
    if (answered->rows.empty()) continue;
    const std::string seen = "a range " + std::string(name) + " has " +
                             counted(answered->rows.size(), "row") +
                             (answered->complete() ? ": " : " and more: ") + example_of(answered->rows);
    return contradicted(made, seen, report_filter);
  }
  for (const Answered* answered : {&future, &past}) {
    if (!answered->complete()) return cant_tell(made, why_not(*answered));
  }
  if (known.empty()) return cant_tell(made, "no rows in the future nor in 2001, but no others either");
  return holds(
      made, "no rows in the future nor in 2001, " + counted(known.size(), "row") + " where the log has some");
}

Fact filter_acts_on_printed_time(const std::vector<Row>& known, bool all_known, const Answered& narrow) {
  Fact made = fact("filter_acts_on_printed_time", "does the filter act on the time that is printed?");
  const std::optional<Reach> reach = reach_of(narrow.sent);
  const std::vector<Row> beyond = reach ? outside(*reach, narrow.rows) : std::vector<Row>{};
  const std::vector<Row> expected = inside(narrow.window, known);
  const Difference found = difference(expected, inside(narrow));
  if (!beyond.empty()) {
    const std::string field = time_that_lies_within(reach->from, reach->to, narrow.rows);
    return contradicted(
        made,
        counted(beyond.size(), "row") + " from beyond the range, up to " +
            readable_duration(farthest_outside(*reach, beyond)) + ": " + example_of(beyond) +
            (found.missing.empty() ? "" : "; " + counted(found.missing.size(), "row") + " missing in it"),
        field.empty() ? report_filter
                      : "time_field: " + field + " is what it acts on, so set that, and report it");
  }
  if (!narrow.complete()) return cant_tell(made, why_not(narrow));
  if (!found.missing.empty()) {
    const std::string field = time_that_lies_within(reach ? reach->from : narrow.window.from,
                                                    reach ? reach->to : Time::max(), narrow.rows);
    return contradicted(
        made,
        share(found.missing.size(), expected.size()) +
            " rows of the range don't come when it is asked for: " + example_of(found.missing),
        field.empty() ? report_filter
                      : "time_field: " + field + " may be what it acts on: try that, and report it");
  }
  if (!all_known) return cant_tell(made, "the wider range has too many rows");
  if (!found.added.empty()) {
    return contradicted(
        made, counted(found.added.size(), "row") + " that the wider range hadn't: " + example_of(found.added),
        report_filter);
  }
  if (expected.empty()) return cant_tell(made, "no rows to ask for");
  const std::size_t elsewhere = known.size() - expected.size();
  if (elsewhere == 0)
    return cant_tell(made, "all " + counted(known.size(), "row") + " have about the same time");
  return holds(made, counted(expected.size(), "row") + ", all of the range and none from beyond; " +
                         std::to_string(elsewhere) + " lie elsewhere");
}

Fact bounds_seen(const std::vector<Row>& known, const Answered& exact, const std::optional<Answered>& finer) {
  Fact made = fact("bounds", "are its bounds inclusive, does it hear fractions?");
  if (!exact.sent.lower || !exact.sent.upper) return cant_tell(made, "the request has no two bounds");
  if (!exact.complete()) return cant_tell(made, why_not(exact));
  std::string seen;
  const auto add = [&](const char* name, const WireBound& bound) {
    const std::vector<Row> had = at(known, bound.time, bound.unit());
    const Difference found = difference(had, exact.rows);
    seen += std::string(seen.empty() ? "" : ", ") + name +
            (found.common == had.size() ? " inclusive"
             : found.common == 0        ? " exclusive"
                                        : " finer than is printed") +
            " (" + share(found.common, had.size()) + " rows at it)";
    return !had.empty();
  };
  const bool lower = add("lower", *exact.sent.lower);
  const bool upper = add("upper", *exact.sent.upper);
  if (!lower || !upper) return cant_tell(made, "no rows whose times can be bounds");
  if (exact.sent.lower->digits == 0) {
    seen += "; no fractions are sent";
  } else if (!finer) {
    seen += "; no printed fractions to try";
  } else if (!finer->complete() || !finer->sent.lower || !finer->sent.upper) {
    seen += "; fractions: " + why_not(*finer);
  } else {
    const std::vector<Row> first = at(known, finer->sent.lower->time - finer->sent.lower->unit(), 1ms);
    const std::vector<Row> last = at(known, finer->sent.upper->time + finer->sent.upper->unit(), 1ms);
    const bool heard_below = difference(first, finer->rows).common == 0;
    const bool heard_above = difference(last, finer->rows).common == 0;
    seen += std::string("; fractions are ") + (heard_below && heard_above ? "heard"
                                               : heard_below              ? "heard below only"
                                               : heard_above              ? "heard above only"
                                                                          : "not heard");
  }
  return holds(made, seen);
}

Fact days_seen(const std::vector<Row>& known, Time day, const Answered& one_day,
               const std::optional<Answered>& day_after, bool counts_on_end) {
  Fact made = fact("days", "in which zone are its days, is the last one part of the range?");
  if (!one_day.complete()) return cant_tell(made, why_not(one_day));
  const bool end_is_out = one_day.rows.empty();
  const Answered* day_asked = end_is_out && day_after ? &*day_after : &one_day;
  if (!day_asked->complete()) return cant_tell(made, why_not(*day_asked));
  const std::vector<Time> came = times_of(day_asked->rows);
  if (came.empty()) return cant_tell(made, "no rows on " + format_day(day));
  std::optional<Time> before;
  std::optional<Time> after;
  for (const Time time : times_of(known)) {
    if (time < came.front()) before = time;
    if (time > came.back() && !after) after = time;
  }
  // Of two days asked for as one, the second may be part of it after all, if the first is just empty.
  const Duration spread = came.back() - came.front();
  const std::string last = end_is_out ? "the last day is left out" : "the last day is part of the range";
  std::string seen = format_day(day) + " has " + counted(came.size(), "row") + ", from " +
                     format_rfc3339(came.front()) + " to " + format_rfc3339(came.back());
  if (before) seen += "; it begins after " + format_rfc3339(*before);
  if (after) seen += " and ends by " + format_rfc3339(*after);
  const auto beyond = [&](Time from, Time to) {
    return std::ranges::any_of(came, [&](Time time) { return time < from || time >= to; });
  };
  if (beyond(day - zone_max, day + 24h + zone_max) || (before && *before >= day + zone_max) ||
      (after && *after <= day + 24h - zone_max)) {
    return contradicted(made, seen,
                        "report it: its days are those of no time zone, and the first or last rows of a "
                        "range may be missed");
  }
  const std::size_t on_that_day = at(known, day, 24h).size();
  if (end_is_out && (on_that_day < rows_of_a_day || spread >= 24h)) {
    return cant_tell(made, seen + "; too few rows to tell whether the last day is part of the range");
  }
  if (end_is_out && counts_on_end) {
    return contradicted(
        made, seen + "; " + last,
        "report it: the vendor's file takes the last day for a part of the range; until then rows of "
        "the last hours of a range may be missed");
  }
  const bool utc = !beyond(day, day + 24h) && (!before || *before < day) && (!after || *after >= day + 24h);
  const std::string zone = utc ? "; UTC fits" : "; UTC doesn't fit, which does no harm";
  return holds(made, seen + zone + "; " + last);
}

Fact open_end_heard(const std::vector<Row>& known, const Answered& open,
                    const std::optional<Answered>& into_future) {
  Fact made = fact("open_end", "is a range without an end answered, and one that ends in the future?");
  std::string seen;
  std::size_t all = 0;
  for (const auto& [name, answered] :
       {std::pair{"open", &open}, std::pair{"into the future", into_future ? &*into_future : nullptr}}) {
    if (answered == nullptr) continue;
    const std::vector<Row> expected = inside(answered->window, known);
    const Difference found = difference(expected, inside(*answered));
    const bool told = answered->complete() || found.missing.empty();
    if (!told) return cant_tell(made, std::string(name) + ": " + why_not(*answered));
    if (!found.missing.empty()) {
      return contradicted(made,
                          std::string(name) + ": " + share(found.missing.size(), expected.size()) +
                              " rows don't come that a closed range has: " + example_of(found.missing),
                          "report it with --transcripts: new events are read by such a range");
    }
    all = std::max(all, expected.size());
    seen += (seen.empty() ? "" : "; ") + std::string(name) + ": all " + counted(expected.size(), "row") +
            " and " + std::to_string(found.added.size()) + " newer";
  }
  if (all == 0) return cant_tell(made, "no rows to compare with");
  return holds(made, seen);
}

Fact wide_ranges_are_whole(const std::vector<Width>& widths) {
  Fact made = fact("wide_ranges", "is a wide range answered in full?");
  std::string seen;
  bool told = false;
  for (const Width& width : widths) {
    if (!seen.empty()) seen += "; ";
    const std::string name = std::to_string(width.width / 24h) + " d";
    if (!width.not_told.empty()) {
      seen += name + ": " + width.not_told;
      continue;
    }
    if (width.whole + width.shared < width.parts) {
      return contradicted(
          made,
          name + ": " + counted(width.whole, "row") + ", but its parts have " + std::to_string(width.parts) +
              (width.example ? " (" + *width.example + ")" : ""),
          "report it with --transcripts: a wide range is cut in silence, so a backfill would have "
          "gaps; find them with auditstream verify");
    }
    told = told || (width.older > 0 && width.parts > width.older);
    seen += name + ": " + counted(width.whole, "row");
  }
  if (!told) return cant_tell(made, seen.empty() ? "not asked" : seen);
  return holds(made, seen);
}

Fact reaches_back(std::optional<Duration> claimed, std::optional<Time> oldest,
                  std::optional<Time> empty_before, Time now) {
  Fact made = fact("reaches_back", "how far does the log go back?");
  if (!oldest) return cant_tell(made, "no rows");
  const auto days = [now](Time time) { return std::to_string((now - time) / 24h) + " d"; };
  std::string seen = "a row of " + format_day(*oldest) + ", " + days(*oldest) + " ago";
  if (empty_before) seen += "; none before " + format_day(*empty_before);
  if (!claimed) return holds(made, seen + "; nothing is claimed");
  seen += "; " + std::to_string(*claimed / 24h) + " d are claimed";
  if (*oldest < now - *claimed - 48h) {
    return contradicted(made, seen,
                        "report it: the log goes back further, and auditstream verify compares no further "
                        "than is claimed");
  }
  if (*oldest > now - *claimed * 9 / 10) return cant_tell(made, seen + ", and the log may be younger");
  return holds(made, seen);
}

Fact paging_is_complete(const std::vector<Paged>& sizes) {
  Fact made = fact("paging", "is paging complete?");
  if (sizes.empty() || !sizes.front().answered.complete())
    return cant_tell(made, sizes.empty() ? "no rows" : why_not(sizes.front().answered));
  const std::vector<Row> expected = inside(sizes.front().answered);
  std::string seen = counted(expected.size(), "row");
  std::size_t ties = 0;
  bool several = false;
  std::string list;
  for (const Paged& paged : sizes) {
    const Answered& answered = paged.answered;
    const std::string name = "page size " + std::to_string(paged.page_size);
    const Difference found = difference(expected, inside(answered));
    if (!found.added.empty()) {
      return contradicted(
          made,
          name + ": " + counted(found.added.size(), "row") + " more than with " +
              std::to_string(sizes.front().page_size) + ": " + example_of(found.added),
          "report it with --transcripts; page_size: " + std::to_string(paged.page_size) + " reads more");
    }
    if (!answered.complete() && answered.end != End::endless) {
      list += (list.empty() ? "" : ", ") + std::to_string(paged.page_size) + " (" + why_not(answered) + ")";
      continue;
    }
    if (!found.missing.empty()) {
      return contradicted(made,
                          name + ": " + share(found.missing.size(), expected.size()) +
                              " rows missing: " + example_of(found.missing),
                          "report it with --transcripts; page_size: " +
                              std::to_string(sizes.front().page_size) + " has the fewest borders");
    }
    list += (list.empty() ? "" : ", ") + std::to_string(paged.page_size);
    several = several || answered.pages.size() > 2;
    std::size_t border = 0;
    for (const std::size_t rows : answered.pages) {
      border += rows;
      if (rows == 0 || border == 0 || border >= answered.rows.size()) continue;
      if (answered.rows[border - 1].time && answered.rows[border - 1].time == answered.rows[border].time)
        ++ties;
    }
  }
  seen += " at page sizes " + list + "; " + counted(ties, "tie") + " across borders";
  if (expected.size() < 2 || !several) return cant_tell(made, seen);
  return holds(made, seen);
}

Fact end_is_told(const std::vector<Paged>& sizes) {
  Fact made = fact("end", "does the last page look as claimed?");
  std::size_t ends = 0;
  for (const Paged& paged : sizes) {
    if (paged.answered.end == End::endless) {
      return contradicted(
          made,
          "page size " + std::to_string(paged.page_size) + ": after " +
              counted(paged.answered.pages.size(), "page") + " with " +
              counted(paged.answered.rows.size(), "row") + " there is still a next one",
          "report it with --transcripts: no setting mends it, and the source would never get on");
    }
    ends += paged.answered.complete() ? 1 : 0;
  }
  if (ends == 0) return cant_tell(made, sizes.empty() ? "not asked" : why_not(sizes.front().answered));
  return holds(made, counted(ends, "reading") + " ended as the vendor's file expects");
}

Fact same_again(const Answered& first, const Answered& second) {
  Fact made = fact("same_again", "does the same range have the same rows, byte for byte?");
  for (const Answered* answered : {&first, &second}) {
    if (!answered->complete()) return cant_tell(made, why_not(*answered));
  }
  const std::vector<Row> rows = inside(first);
  const std::vector<Row> again = inside(second);
  if (rows.empty() && again.empty()) return cant_tell(made, "no rows");
  const Difference found = difference(rows, again);
  if (!found.none()) {
    const std::vector<Row>& odd = found.missing.empty() ? found.added : found.missing;
    return contradicted(
        made, counted(odd.size(), "row") + " only once of two times: " + example_of(odd),
        found.missing.empty()
            ? "overlap: rows appear later than " + std::string("it allows; measure with --watch 2h")
            : "report it with --transcripts: rows vanish, or ids change; verify will call them missing");
  }
  std::unordered_set<std::string> first_bytes;
  for (const Row& row : rows) first_bytes.insert(row.id + "\n" + std::to_string(row.bytes));
  std::vector<Row> changed;
  for (const Row& row : again) {
    if (!first_bytes.contains(row.id + "\n" + std::to_string(row.bytes))) changed.push_back(row);
  }
  if (!changed.empty()) {
    return contradicted(
        made,
        share(changed.size(), rows.size()) + " rows have other bytes the second time: " + example_of(changed),
        "report it: each is published once, as it was read first, and verify will call it altered");
  }
  const bool in_order = std::ranges::equal(rows, again, {}, &Row::id, &Row::id);
  return holds(made,
               counted(rows.size(), "row") + " twice, in " + (in_order ? "the same order" : "another order"));
}

Fact order_seen(const std::vector<const Answered*>& answers) {
  Fact made = fact("order", "in which order do rows come?");
  std::size_t up = 0;
  std::size_t down = 0;
  for (const Answered* answered : answers) {
    for (std::size_t i = 1; i < answered->rows.size(); ++i) {
      const auto& before = answered->rows[i - 1].time;
      const auto& after = answered->rows[i].time;
      if (!before || !after) continue;
      up += *after > *before ? 1 : 0;
      down += *after < *before ? 1 : 0;
    }
  }
  if (up + down == 0) return cant_tell(made, "no two rows of different times");
  const std::string order = up == 0 ? "newest first" : down == 0 ? "oldest first" : "none";
  return holds(made, order + " (" + std::to_string(up) + " steps forward in time, " + std::to_string(down) +
                         " back); the engine needs none");
}

Fact ids_are_good(const std::vector<const Answered*>& answers, std::string_view id_at) {
  Fact made = fact("ids", "are ids there, and unique?");
  std::vector<Row> without;
  std::vector<Row> shared;
  const std::vector<Row> rows = each_once(answers);
  std::unordered_map<std::string_view, const Row*> ids;
  for (const Row& row : rows) {
    if (row.valid && !row.has_id) without.push_back(row);
    const auto [place, fresh] = ids.emplace(row.id, &row);
    if (!fresh && place->second->time != row.time) shared.push_back(row);
  }
  const std::size_t all = rows.size();
  if (all == 0) return cant_tell(made, "no rows");
  if (!shared.empty()) {
    return contradicted(
        made, counted(shared.size(), "row") + " have the id of another: " + example_of(shared),
        "report it: of rows with the same id one is published, the others are taken for repeats");
  }
  if (!without.empty()) {
    return contradicted(
        made, share(without.size(), all) + " rows have no " + std::string(id_at) + ": " + example_of(without),
        "report it: such an event is published under a hash of its bytes");
  }
  return holds(made, counted(all, "row") + ", each with an id of its own at " + std::string(id_at));
}

Fact times_are_readable(const std::vector<const Answered*>& answers,
                        const std::vector<std::string_view>& times_at) {
  Fact made = fact("times", "are times readable, and where?");
  std::vector<Row> undated;
  std::vector<Row> broken;
  std::map<std::string, std::size_t> places;
  const std::vector<Row> rows = each_once(answers);
  const std::size_t all = rows.size();
  for (const Row& row : rows) {
    if (!row.valid) {
      broken.push_back(row);
    } else if (!row.time) {
      undated.push_back(row);
    } else {
      ++places[row.time_at];
    }
  }
  if (all == 0) return cant_tell(made, "no rows");
  std::string where;
  for (const auto& [place, count] : places)
    where += (where.empty() ? "" : ", ") + (place.empty() ? "in the id" : "at " + place) + " (" +
             std::to_string(count) + ")";
  if (!broken.empty()) {
    return contradicted(made, share(broken.size(), all) + " rows are no valid JSON: " + example_of(broken),
                        "report it with --transcripts: such rows go to the dead letters");
  }
  if (!undated.empty()) {
    const std::string field = time_that_lies_within(Time{}, Time::max(), undated);
    std::string looked;
    for (const std::string_view place : times_at) looked += (looked.empty() ? "" : ", ") + std::string(place);
    return contradicted(
        made,
        share(undated.size(), all) + " rows have no readable time at " + looked + ": " + example_of(undated),
        field.empty() ? "report it with --transcripts: such rows go to the dead letters"
                      : "time_field: " + field + " has one; else such rows go to the dead letters");
  }
  return holds(made, counted(all, "row") + ", " + where);
}

Fact precision_seen(const std::vector<const Answered*>& answers, const Traits& traits) {
  Fact made = fact("precision", "how precise are times?");
  std::map<int, std::size_t> digits;
  for (const Row& row : each_once(answers)) {
    if (row.time && !row.time_at.empty()) ++digits[row.digits];
  }
  if (digits.empty()) return cant_tell(made, "no printed times");
  std::string seen;
  for (const auto& [count, rows] : digits)
    seen += (seen.empty() ? "" : ", ") + counted(rows, "row") + " with " + std::to_string(count) + " digits";
  seen += " after the second; " + std::to_string(traits.time_digits) + " are claimed";
  if (std::min(digits.rbegin()->first, 6) > traits.time_digits) {
    return contradicted(made, seen,
                        "report it: ce_time has 6 digits for some events and " +
                            std::to_string(traits.time_digits) + " for others; no event is lost");
  }
  return holds(made, seen);
}

Fact total_counts_rows(const std::vector<const Answered*>& answers, bool claimed,
                       const std::optional<OneRow>& one_row) {
  Fact made = fact("total", "does the total count the rows?");
  if (!claimed) return cant_tell(made, "the vendor's file makes no use of one");
  std::size_t told = 0;
  for (const Answered* answered : answers) {
    if (!answered->complete() || !answered->total) continue;
    std::set<std::string_view> ids;
    for (const Row& row : answered->rows) ids.insert(row.id);
    if (*answered->total != ids.size()) {
      return contradicted(
          made,
          "it says " + std::to_string(*answered->total) + " where " + counted(ids.size(), "row") + " came",
          "report it with --transcripts: each range is read twice because of it");
    }
    told += ids.empty() ? 0 : 1;
  }
  const bool both = one_row && one_row->before.total && one_row->one.total && one_row->after.total;
  if (both) {
    // The log may grow meanwhile.
    const auto [least, most] = std::minmax(*one_row->before.total, *one_row->after.total);
    if (*one_row->one.total < least || *one_row->one.total > most) {
      return contradicted(made,
                          "a query for one row says " + std::to_string(*one_row->one.total) +
                              ", one for all " + std::to_string(*one_row->after.total),
                          "report it with --transcripts: new rows may be seen late");
    }
  }
  if (told == 0) return cant_tell(made, "no rows with a total");
  return holds(made, "right in " + counted(told, "reading") + (both ? ", and in a query for one row" : ""));
}

Fact clock_agrees(const std::vector<const Answered*>& answers, std::optional<Duration> clock_skew) {
  Fact made = fact("clock", "does the Date header agree with printed times?");
  std::optional<Duration> ahead;
  Duration ahead_of_ours = Duration::min();
  for (const Answered* answered : answers) {
    if (!answered->date) continue;
    for (const Row& row : answered->rows) {
      if (!row.time) continue;
      ahead = std::max(ahead.value_or(Duration::min()), *row.time - *answered->date);
      ahead_of_ours = std::max(ahead_of_ours, *row.time - answered->at);
    }
  }
  if (!clock_skew) return cant_tell(made, "no Date header");
  const Duration off = std::chrono::abs(*clock_skew);
  const std::string clock = off < 2s ? "our clock agrees with it"
                                     : "our clock is " + readable_duration(off) +
                                           (*clock_skew > 0s ? " ahead of" : " behind") + " it";
  if (!ahead) return cant_tell(made, clock + "; no rows");
  if (*ahead > clock_tolerance && ahead_of_ours <= clock_tolerance) {
    // Two clocks against one: the times are right.
    return contradicted(
        made, "an event is printed " + readable_duration(*ahead) + " after the Date of its answer; " + clock,
        "report it: the Date header is behind, at the vendor or at a proxy; printed times agree with our clock");
  }
  if (*ahead > clock_tolerance) {
    return contradicted(
        made, "an event is printed " + readable_duration(*ahead) + " after the Date of its answer; " + clock,
        "report it: times may be those of another zone; events dated ahead hold back nothing, but "
        "their ce_time is wrong");
  }
  const Duration older = -*ahead;
  const std::string newest =
      older < 1s ? "as new as its answer"
                 : readable_duration(floor<std::chrono::seconds>(older)) + " older than its answer";
  return holds(made, "the newest event is " + newest + "; " + clock);
}

Fact bad_credential_is_told(const std::optional<Answered>& damaged, const std::string& secret_name) {
  Fact made = fact("bad_credential", "what does a damaged credential get?");
  if (!damaged) return cant_tell(made, "not asked: --bad-credential");
  if (!damaged->refusal) {
    if (damaged->pages.empty()) return cant_tell(made, why_not(*damaged));
    return contradicted(made,
                        "a page with " + counted(damaged->pages.front(), "row") + ", with one character of " +
                            secret_name + " changed",
                        "check that base_url is the vendor's: whatever answers takes any credential");
  }
  const Refusal& refusal = *damaged->refusal;
  if (refusal.kind == RefusalKind::unauthorized) return holds(made, words_of(refusal));
  // A vendor that is down or busy has not looked at it.
  const bool may_pass = refusal.kind == RefusalKind::transient || refusal.kind == RefusalKind::throttled;
  if (refusal.status == 0 || may_pass) return cant_tell(made, words_of(refusal));
  return contradicted(made, words_of(refusal),
                      "report it: an expired credential would be called that, with a wrong remedy");
}

}  // namespace auditstream::probe
