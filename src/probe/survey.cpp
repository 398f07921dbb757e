#include "probe/survey.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "core/query_margin.h"
#include "probe/words.h"

namespace auditstream::probe {
namespace {

constexpr Duration day = 24h;
constexpr std::array<Duration, 4> widths{day, 8 * day, 32 * day, 400 * day};
constexpr std::size_t rows_wanted = 30;         // a range with so many can answer every question
constexpr std::size_t rows_in_many_pages = 10;  // and one with so many is read in pages of one row
constexpr std::size_t rows_kept_whole = 2000;
constexpr Time year_2001{std::chrono::sys_days{std::chrono::year{2001} / 2 / 3}};
// Beyond every clock's error, and beyond the 24 h that a request for an open range may reach into the future.
constexpr Duration future = 400 * day;
// Of the past, looked at for its oldest row.
constexpr Duration chunk = 400 * day;

class Survey {
 public:
  Survey(Session& session, const Wishes& wishes, const std::function<void(const std::string&)>& say)
      : session_(session), wishes_(wishes), say_(say), by_day_(session.traits().by_day) {}

  Report run() {
    if (wishes_.watch) session_.hold_back(wishes_.requests_for_watch);
    if (find_base()) {
      heard();
      printed_time();
      open_end();
      paging();
      if (by_day_) {
        days();
      } else {
        bounds();
      }
      wide();
      back();
    }
    rows();
    bad_credential();
    watch();
    report_.requests = session_.sent();
    report_.reached = session_.reached();
    report_.served = session_.served();
    report_.interrupted = session_.stopped();
    report_.at = session_.now();
    return std::move(report_);
  }

 private:
  const Answered& ask(const Query& query) {
    answers_.push_back(std::make_unique<Answered>(session_.ask(query)));
    Answered& answered = *answers_.back();
    if (answered.rows.size() > rows_kept_whole) {
      // Their bytes are needed only to look for another time in them.
      for (Row& row : answered.rows) {
        if (!row.time) continue;
        row.raw = {};
        row.body.reset();
      }
    }
    return answered;
  }
  Query query(Time from, std::optional<Time> to, unsigned pages_max = 1) const {
    Query query;
    query.window = Window{from, to};
    query.pages_max = pages_max;
    query.page_size = base_page_size_;
    return query;
  }
  void add(Fact fact) { report_.facts.push_back(std::move(fact)); }
  // What nothing that came after now changes.
  Time settled() const {
    const Time settled = session_.now() - session_.source().overlap;
    return by_day_ ? floor_day(settled) : floor_second(settled);
  }
  // One page of a range of days may be little of it: its requests reach beyond it.
  unsigned pages_of_base() const { return by_day_ ? 6 : 2; }

  // A closed range with enough rows, read to its end: the others are compared with it.
  bool find_base() {
    say_("looking for a range with some rows");
    const Time end = settled();
    Duration width = by_day_ ? 8 * day : day;
    Duration too_wide = Duration::max();
    bool answered = false;
    while (session_.left() > 0) {
      const Answered& got = ask(query(end - width, end, pages_of_base()));
      if (!answered) {
        answered = true;
        add(readable(got));
        report_.refused = got.refusal.has_value();
      }
      const bool narrower = got.end == End::more || got.end == End::endless ||
                            (got.refusal && got.refusal->kind == RefusalKind::too_slow);
      if (narrower) {
        if (base_ == nullptr || (!base_->complete() && base_->rows.size() < got.rows.size())) base_ = &got;
        if (got.end == End::endless) break;  // which is a fact, and not one of too many rows
        too_wide = std::min(too_wide, width);
        if (known_enough()) break;
        const Duration less = narrower_than(width, got);
        if (less < width) {
          width = less;
        } else if (base_page_size_ == 0 && session_.traits().page_size_max > session_.source().page_size) {
          base_page_size_ = session_.traits().page_size_max;
        } else {
          break;
        }
        continue;
      }
      if (!got.complete()) return false;
      if (base_ == nullptr || !base_->complete() || inside(got).size() >= inside(*base_).size()) base_ = &got;
      if (inside(got).size() >= rows_wanted || width >= widths.back() || width * 8 >= too_wide) break;
      width = std::min<Duration>(width * 8, widths.back());
    }
    if (base_ == nullptr) return false;
    known_ = inside(*base_);
    return true;
  }
  // How wide a range may be that holds about as many rows as are wanted, if this one holds too many.
  Duration narrower_than(Duration width, const Answered& got) const {
    if (by_day_) return std::max<Duration>(day, width / 8 / day * day);
    const std::vector<Time> times = times_of(inside(got));
    Duration less = width / 8;
    // Where rows come in the order of their times, these are all of their span.
    if (times.size() > rows_wanted)
      less = std::min<Duration>(less, (times.back() - times.front()) * (2 * rows_wanted) /
                                          static_cast<Duration::rep>(times.size()));
    return std::max<Duration>(1s, floor<std::chrono::seconds>(less));
  }
  bool known_enough() const { return base_ != nullptr && base_->complete() && !inside(*base_).empty(); }

  void heard() {
    say_("asking for a range in the future and one of 2001");
    const Time now = session_.now();
    const Answered& ahead = ask(query(now + future, now + future + day));
    const Answered& past = ask(query(year_2001, year_2001 + day));
    add(filter_heard(ahead, past, known_));
  }

  void printed_time() {
    say_("asking for the middle of that range");
    const std::vector<Time> times = times_of(known_);
    Window middle = base_->window;
    if (!times.empty()) {
      const Time from = times[times.size() / 4];
      const Time to = times[times.size() * 3 / 4];
      middle = by_day_ ? Window{floor_day(from), floor_day(to) + day}
                       : Window{floor_second(from), floor_second(to) + 1s};
    }
    const Answered& narrow = ask(query(middle.from, middle.to, pages_of_base()));
    add(filter_acts_on_printed_time(known_, base_->complete(), narrow));
  }

  void open_end() {
    say_("asking for a range without an end");
    std::vector<Row> known = known_;
    const std::vector<Time> times = times_of(known_);
    Time from = base_->window.from;
    // From one of the newest rows on: whatever has come since must fit into few pages.
    if (!times.empty())
      from = floor_second(times[times.size() - std::min<std::size_t>(times.size(), rows_wanted)]);
    if (!by_day_ && times.size() > 1) {
      const Duration per_row = (times.back() - times.front()) / static_cast<Duration::rep>(times.size() - 1);
      const Duration few = std::max<Duration>(per_row * rows_wanted, 2s);
      const Time now = floor_second(session_.now());
      if ((now - from) / few > 10) {
        from = floor_second(now - few);
        known = inside(ask(query(from, now, pages_of_base())));
      }
    }
    const Answered& open = ask(query(from, std::nullopt, pages_of_base()));
    std::optional<Answered> into_future;
    if (!by_day_) into_future = ask(query(from, floor_second(session_.now()) + day, pages_of_base()));
    add(open_end_heard(known, open, into_future));
  }

  // A range with a few rows, some of the same time, and the page sizes to read it with.
  Window few_rows() const {
    const std::vector<Time> times = times_of(known_);
    if (times.empty()) return base_->window;
    if (by_day_) {
      const Time middle = floor_day(times[times.size() / 2]);
      return {middle, middle + day};
    }
    const std::size_t wanted = std::min(times.size(), rows_in_many_pages);
    std::size_t best = 0;
    std::size_t best_ties = 0;
    for (std::size_t first = 0; first + wanted <= times.size(); ++first) {
      std::size_t ties = 0;
      for (std::size_t i = first + 1; i < first + wanted; ++i) ties += times[i] == times[i - 1] ? 1 : 0;
      if (first == 0 || ties > best_ties) {
        best = first;
        best_ties = ties;
      }
    }
    return {floor_second(times[best]), floor_second(times[best + wanted - 1]) + 1s};
  }

  void paging() {
    say_("reading one range in pages of several sizes");
    const Window window = few_rows();
    const std::uint32_t largest = session_.traits().page_size_max;
    Query first = query(window.from, window.to, pages_of_base());
    first.page_size = largest;
    std::vector<Paged> sizes;
    // Requests reach beyond the window; all rows that have come to rest are compared.
    const Window compared{Time{}, settled()};
    sizes.push_back({largest, ask(first)});
    sizes.front().answered.window = compared;
    if (sizes.front().answered.complete()) {
      Answered again = ask(first);
      again.window = compared;
      same_ = same_again(sizes.front().answered, again);
      const std::size_t rows = std::max<std::size_t>(sizes.front().answered.rows.size(), 1);
      std::vector<std::uint32_t> smaller;
      for (const std::size_t pages : {std::size_t{3}, rows_in_many_pages}) {
        const auto size = static_cast<std::uint32_t>((rows + pages - 1) / pages);
        if (size < largest && (smaller.empty() || size < smaller.back())) smaller.push_back(size);
      }
      for (const std::uint32_t size : smaller) {
        Query small = first;
        small.page_size = size;
        small.pages_max = static_cast<unsigned>(rows_in_many_pages) * 2 + 6;
        sizes.push_back({size, ask(small)});
        sizes.back().answered.window = compared;
      }
    } else {
      same_ = same_again(sizes.front().answered, sizes.front().answered);
    }
    add(paging_is_complete(sizes));
    add(end_is_told(sizes));
    add(same_);
  }

  void bounds() {
    say_("asking for ranges that begin and end at an event");
    const std::vector<Time> times = times_of(known_);
    Answered none;
    none.window = base_->window;
    if (times.size() < 2) {
      add(bounds_seen(known_, none, std::nullopt));
      return;
    }
    // Rather at times with a fraction, if there are some.
    std::vector<Time> fractional;
    for (const Time time : times) {
      if (time != floor_second(time)) fractional.push_back(time);
    }
    const std::vector<Time>& chosen = fractional.size() >= 2 ? fractional : times;
    const Time lower = chosen[chosen.size() / 3];
    const Time upper = chosen[chosen.size() * 2 / 3];
    Query exact = query(lower, upper, pages_of_base());
    exact.wire_from = lower;
    exact.wire_to = upper;
    const Answered& got = ask(exact);
    std::optional<Answered> finer;
    if (got.sent.lower && got.sent.lower->digits > 0 && fractional.size() >= 2 && lower < upper) {
      exact.wire_from = lower + got.sent.lower->unit();
      exact.wire_to = upper - got.sent.lower->unit();
      finer = ask(exact);
    }
    add(bounds_seen(known_, got, finer));
  }

  Time busiest_day(const std::vector<Time>& times) const {
    std::map<Time, std::size_t> rows;
    for (const Time time : times) ++rows[floor_day(time)];
    const auto most = std::ranges::max_element(rows, {}, [](const auto& entry) { return entry.second; });
    return most == rows.end() ? floor_day(base_->window.from) : most->first;
  }

  void days() {
    say_("asking for a single day");
    const std::vector<Time> times = times_of(known_);
    const Time middle = busiest_day(times);
    Query one = query(middle, middle + day, pages_of_base());
    one.wire_from = one.wire_to = middle;
    const Answered& got = ask(one);
    std::optional<Answered> after;
    if (got.complete() && got.rows.empty() && !times.empty()) {
      one.wire_to = middle + day;
      after = ask(one);
    }
    // Whether the vendor's file asks for one day more than it needs.
    const WireBounds sent = base_->sent;
    const bool counts_on_end =
        sent.upper && base_->window.to &&
        sent.upper->time <= floor_day(*base_->window.to + core::query_margin(session_.traits()));
    add(days_seen(known_, middle, got, after, counts_on_end));
  }
  void wide() {
    say_("asking for wide ranges");
    std::vector<Width> found;
    const Time end = settled();
    const bool by_total = session_.traits().total_is_exact;
    std::vector<Row> narrower;
    std::uint64_t narrower_total = 0;
    Duration before{0};
    bool affordable = true;
    for (const Duration width : widths) {
      Width told{width};
      if (session_.left() < reserve) {
        told.not_told = "not asked any more";
        affordable = false;
      } else if (by_total) {
        affordable = by_totals(told, end, before, narrower_total);
      } else {
        affordable = by_rows(told, end, before, narrower);
      }
      found.push_back(std::move(told));
      if (!affordable) break;  // which no wider one is
      before = width;
    }
    add(wide_ranges_are_whole(found));
  }

  // Whole and parts as the vendor counts them.
  bool by_totals(Width& told, Time end, Duration before, std::uint64_t& narrower) {
    const auto total = [&](Time from, Time to) {
      Query wanted = query(from, to);
      wanted.one_row = session_.traits().probe;
      if (!wanted.one_row) wanted.page_size = 1;
      wanted.pages_max = 0;
      const Answered got = session_.ask(wanted);
      if (!got.total) told.not_told = got.refusal ? words_of(*got.refusal) : why_not(got);
      return got.total.value_or(0);
    };
    told.whole = total(end - told.width, end);
    if (told.not_told.empty() && before > Duration{0}) {
      told.older = total(end - told.width, end - before);
      told.parts = narrower + told.older;
      // Requests reach beyond their windows, so what lies about the border is in both parts.
      if (told.not_told.empty() && told.whole < told.parts) told.shared = total(end - before, end - before);
    }
    narrower = told.whole;
    return told.not_told.empty();
  }

  bool by_rows(Width& told, Time end, Duration before, std::vector<Row>& narrower) {
    const unsigned pages = std::min(wide_pages_max, session_.left() - std::min(session_.left(), reserve));
    const Answered whole = session_.ask(query(end - told.width, end, std::max(pages, 1U)));
    if (!whole.complete()) {
      told.not_told = why_not(whole);
      return false;
    }
    const std::vector<Row> rows = inside(whole);
    told.whole = rows.size();
    if (before > Duration{0}) {
      const Answered part = session_.ask(query(end - told.width, end - before, std::max(pages, 1U)));
      if (!part.complete()) {
        told.not_told = why_not(part);
        return false;
      }
      const std::vector<Row> older = inside(part);
      told.older = older.size();
      std::vector<Row> parts = narrower;
      parts.insert(parts.end(), older.begin(), older.end());
      const Difference found = difference(parts, rows);
      told.parts = found.missing.empty() ? rows.size() : rows.size() + found.missing.size();
      if (!found.missing.empty()) told.example = "without " + example_of(found.missing);
    }
    narrower = rows;
    return true;
  }

  void back() {
    say_("looking for the oldest row");
    const Time now = session_.now();
    std::optional<Time> oldest;
    for (const auto& answer : answers_) {
      for (const Time time : times_of(answer->rows)) oldest = std::min(oldest.value_or(time), time);
    }
    std::optional<Time> empty_before;
    const auto older = [&](Time from, Time to) {
      Query wanted = query(from, to, 0);
      Answered got = session_.ask(wanted);
      for (const Time time : times_of(inside(got))) oldest = std::min(oldest.value_or(time), time);
      return got;
    };
    // Chunk by chunk into the past; a chunk with too many rows is halved until its oldest row is found.
    while (oldest && session_.left() > reserve) {
      const Time to = *oldest;
      Time from = to - chunk;
      const Answered got = older(from, to);
      if (got.refusal || got.end == End::stopped || got.end == End::endless) break;
      if (inside(got).empty()) {
        empty_before = to;
        break;
      }
      if (got.complete() || *oldest - from < day) continue;
      while (*oldest - from > 2 * day && session_.left() > reserve) {
        const Time half = from + (*oldest - from) / 2;
        const Answered lower = older(from, half);
        if (lower.refusal || lower.end == End::stopped) break;
        if (inside(lower).empty()) from = half;
      }
    }
    add(reaches_back(session_.traits().retention, oldest, empty_before, now));
  }

  // What all rows tell that have come for other questions.
  void rows() {
    std::vector<const Answered*> all;
    std::vector<const Answered*> settled_ones;
    for (const auto& answer : answers_) {
      if (answer->rows.empty()) continue;
      all.push_back(answer.get());
      const Duration reach = by_day_ ? 2 * day : Duration{1min};
      const bool closed = answer->sent.upper && answer->sent.upper->time + reach < session_.now();
      if (closed || answer->pages.size() == 1) settled_ones.push_back(answer.get());
    }
    const EventShape& shape = session_.source().api->event_shape();
    std::vector<std::string_view> times_at = shape.times;
    if (!session_.source().time_field.empty()) times_at = {session_.source().time_field};
    add(order_seen(settled_ones));
    add(ids_are_good(all, shape.id));
    add(times_are_readable(all, times_at));
    add(precision_seen(all, session_.traits()));
    std::optional<OneRow> one_row;
    if (session_.traits().probe && base_ != nullptr && base_->complete() && session_.left() > 2) {
      Query all = query(base_->window.from, base_->window.to);
      Query one = all;
      one.one_row = true;
      all.page_size = 1;
      all.pages_max = 0;
      one_row = OneRow{session_.ask(all), session_.ask(one), session_.ask(all)};
    }
    add(total_counts_rows(settled_ones, session_.traits().total_is_exact, one_row));
    add(clock_agrees(all, session_.clock_skew()));
  }

  void bad_credential() {
    std::optional<Answered> damaged;
    const auto& secrets = session_.source().secret_templates;
    // A vendor may lock an account after a few refusals, and one more tells nothing.
    const bool refused = std::ranges::any_of(answers_, [](const auto& answer) {
      return answer->refusal && (answer->refusal->kind == RefusalKind::unauthorized ||
                                 answer->refusal->kind == RefusalKind::forbidden);
    });
    if (wishes_.bad_credential && !refused && session_.left() > 0) {
      say_("asking with a damaged credential");
      damaged = session_.ask_with_damaged_secret();
    }
    Fact fact = bad_credential_is_told(damaged, secrets.empty() ? "the credential" : secrets.begin()->first);
    if (wishes_.bad_credential && !damaged)
      fact.seen = refused ? "not asked: the real one was refused" : "no request was left";
    add(std::move(fact));
  }

  void watch() {
    session_.hold_back(0);
    const Duration overlap = session_.source().overlap;
    if (!wishes_.watch || session_.left() < 2) {
      Fact fact = overlap_suffices(std::nullopt, overlap);
      if (wishes_.watch) fact.seen = "no requests were left to watch with";
      add(std::move(fact));
      return;
    }
    const Duration looks_back = std::max<Duration>(2 * overlap, 1h);
    const Time begin = session_.now();
    const Time end = begin + *wishes_.watch;
    const Time from = floor_second(begin - looks_back);
    Watch watch;
    while (true) {
      const Answered got = session_.ask(query(from, std::nullopt, std::max(pages_of_base(), 8U)));
      if (got.complete()) {
        watch.look(inside(got), session_.now());
        pages_per_look_ = static_cast<unsigned>(std::max<std::size_t>(got.pages.size(), 1));
      }
      const Time now = session_.now();
      if (now >= end || session_.left() < pages_per_look_) break;
      const unsigned looks_left = session_.left() / pages_per_look_;
      const Duration pause = std::max(session_.source().poll_interval, (end - now) / looks_left);
      say_("watching for " + readable_duration(end - now) + " more, " + std::to_string(watch.looks()) +
           " looks so far");
      if (!session_.rest(std::min(pause, end - now))) break;
    }
    if (watch.looks() > 1) report_.lateness = watch.lateness(looks_back);
    Fact fact = overlap_suffices(report_.lateness, overlap);
    if (!report_.lateness) fact.seen = "the log could not be read twice";
    add(std::move(fact));
  }

  // For what comes after the wide ranges.
  static constexpr unsigned reserve = 4;
  static constexpr unsigned wide_pages_max = 6;

  Session& session_;
  const Wishes& wishes_;
  const std::function<void(const std::string&)>& say_;
  const bool by_day_;

  Report report_;
  std::vector<std::unique_ptr<Answered>> answers_;
  const Answered* base_ = nullptr;
  std::uint32_t base_page_size_ = 0;  // 0: the source's
  std::vector<Row> known_;
  Fact same_;
  unsigned pages_per_look_ = 1;
};

}  // namespace

bool Report::contradicted() const {
  return std::ranges::any_of(facts, [](const Fact& fact) { return fact.verdict == Verdict::contradicted; });
}

Report survey(Session& session, const Wishes& wishes, const std::function<void(const std::string&)>& say) {
  return Survey(session, wishes, say).run();
}

}  // namespace auditstream::probe
