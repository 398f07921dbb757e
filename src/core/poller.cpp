#include "core/poller.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "core/adoption.h"
#include "core/answer.h"
#include "core/rate_limit.h"

namespace auditstream::core {
namespace {

// How far around a window the vendor is asked, so that it doesn't matter what its bounds mean.
constexpr Duration guard_by_second = 2s;
constexpr Duration guard_by_day = 14h;

constexpr Duration skew_said_above = 60s;

constexpr Duration rows_missing_first = 1min;  // said once, then at a falling rate
constexpr Duration rows_missing_max = 1h;

constexpr Duration secret_rest = 5s;  // where a secret can't be read
constexpr Duration secret_rest_max = 60s;

}  // namespace

Poller::Poller(std::shared_ptr<const Source> source, SecretSource& secrets, Ledger ledger, bool born,
               PollerOptions options, std::uint64_t& next_request_id)
    : source_(std::move(source)),
      vendor_(source_->api),
      secret_source_(&secrets),
      options_(options),
      next_request_id_(&next_request_id),
      ledger_(std::move(ledger)),
      born_(born),
      planner_(vendor_->traits().by_day, options.target, options.end),
      page_size_(source_->page_size),
      requests_per_second_(RateLimit(source_->rate_limit, Steady{}).requests_per_second()),
      clock_(options.clock_vouched),
      health_(source_->poll_interval, ledger_->cursor().trouble),
      random_(hash64(source_->name)) {}

Poller Poller::stopped(std::shared_ptr<const Source> source, SecretSource& secrets, std::string reason,
                       std::uint64_t& next_request_id) {
  Poller poller(source, secrets, Ledger(*source, Time{}, Time{}), true, {}, next_request_id);
  poller.ledger_.reset();
  poller.stopped_ = std::move(reason);
  return poller;
}

void Poller::succeed(Poller& predecessor, std::vector<Action>& out) {
  predecessor.drain(out);
  predecessor.void_lanes(0, out);
  refused_ = std::move(predecessor.refused_);
  if (!predecessor.ledger_) return;
  born_ = predecessor.born_;
  birth_taken_ = predecessor.birth_taken_;
  mended_ = predecessor.mended_;
  trouble_is_news_ = predecessor.trouble_is_news_;
  // A source that is not polled leaves no first cursor behind.
  if (!stopped_.empty() && !born_ && !birth_taken_) return;
  ledger_ = std::move(predecessor.ledger_);
  health_ = std::move(predecessor.health_);
  health_.go_on(source_->poll_interval);
  if (stopped_.empty()) ledger_->adopt(*source_);
}

// --- time

Duration Poller::clock_ahead(Now now) const { return clock_.ahead(now); }

Time Poller::vendor_now(Now now) const { return std::min(now.wall, now.wall - clock_ahead(now)); }

void Poller::say_skew(Now now, std::vector<Action>& out) {
  const Duration ahead = clock_ahead(now);
  const bool skewed = std::chrono::abs(ahead) > skew_said_above || clock_.header_is_wrong();
  if (skewed && !skew_said_) {
    const std::string vendor(vendor_->title());
    const auto off = [](Duration by) {
      return readable_duration(std::chrono::abs(floor<std::chrono::seconds>(by)));
    };
    std::string text;
    if (clock_.overruled()) {
      const Duration behind = *clock_.overruled();
      text = "the Date header of " + vendor + "'s answers is " + off(behind) +
             " behind this machine's clock, and Kafka's agrees with this machine: not believed; look for a "
             "cache or proxy in between";
    } else if (clock_.header_is_wrong()) {
      text =
          "the Date header of " + vendor +
          "'s answers is wrong by far, or stands still: not believed; look for a cache or proxy in between";
    } else {
      text = "this machine's clock is " + off(ahead) + (ahead > 0s ? " ahead of " : " behind ") + vendor +
             "'s: set it right (NTP); until then the earlier of the two counts";
    }
    out.push_back(Say{Level::warn, "clock_skew", std::move(text)});
  }
  skew_said_ = skewed;
}

// A first start under a clock that was ahead put the beginning into the future, where nothing would ever be
// found. As long as nothing is out it may still be mended without a duplicate.
void Poller::mend_beginning(Now now, std::vector<Action>& out) {
  const Cursor& cursor = ledger_->cursor();
  const bool untouched = is_first_cursor(cursor) && ledger_->ids() == 0;
  // Where Kafka takes our side, the vendor's header is no reason to publish what lies before the start.
  const Time time = clock_.vouched_for(now) ? now.wall : vendor_now(now);
  if (!untouched || cursor.since <= time + skew_said_above) return;
  ledger_->restart_at(floor_second(std::min(time, cursor.since - std::max(clock_ahead(now), Duration{0}))));
  void_lanes(0, out);
  planner_.go_back(cursor.floor.time);
  mended_ = true;
}

// What was planned, or asked for, when the vendor's clock was taken to be later than it is was looked for in
// the wrong place: among what is archived, or in the vendor's future.
void Poller::void_what_was_asked_too_late(Now now, std::vector<Action>& out) {
  const Duration known = of_steady(vendor_now(now), now) + skew_said_above;
  const auto late =
      std::ranges::find_if(lanes_, [known](const Lane& lane) { return lane.vendor_ahead_of_steady > known; });
  void_lanes(static_cast<std::size_t>(late - lanes_.begin()), out);
}

Duration Poller::jittered(Duration least) {
  // splitmix64; each source has a sequence of its own, so that many don't come back in one moment.
  std::uint64_t z = (random_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return least + Duration{static_cast<Duration::rep>(static_cast<double>(least.count()) * 0.25 *
                                                     static_cast<double>(z >> 11) * 0x1.0p-53)};
}

Steady Poller::wake_at() const {
  const bool at_work = stopped_.empty() && !draining_ && born_ && !planner_.finished() &&
                       ledger_->cursor().state != Cursor::State::paused;
  return at_work ? std::min(asks_at(), health_.due()) : asks_at();
}

Steady Poller::asks_at() const {
  if (!stopped_.empty() || draining_ || !born_ || authorizing_ ||
      ledger_->cursor().state == Cursor::State::paused) {
    return Steady::max();
  }
  if (lanes_.empty()) return planner_.finished() ? Steady::max() : rest_until_;
  Steady wake = Steady::max();
  for (const Lane& lane : lanes_) {
    if (may_ask(lane)) wake = std::min(wake, std::max(lane.retry_at, rest_until_));
  }
  return wake;
}

// Beyond the buffer's limit only the first lane reads on: it is the one that can be given away.
bool Poller::may_ask(const Lane& lane) const {
  if (lane.request || lane.complete) return false;
  return &lane == &lanes_.front() || buffered() <= options_.buffered_bytes_max;
}

// --- asking

void Poller::step(Now now, std::vector<Action>& out) {
  if (!stopped_.empty() || draining_ || !born_) return;
  if (ledger_->cursor().state == Cursor::State::paused) return;
  if (health_.pass(now)) say_trouble(true, now, out);
  tell_trouble(now);
  if (authorizing_ || now.steady < rest_until_) return;
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
  // A new credential is a new try for everything that the old one got.
  if (*secrets != secrets_) token_.reset();
  secrets_ = *std::move(secrets);
  if (!first_poll_) first_poll_ = now.steady;
  if (!history_from_) history_from_ = {now.steady, ledger_->cursor().floor.time};
  return true;
}

void Poller::plan(Now now) {
  while (lanes_.size() < lane_limit() && (lanes_.empty() || !lanes_.back().live())) {
    if (!lanes_.empty() && buffered() > options_.buffered_bytes_max) return;
    const Time time = vendor_now(now);
    const std::optional<Window> window =
        planner_.next(ledger_->cursor(), source_->overlap, time, lanes_.empty());
    if (!window) return;
    const Duration guard = vendor_->traits().by_day ? guard_by_day : guard_by_second;
    const Time until = window->to.value_or(std::max(now.wall, time)) + 2 * guard;
    Lane lane(Reading(*window, options_.reading, vendor_->traits().total_is_exact, until), time, now);
    lane.reading.expect_shortfall(shortfall_);
    lane.probing = vendor_->traits().probe && lane.live() && probe_memo_;
    // The same for all of its pages: some vendors number them.
    lane.ask.page_size = page_size_.get();
    lanes_.push_back(std::move(lane));
  }
}

unsigned Poller::lane_limit() const {
  if (source_->lanes > 0) return source_->lanes;
  if (latency_ == Duration{0}) return 1;
  // As many requests as have to be under way at the same time to use up the budget.
  const double needed = std::ceil(requests_per_second_ * std::chrono::duration<double>(latency_).count()) + 1;
  return static_cast<unsigned>(std::min(needed, static_cast<double>(options_.lanes_max)));
}

std::size_t Poller::buffered() const {
  std::size_t sum = 0;
  for (const Lane& lane : lanes_) sum += lane.reading.held();
  return sum;
}

bool Poller::authorize(Now now, std::vector<Action>& out) {
  if (!vendor_->exchanges_token()) return true;
  // A token is used at least once, however short its life.
  if (token_ && (!token_used_ || now.steady < token_renew_at_)) return true;
  authorizing_ = (*next_request_id_)++;
  http::Request request = vendor_->token_request(*source_, secrets_);
  request.route = source_->route;
  out.push_back(Send{*authorizing_, std::move(request)});
  return false;
}

void Poller::ask(Lane& lane, Now now, std::vector<Action>& out) {
  const Duration guard = vendor_->traits().by_day ? guard_by_day : guard_by_second;
  const Window& window = lane.reading.window();
  lane.ask.from = window.from - guard;
  lane.ask.to = window.to ? std::optional(*window.to + guard) : std::nullopt;
  lane.ask.token = lane.reading.token();
  lane.ask.probe = lane.probing;
  lane.ask.now = vendor_now(now);
  lane.vendor_ahead_of_steady = std::max(lane.vendor_ahead_of_steady, of_steady(lane.ask.now, now));
  lane.ask.latest = std::max(now.wall, now.wall - clock_ahead(now));
  http::Request request = vendor_->request(*source_, secrets_, token_, lane.ask);
  request.route = source_->route;
  if (lane.probing) lane.live_probe = request.url;
  if (lane.probing && probe_memo_ && probe_memo_->url != request.url) {
    // The range has moved on (a new day): its total says nothing about the last one's.
    lane.probing = false;
    lane.live_probe.clear();
    probe_memo_.reset();
    ask(lane, now, out);
    return;
  }
  lane.request = (*next_request_id_)++;
  lane.asked_at = now.steady;
  lane.token_number = token_number_;
  token_used_ = true;
  out.push_back(Send{*lane.request, std::move(request)});
}

// --- answers

void Poller::on_response(http::RequestId id, const http::Response& response, Now now,
                         std::vector<Action>& out) {
  clock_.learn(response, now);
  say_skew(now, out);
  mend_beginning(now, out);
  void_what_was_asked_too_late(now, out);
  if (authorizing_ == id) {
    authorizing_.reset();
    on_token(response, now, out);
    return;
  }
  const auto found = std::ranges::find_if(lanes_, [id](const Lane& lane) { return lane.request == id; });
  if (found == lanes_.end()) return;
  const auto index = static_cast<std::size_t>(found - lanes_.begin());
  found->request.reset();
  if (response.transport == http::Transport::none) {
    latency_ = latency_ == Duration{0} ? response.latency : (latency_ * 7 + response.latency) / 8;
  }
  Answer answer = read_answer(*vendor_, *source_, secrets_, token_, found->ask, response);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
    refuse(index, *refusal, false, now, out);
    return;
  }
  // A page may be from the wrong place where nobody knows what time it is at the vendor's.
  if (const std::optional<Duration> wait = clock_.ask_again_in()) {
    found->retry_at = now.steady + *wait;
    return;
  }
  firewall_.reset();
  on_page(index, std::get<Page>(std::move(answer)), found->live_probe, now, out);
}

void Poller::on_token(const http::Response& response, Now now, std::vector<Action>& out) {
  std::variant<Token, Refusal> answer = read_token(*vendor_, *source_, secrets_, response, vendor_now(now));
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
    // The exchange itself was refused: another one would be, too.
    if (!lanes_.empty()) lanes_.front().token_renewed = true;
    refuse(0, *refusal, true, now, out);
    // The other lanes wait for the same token.
    for (Lane& lane : lanes_) lane.retry_at = std::max(lane.retry_at, lanes_.front().retry_at);
    return;
  }
  token_ = std::get<Token>(std::move(answer));
  ++token_number_;
  token_used_ = false;
  const Duration life = std::max(token_->expires - vendor_now(now), Duration{0});
  token_renew_at_ = now.steady + life - std::min<Duration>(5min, life / 10);
}

void Poller::on_page(std::size_t index, Page page, const std::string& probe_url, Now now,
                     std::vector<Action>& out) {
  Lane& lane = lanes_[index];
  recovered(health_.answered(std::exchange(lane.attempts, 0) > 0, now), now, out);
  lane.token_renewed = false;
  if (lane.probing) {
    lane.probing = false;
    if (page.total && probe_memo_ && probe_memo_->url == probe_url && probe_memo_->total == *page.total) {
      complete(lane, now, out);
    } else {
      lane.live_probe.clear();
      probe_memo_.reset();
    }
    return;
  }
  if (page.total && !page.next.empty() && lane.reading.pages() == 0) {
    // What lies in the overlap has been published before.
    const bool overlapping = lane.reading.window().from < ledger_->cursor().watermark;
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

// A window with much more than a transaction should hold is asked for again in smaller pieces.
bool Poller::narrowed(std::size_t index, std::uint64_t rows, Now now, std::vector<Action>& out) {
  if (rows <= 2 * options_.target.events) return false;
  const Window window = lanes_[index].reading.window();
  const double times = static_cast<double>(rows) / static_cast<double>(options_.target.events);
  const Duration width = planner_.width(window, vendor_now(now));
  // A live window reads the overlap again each time, however much that is: only what is new in it takes room.
  if (!window.to && width <= 2 * source_->overlap + 1min) return false;
  if (!planner_.narrow(width, times)) return false;
  void_lanes(index, out);
  planner_.go_back(window.from);
  return true;
}

void Poller::complete(Lane& lane, Now now, std::vector<Action>& out) {
  lane.complete = true;
  const Reading& reading = lane.reading;
  const bool success = in_order(lane);
  if (success) {
    recovered(health_.succeed(now), now, out);
    failures_ = 0;
    page_size_.window_read();
  }
  out.push_back(Polled{std::nullopt, reading.known(), success});
  if (reading.total()) shortfall_ = reading.shortfall();
  if (!reading.rows_missing()) {
    if (reading.total()) rows_missing_wait_ = Duration{0};
  } else if (rows_missing_wait_ == Duration{0} || now.steady >= rows_missing_next_) {
    rows_missing_wait_ = std::clamp<Duration>(2 * rows_missing_wait_, rows_missing_first, rows_missing_max);
    rows_missing_next_ = now.steady + rows_missing_wait_;
    out.push_back(Say{Level::warn, "rows_missing",
                      std::string(vendor_->title()) + " counts " + std::to_string(*reading.total()) +
                          " rows where it delivered another number twice: published what it delivered"});
  }
  const Time time = vendor_now(now);
  if (!lane.live()) {
    planner_.learn(reading.inside() - reading.known(), reading.bytes(),
                   planner_.width(reading.window(), time));
    return;
  }
  if (reading.cut()) return;  // there is more to read at once
  if (vendor_->traits().probe && reading.total() && lane.live_probe.empty() && reading.pages() > 0) {
    Ask probe = lane.ask;
    probe.probe = true;
    probe.token.clear();
    probe_memo_ = Memo{vendor_->request(*source_, secrets_, token_, probe).url, *reading.total()};
  }
  // The rhythm is kept whatever a poll took: the next beat after now.
  const auto beats = (now.steady - *first_poll_) / source_->poll_interval + 1;
  rest_until_ = *first_poll_ + beats * source_->poll_interval;
}

// What was read behind a window that fails is read again with it: that is no success.
bool Poller::in_order(const Lane& lane) const {
  for (const Lane& before : lanes_) {
    if (&before == &lane) break;
    if (!before.complete) return false;
  }
  return true;
}

void Poller::void_lanes(std::size_t first, std::vector<Action>& out) {
  if (first >= lanes_.size()) return;
  if (!lanes_[first].live()) planner_.go_back(lanes_[first].reading.window().from);
  for (std::size_t i = first; i < lanes_.size(); ++i) {
    if (lanes_[i].request) out.push_back(Cancel{*lanes_[i].request});
  }
  lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(first), lanes_.end());
}

void Poller::drain(std::vector<Action>& out) {
  draining_ = true;
  std::size_t complete = 0;
  while (complete < lanes_.size() && lanes_[complete].complete) ++complete;
  void_lanes(complete, out);
  if (authorizing_) out.push_back(Cancel{*authorizing_});
  authorizing_.reset();
}

PollerStatus Poller::status(Now now) const {
  PollerStatus status;
  status.clock_skew = clock_.overruled().value_or(clock_ahead(now));
  status.finished = planner_.finished() && lanes_.empty();
  status.gave_up = failures_ > 0;
  if (!stopped_.empty()) {
    status.state = "stopped";
    status.trouble = stopped_;
    return status;
  }
  status.cursor = ledger_->cursor();
  status.last_success = health_.last_success();
  const std::optional<Trouble>& trouble = blocked_ ? blocked_ : health_.trouble();
  if (trouble) {
    status.trouble = trouble->text;
    status.trouble_status = trouble->status;
    status.failing_since = trouble->since;
    status.attempts = trouble->attempts;
  }
  const Steady wake = asks_at();
  if (wake != Steady::max() && wake > now.steady) status.next_attempt = now.wall + (wake - now.steady);
  const bool in_history = !lanes_.empty() && status.cursor.floor.time < now.wall - horizon;
  if (in_history) status.backfill_end = backfill_end(now);
  if (!born_) {
    status.state = "starting";
  } else if (status.cursor.state == Cursor::State::paused) {
    status.state = "paused";
  } else if (trouble) {
    status.state = trouble->state == Trouble::State::failed ? "failing" : to_string(trouble->state);
  } else if (in_history) {
    status.state = "backfilling";
  } else {
    status.state = lanes_.empty() && now.steady < rest_until_ ? "resting" : "reading";
  }
  return status;
}

// At the pace that this poller has kept so far; nothing before there is one.
std::optional<Time> Poller::backfill_end(Now now) const {
  if (!history_from_) return std::nullopt;
  const Time reached = ledger_->cursor().floor.time;
  const double covered = static_cast<double>((reached - history_from_->second).count());
  const double took = static_cast<double>((now.steady - history_from_->first).count());
  if (covered <= 0 || took <= 0) return std::nullopt;
  const double left = static_cast<double>((now.wall - reached).count());
  const double needed = std::min(left * took / covered, static_cast<double>(Duration{24h * 3650}.count()));
  return floor_second(now.wall + Duration{static_cast<Duration::rep>(needed)});
}

}  // namespace auditstream::core
