#include "core/poller.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "core/adoption.h"
#include "core/answer.h"
#include "core/query_margin.h"
#include "core/rate_limit.h"

namespace auditstream::core {
namespace {

constexpr Duration skew_said_above = 60s;

// A past that is shorter is read before the present.
constexpr Duration long_past = 1h;
// Catching up for longer is history.
constexpr Duration catching_up_max = 30s;

constexpr Duration secret_rest = 5s;  // where a secret can't be read
constexpr Duration secret_rest_max = 60s;

}  // namespace

Poller::Poller(std::shared_ptr<const Source> source, SecretSource& secrets, std::shared_ptr<Ledger> ledger,
               InitialCursor initial_cursor, PollerOptions options, std::uint64_t& next_request_id,
               std::optional<std::string> why_stopped)
    : source_(std::move(source)),
      secret_source_(&secrets),
      options_(options),
      next_request_id_(&next_request_id),
      why_stopped_(std::move(why_stopped)),
      ledger_(std::move(ledger)),
      initial_cursor_(initial_cursor),
      planner_(vendor().traits().by_day, options.target, options.end),
      resumed_(initial_cursor == InitialCursor::committed),
      page_size_(source_->page_size),
      concurrency_(RateLimit(source_->rate_limit, Steady{}).requests_per_second()),
      clock_(options.clock_vouched),
      health_(source_->poll_interval, ledger_ ? ledger_->cursor().last_error : std::nullopt),
      random_(hash64(source_->name)) {}

Poller::Poller(std::shared_ptr<const Source> source, SecretSource& secrets, Ledger ledger,
               InitialCursor initial_cursor, PollerOptions options, std::uint64_t& next_request_id)
    : Poller(std::move(source), secrets, std::make_shared<Ledger>(std::move(ledger)), initial_cursor, options,
             next_request_id, std::nullopt) {}

Poller Poller::stopped(std::shared_ptr<const Source> source, SecretSource& secrets, std::string reason,
                       std::uint64_t& next_request_id) {
  return {std::move(source), secrets,          nullptr, InitialCursor::committed, {},
          next_request_id,   std::move(reason)};
}

Poller Poller::of_history(const Poller& present) {
  AS_CHECK(present.has_history());
  Poller history(present.source_, *present.secret_source_, present.ledger_, InitialCursor::committed,
                 present.options_, *present.next_request_id_, present.why_stopped_);
  history.part_ = Part::history;
  history.resumed_ = present.resumed_;
  history.planner_.end_at(history.ledger_->cursor().history->until);
  history.health_ = SourceHealth(present.source_->poll_interval, history.ledger_->last_error(Part::history));
  history.refused_ids_ = present.refused_ids_;
  history.clock_ = present.clock_;
  history.blocked_ = present.blocked_;
  return history;
}

void Poller::succeed(Poller& predecessor, std::vector<Action>& out) {
  predecessor.drain(out);
  predecessor.void_lanes(0, out);
  refused_ids_ = std::move(predecessor.refused_ids_);
  if (!predecessor.ledger_) return;
  // A source that is not polled writes no first cursor.
  if (why_stopped_ && predecessor.initial_cursor_ == InitialCursor::due) return;
  initial_cursor_ = predecessor.initial_cursor_;
  cursor_has_news_ = predecessor.cursor_has_news_;
  ledger_ = predecessor.ledger_;
  health_ = std::move(predecessor.health_);
  health_.go_on(source_->poll_interval);
  if (!why_stopped_) ledger_->adopt(*source_);
}

Poller::Phase Poller::phase() const {
  if (why_stopped_) return Phase::stopped;
  if (draining_) return Phase::draining;
  if (part_ == Part::history && !reads_history_of(ledger_->cursor())) return Phase::over;
  if (initial_cursor_ != InitialCursor::committed) return Phase::starting;
  return ledger_->cursor().state == Cursor::State::paused ? Phase::paused : Phase::polling;
}

// --- time

Time Poller::vendor_now(Now now) const { return std::min(now.wall, now.wall - clock_ahead(now)); }

void Poller::say_skew(Now now, std::vector<Action>& out) {
  const Duration ahead = clock_ahead(now);
  const bool skewed = std::chrono::abs(ahead) > skew_said_above || clock_.header_is_wrong();
  if (skewed && !said_.clock_skew) {
    const std::string title(vendor().title());
    const auto off = [](Duration by) {
      return readable_duration(std::chrono::abs(floor<std::chrono::seconds>(by)));
    };
    std::string text;
    if (clock_.overruled()) {
      const Duration behind = *clock_.overruled();
      text = "the Date header of " + title + "'s answers is " + off(behind) +
             " behind this machine's clock, and Kafka's agrees with this machine: not believed; look for a "
             "cache or proxy in between";
    } else if (clock_.header_is_wrong()) {
      text =
          "the Date header of " + title +
          "'s answers is wrong by far, or stands still: not believed; look for a cache or proxy in between";
    } else {
      text = "this machine's clock is " + off(ahead) + (ahead > 0s ? " ahead of " : " behind ") + title +
             "'s: set it right (NTP); until then the earlier of the two counts";
    }
    out.push_back(Notice{Level::warn, "clock_skew", std::move(text)});
  }
  said_.clock_skew = skewed;
}

// What has happened since must not wait for a long past: from now on the two are read side by side. Not before the vendor's
// clock is known; and at once only at the very beginning, because a short catching up needs no second reading.
void Poller::split_if_behind(Now now, std::vector<Action>& out) {
  if (part_ == Part::history || options_.end || !source_->history_alongside) return;
  const Cursor& cursor = ledger_->cursor();
  const Time border = floor_second(vendor_now(now));
  if (cursor.history || cursor.state == Cursor::State::paused) return;
  // The floor alone may be a day behind where a vendor is quiet.
  if (border - std::max(cursor.floor.time, read_to_.value_or(cursor.floor.time)) < long_past) return;
  const bool at_the_beginning =
      cursor.floor == Position{cursor.since, ""} && cursor.published + cursor.dead_letters == 0;
  if (!at_the_beginning && now.steady - catches_up_since_.value_or(now.steady) < catching_up_max) return;
  void_lanes(0, out);
  ledger_->split(border);
  read_to_ = border;
  planner_.rest();
  schedule_.rest_until(now.steady);
  cursor_has_news_ = true;
}

// A first start with a clock that was ahead put the beginning into the future, where no event would be found.
// As long as nothing is published, moving it back causes no duplicate.
void Poller::mend_beginning(Now now, std::vector<Action>& out) {
  const Cursor& cursor = ledger_->cursor();
  const bool untouched = is_first_cursor(cursor) && ledger_->ids() == 0;
  // If Kafka agrees with our clock, the vendor's header is no reason to publish what lies before the start.
  const Time time = clock_.vouched_for(now) ? now.wall : vendor_now(now);
  if (!untouched || cursor.since <= time + skew_said_above) return;
  ledger_->restart_at(floor_second(std::min(time, cursor.since - std::max(clock_ahead(now), Duration{0}))));
  void_lanes(0, out);
  planner_.go_back(cursor.floor.time);
  cursor_has_news_ = true;
}

// Drops lanes that were planned or requested when the vendor's clock seemed later than it is: they looked in
// the wrong place, in the archive or in the vendor's future.
void Poller::void_what_was_asked_too_late(Now now, std::vector<Action>& out) {
  const Duration known = of_steady(vendor_now(now), now) + skew_said_above;
  const auto late =
      std::ranges::find_if(lanes_, [known](const Lane& lane) { return lane.vendor_ahead_of_steady > known; });
  void_lanes(static_cast<std::size_t>(late - lanes_.begin()), out);
}

Steady Poller::wake_at() const {
  const bool at_work = phase() == Phase::polling && !planner_.finished();
  return at_work ? std::min(asks_at(), health_.due()) : asks_at();
}

Steady Poller::asks_at() const {
  if (phase() != Phase::polling || token_request_) return Steady::max();
  const Steady rest = schedule_.rests_until();
  if (lanes_.empty()) return planner_.finished() ? Steady::max() : rest;
  Steady wake = Steady::max();
  for (const Lane& lane : lanes_) {
    if (may_ask(lane)) wake = std::min(wake, std::max(lane.retry_at, rest));
  }
  return wake;
}

// Beyond the buffer's limit only the first lane reads on: it is the next to be committed.
bool Poller::may_ask(const Lane& lane) const {
  if (lane.request || lane.complete) return false;
  return &lane == &lanes_.front() || buffered() <= options_.buffered_bytes_max;
}

// --- asking

void Poller::step(Now now, std::vector<Action>& out) {
  if (phase() != Phase::polling) return;
  if (health_.pass(now)) say_last_error(true, now, out);
  tell_last_error(now);
  if (token_request_ || now.steady < schedule_.rests_until()) return;
  if (lanes_.empty() && !begin_poll(now, out)) return;
  plan(now);
  for (Lane& lane : lanes_) {
    if (!may_ask(lane) || now.steady < lane.retry_at) continue;
    if (!authorize(now, out)) return;
    ask(lane, now, out);
  }
}

bool Poller::begin_poll(Now now, std::vector<Action>& out) {
  health_.begin(now);
  Result<Secrets> secrets = secret_source_->read(*source_);
  if (!secrets.ok()) {
    Refusal refusal;
    refusal.kind = RefusalKind::unauthorized;
    refusal.message = secrets.error().message;
    give_up(0, refusal, secret_rest, secret_rest_max, now.steady, now, out);
    return false;
  }
  // A token must not outlive the credential that it was exchanged for.
  if (*secrets != secrets_) token_.drop();
  secrets_ = *std::move(secrets);
  schedule_.begin(now.steady);
  if (!catches_up_since_) catches_up_since_ = now.steady;
  backfill_.begin(ledger_->reach(part_).floor.time, now.steady);
  return true;
}

void Poller::plan(Now now) {
  while (lanes_.size() < lane_limit() && (lanes_.empty() || !lanes_.back().live)) {
    if (!lanes_.empty() && buffered() > options_.buffered_bytes_max) return;
    const Time time = vendor_now(now);
    const std::optional<Window> window =
        planner_.next(ledger_->reach(part_), source_->overlap, time, lanes_.empty());
    if (!window) return;
    const Time until = window->to.value_or(std::max(now.wall, time)) + 2 * query_margin(vendor().traits());
    const Time proven = part_ == Part::history ? ledger_->reach(Part::present).watermark : Time::min();
    const bool known = read_to_ ? window->to && *window->to <= *read_to_ : resumed_;
    const bool read_before = known || planner_.covers_gap();
    Lane lane(Reading(*window, options_.reading, vendor().traits().total_is_exact, until), planner_.live(),
              read_before, proven, time, now);
    lane.reading.expect_shortfall(last_reading_.shortfall);
    lane.probing = vendor().traits().probe && lane.live && last_reading_.probe;
    // The same for all of its pages: some vendors number them.
    lane.ask.page_size = page_size_.get();
    lanes_.push_back(std::move(lane));
  }
}

unsigned Poller::lane_limit() const {
  // As many requests as must be in flight at the same time to use up the rate limit.
  return source_->lanes > 0 ? source_->lanes : concurrency_.needed(options_.lanes_max);
}

std::size_t Poller::buffered() const {
  std::size_t sum = 0;
  for (const Lane& lane : lanes_) sum += lane.reading.held();
  return sum;
}

bool Poller::authorize(Now now, std::vector<Action>& out) {
  if (!vendor().exchanges_token() || token_.usable(now.steady)) return true;
  token_request_ = (*next_request_id_)++;
  http::Request request = vendor().token_request(*source_, secrets_);
  request.route = source_->route;
  out.push_back(Send{*token_request_, std::move(request)});
  return false;
}

void Poller::ask(Lane& lane, Now now, std::vector<Action>& out) {
  const Window& window = lane.reading.window();
  const Duration margin = query_margin(vendor().traits());
  lane.ask.from = window.from - margin;
  lane.ask.to = window.to ? std::optional(*window.to + margin) : std::nullopt;
  lane.ask.token = lane.reading.token();
  lane.ask.probe = lane.probing;
  lane.ask.now = vendor_now(now);
  lane.vendor_ahead_of_steady = std::max(lane.vendor_ahead_of_steady, of_steady(lane.ask.now, now));
  lane.ask.latest = std::max(now.wall, now.wall - clock_ahead(now));
  http::Request request = vendor().request(*source_, secrets_, token_.get(), lane.ask);
  request.route = source_->route;
  if (lane.probing) lane.live_probe = request.url;
  if (lane.probing && last_reading_.probe && last_reading_.probe->url != request.url) {
    // The range has moved on (a new day): its total says nothing about the last one's.
    lane.probing = false;
    lane.live_probe.clear();
    last_reading_.probe.reset();
    ask(lane, now, out);
    return;
  }
  lane.request = (*next_request_id_)++;
  lane.asked_at = now.steady;
  lane.token_number = token_.use();
  out.push_back(Send{*lane.request, std::move(request)});
}

// --- answers

void Poller::on_response(http::RequestId id, const http::Response& response, Now now,
                         std::vector<Action>& out) {
  clock_.learn(response, now);
  say_skew(now, out);
  mend_beginning(now, out);
  void_what_was_asked_too_late(now, out);
  if (token_request_ == id) {
    token_request_.reset();
    on_token(response, now, out);
    return;
  }
  const auto found = std::ranges::find_if(lanes_, [id](const Lane& lane) { return lane.request == id; });
  if (found == lanes_.end()) return;
  const auto index = static_cast<std::size_t>(found - lanes_.begin());
  found->request.reset();
  if (response.transport == http::Transport::none) concurrency_.learn(response.latency);
  Answer answer = read_answer(vendor(), *source_, secrets_, token_.get(), found->ask, response);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
    refuse(index, *refusal, false, now, out);
    return;
  }
  // As long as the vendor's clock is unknown, the page may be from the wrong range.
  if (const std::optional<Duration> wait = clock_.ask_again_in()) {
    found->retry_at = now.steady + *wait;
    return;
  }
  firewall_.reset();
  split_if_behind(now, out);
  if (index >= lanes_.size()) return;
  on_page(index, std::get<Page>(std::move(answer)), found->live_probe, now, out);
}

void Poller::on_token(const http::Response& response, Now now, std::vector<Action>& out) {
  std::variant<Token, Refusal> answer = read_token(vendor(), *source_, secrets_, response, vendor_now(now));
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
    // The exchange itself was refused: another one would be, too.
    if (!lanes_.empty()) lanes_.front().token_renewed = true;
    refuse(0, *refusal, true, now, out);
    // The other lanes wait for the same token.
    for (Lane& lane : lanes_) lane.retry_at = std::max(lane.retry_at, lanes_.front().retry_at);
    return;
  }
  token_.renew(std::get<Token>(std::move(answer)), vendor_now(now), now.steady);
}

void Poller::on_page(std::size_t index, Page page, const std::string& probe_url, Now now,
                     std::vector<Action>& out) {
  Lane& lane = lanes_[index];
  if (const std::optional<Refusal> refusal = look_outside(page, lane.ask, now, out)) {
    refuse(index, *refusal, false, now, out);
    return;
  }
  recovered(health_.answered(std::exchange(lane.attempts, 0) > 0, now), now, out);
  lane.token_renewed = false;
  if (lane.probing) {
    lane.probing = false;
    std::optional<LastReading::Probe>& last = last_reading_.probe;
    if (page.total && last && last->url == probe_url && last->total == *page.total) {
      complete(lane, now, out);
    } else {
      lane.live_probe.clear();
      last.reset();
    }
    return;
  }
  if (page.total && !page.next.empty() && lane.reading.pages() == 0) {
    // The events in the overlap have been published before.
    const bool overlapping = lane.reading.window().from < ledger_->reach(part_).watermark;
    const std::uint64_t known = overlapping ? std::min<std::uint64_t>(ledger_->ids(), *page.total) : 0;
    if (narrowed(index, *page.total - known, now, out)) return;
  }
  switch (lane.reading.add(std::move(page), *ledger_)) {
    case Reading::Step::next_page:
      narrowed(index, (lane.reading.inside() - lane.reading.known()) / 2, now, out);
      return;
    case Reading::Step::read_again:
      return;
    case Reading::Step::complete:
      complete(lane, now, out);
      return;
    case Reading::Step::endless: {
      Refusal refusal;
      refusal.kind = RefusalKind::malformed;
      refusal.status = 200;
      refusal.message =
          "the next page's token leads back to a page that was already read, or none of the last " +
          std::to_string(Reading::empty_pages_max) + " pages has an event: paging would never end";
      refusal.remedy = "this is a fault of the vendor's API; nothing was skipped, the window is read again";
      refuse(index, refusal, false, now, out);
      return;
    }
  }
}

std::optional<Refusal> Poller::look_outside(const Page& page, const PageRequest& ask, Now now,
                                            std::vector<Action>& out) {
  const RowsOutside rows = rows_outside(page, ask, vendor().traits());
  std::optional<Refusal> refusal = filter_evidence_.judge(rows, ask, *source_);
  if (rows.ids.empty()) return refusal;
  rows_outside_ += rows.ids.size();
  out.push_back(RowsIgnored{rows.ids.size()});
  if (!refusal && said_.rows_outside.due(now.steady)) {
    out.push_back(Notice{Level::warn, "rows_outside",
                         words_of(rows, ask) + ": they are ignored here; auditstream probe " + source_->name +
                             " tells what the filter acts on"});
  }
  return refusal;
}

// A window with many more rows than a transaction should hold is read again as several smaller windows.
bool Poller::narrowed(std::size_t index, std::uint64_t rows, Now now, std::vector<Action>& out) {
  if (rows <= 2 * options_.target.events) return false;
  const Window window = lanes_[index].reading.window();
  const double times = static_cast<double>(rows) / static_cast<double>(options_.target.events);
  const Duration width = planner_.width(window, vendor_now(now));
  // A live window reads the overlap again each time, however large: only its new events count.
  if (lanes_[index].live && width <= 2 * source_->overlap + 1min) return false;
  if (!planner_.narrow(width, times)) return false;
  void_lanes(index, out);
  planner_.go_back(window.from);
  return true;
}

// Windows behind one that fails are read again with it: they are no success.
bool Poller::in_order(const Lane& lane) const {
  for (const Lane& before : lanes_) {
    if (&before == &lane) break;
    if (!before.complete) return false;
  }
  return true;
}

void Poller::void_lanes(std::size_t first, std::vector<Action>& out) {
  if (first >= lanes_.size()) return;
  if (!lanes_[first].live) planner_.go_back(lanes_[first].reading.window().from);
  for (std::size_t i = first; i < lanes_.size(); ++i) {
    if (lanes_[i].request) out.push_back(Cancel{*lanes_[i].request});
  }
  lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(first), lanes_.end());
}

void Poller::start_over(std::vector<Action>& out) {
  void_lanes(0, out);
  planner_.rest();
}

void Poller::drain(std::vector<Action>& out) {
  draining_ = true;
  std::size_t complete = 0;
  while (complete < lanes_.size() && lanes_[complete].complete) ++complete;
  void_lanes(complete, out);
  if (token_request_) out.push_back(Cancel{*token_request_});
  token_request_.reset();
}

void PollerStatus::add(const PollerStatus& history) {
  backfill_end = history.backfill_end;
  rows_outside += history.rows_outside;
  if (error.empty() && !history.error.empty()) {
    error = history.error;
    error_status = history.error_status;
    failing_since = history.failing_since;
    attempts = history.attempts;
    activity = history.activity;
  } else if (activity == Activity::resting || activity == Activity::reading) {
    activity = history.activity == Activity::backfilling ? history.activity : activity;
  }
}

PollerStatus Poller::status(Now now) const {
  PollerStatus status;
  status.clock_skew = clock_.overruled().value_or(clock_ahead(now));
  status.finished = planner_.finished() && lanes_.empty();
  status.gave_up = windows_given_up_ > 0;
  if (why_stopped_) {
    status.error = *why_stopped_;
    return status;
  }
  status.cursor = ledger_->cursor();
  status.last_success = health_.last_success();
  status.rows_outside = rows_outside_;
  const std::optional<LastError>& last_error = blocked_ ? blocked_ : health_.last_error();
  if (last_error) {
    status.error = last_error->text;
    status.error_status = last_error->status;
    status.failing_since = last_error->since;
    status.attempts = last_error->attempts;
  }
  const Steady wake = asks_at();
  if (wake != Steady::max() && wake > now.steady) status.next_attempt = now.wall + (wake - now.steady);
  const bool over = part_ == Part::history && !status.cursor.history;
  const Time reached = over ? now.wall : ledger_->reach(part_).floor.time;
  const bool in_history = !lanes_.empty() && (part_ == Part::history || reached < now.wall - finality_delay);
  if (in_history) status.backfill_end = backfill_.end(reached, planner_.border().value_or(now.wall), now);
  if (initial_cursor_ != InitialCursor::committed) {
    status.activity = Activity::starting;
  } else if (status.cursor.state == Cursor::State::paused) {
    status.activity = Activity::paused;
  } else if (last_error) {
    status.activity = activity_in(last_error->state);
  } else if (in_history) {
    status.activity = Activity::backfilling;
  } else {
    const bool rests = lanes_.empty() && now.steady < schedule_.rests_until();
    status.activity = rests ? Activity::resting : Activity::reading;
  }
  return status;
}

}  // namespace auditstream::core
