// The facts that the engine relies on, or that a vendor's file claims, each judged by what was asked and what
// came. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auditstream/vendor.h"
#include "probe/rows.h"

namespace auditstream::probe {

enum class Verdict { holds, contradicted, cant_tell };
const char* to_string(Verdict verdict);

struct Fact {
  std::string name;      // "filter_heard": stays the same for programs
  std::string question;  // for people
  Verdict verdict = Verdict::cant_tell;
  std::string seen;    // what was seen, with the numbers; or why it can't be told
  std::string remedy;  // if contradicted: the setting that mends it, else what to report
};

// The vendor answers with pages of its log at all.
Fact readable(const Answered& first);

// A range in the future, and one of 2001, have no rows, but one of the log has.
Fact filter_heard(const Answered& future, const Answered& past, const std::vector<Row>& known);

// Of the rows `known` (all of them, in a wider range) exactly those come that the narrower range holds by their
// printed time, and nothing from beyond what was asked. `all_known`: the wider range was read to its end.
Fact filter_acts_on_printed_time(const std::vector<Row>& known, bool all_known, const Answered& narrow);

// Two bounds that are the printed times of rows: which of these come? For the eye, because the engine asks for
// more than it needs. `finer`: the same, each bound a unit further in, where bounds and times have fractions.
Fact bounds_seen(const std::vector<Row>& known, const Answered& exact, const std::optional<Answered>& finer);

// One day asked of a filter that takes days: when it begins and ends, by the rows that came. `day_after`: asked up
// to the next day. `counts_on_end`: the vendor's file takes the last day for a part of the range.
Fact days_seen(const std::vector<Row>& known, Time day, const Answered& one_day,
               const std::optional<Answered>& day_after, bool counts_on_end);

// A range that is open at its end, and one that ends in the future, have the rows of a closed one.
Fact open_end_heard(const std::vector<Row>& known, const Answered& open,
                    const std::optional<Answered>& into_future);

// A wide range, and parts of it whose borders touch.
struct Width {
  Duration width;
  std::uint64_t whole = 0;  // rows
  std::uint64_t parts = 0;
  std::uint64_t older = 0;               // of them in the part that the width before hadn't
  std::uint64_t shared = 0;              // rows that may have been counted in two parts
  std::optional<std::string> example{};  // a row of a part that the whole lacks
  std::string not_told{};                // why there are no numbers
};
Fact wide_ranges_are_whole(const std::vector<Width>& widths);

// How far the log goes back. `empty_before`: nothing is older than that.
Fact reaches_back(std::optional<Duration> claimed, std::optional<Time> oldest,
                  std::optional<Time> empty_before, Time now);

// One closed range in pages of several sizes, the largest first.
struct Paged {
  std::uint32_t page_size;
  Answered answered;
};
Fact paging_is_complete(const std::vector<Paged>& sizes);
Fact end_is_told(const std::vector<Paged>& sizes);

// The same range, asked twice.
Fact same_again(const Answered& first, const Answered& second);

// In which order rows came.
Fact order_seen(const std::vector<const Answered*>& answers);

// All rows that were seen, answer by answer.
Fact ids_are_good(const std::vector<const Answered*>& answers, std::string_view id_at);
Fact times_are_readable(const std::vector<const Answered*>& answers,
                        const std::vector<std::string_view>& times_at);
Fact precision_seen(const std::vector<const Answered*>& answers, const Traits& traits);
// `one_row`: a query for one row, between two for all rows of the same range.
struct OneRow {
  Answered before;
  Answered one;
  Answered after;
};
Fact total_counts_rows(const std::vector<const Answered*>& answers, bool claimed,
                       const std::optional<OneRow>& one_row);
Fact clock_agrees(const std::vector<const Answered*>& answers, std::optional<Duration> clock_skew);

// What a credential in which one character is wrong gets.
Fact bad_credential_is_told(const std::optional<Answered>& damaged, const std::string& secret_name);

}  // namespace auditstream::probe
