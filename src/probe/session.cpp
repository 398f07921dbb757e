#include "probe/session.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "auditstream/json.h"
#include "base/hash.h"
#include "core/answer.h"
#include "core/query_margin.h"

namespace auditstream::probe {
namespace {

// An empty page in the middle of a log is legal. So many in a row are no middle.
constexpr std::size_t empty_pages_max = 5;
// Whatever is asked, an answer fits into memory.
constexpr std::size_t rows_max = 40'000;
constexpr Duration throttled_for = 5s;
constexpr Duration throttled_for_max = 2min;
constexpr Duration pause = 2s;

int digits_of(std::string_view time) {
  const std::size_t point = time.find('.');
  if (point == std::string_view::npos) return 0;
  const std::size_t end = time.find_first_not_of("0123456789", point + 1);
  return static_cast<int>(std::min(end, time.size()) - point - 1);
}

// One character in the middle is another one of the same kind, so that it still looks like a credential.
Secret damaged(const Secret& secret) {
  std::string text = secret.reveal();
  if (text.empty()) return secret;
  char& c = text[text.size() / 2];
  c = c == 'a' ? 'b' : c == '0' ? '1' : c >= '0' && c <= '9' ? '0' : 'a';
  return Secret(text);
}

}  // namespace

Session::Session(std::shared_ptr<const Source> source, Secrets secrets, Outside outside,
                 unsigned requests_max, std::function<void(const Exchanged&)> observe)
    : source_(std::move(source)),
      secrets_(std::move(secrets)),
      outside_(std::move(outside)),
      requests_max_(requests_max),
      observe_(std::move(observe)) {}

Time Session::now() const {
  const Now now = outside_.now();
  return std::min(now.wall, now.wall - clock_.ahead(now));
}

unsigned Session::left() const {
  if (stopped_ || unreachable()) return 0;
  const unsigned used = sent_ + held_back_;
  return requests_max_ - std::min(used, requests_max_);
}

PageRequest Session::request_of(const Query& query) const {
  const Now now = outside_.now();
  const Duration margin = query.margin ? core::query_margin(traits()) : Duration{0};
  PageRequest ask;
  ask.from = query.window.from - margin;
  if (query.window.to) ask.to = *query.window.to + margin;
  ask.page_size = query.page_size == 0 ? source_->page_size : query.page_size;
  ask.probe = query.one_row;
  ask.now = this->now();
  ask.latest = std::max(now.wall, now.wall - clock_.ahead(now));
  return ask;
}

Row Session::row_of(Event event) const {
  const EventShape& shape = source_->api->event_shape();
  Row row;
  row.has_id = json::scalar_at(event.raw, shape.id).has_value();
  row.valid = event.flaw == nullptr;
  row.bytes = hash64(event.raw);
  std::vector<std::string_view> times = shape.times;
  if (!source_->time_field.empty()) times = {source_->time_field};
  for (const std::string_view pointer : times) {
    const std::optional<std::string> text = json::scalar_at(event.raw, pointer);
    if (!text || !parse_event_time(*text)) continue;
    row.digits = digits_of(*text);
    row.time_at = pointer;
    break;
  }
  row.id = std::move(event.id);
  row.time = event.time;
  row.raw = event.raw;
  row.body = std::move(event.body);
  return row;
}

std::optional<http::Response> Session::exchange(http::Request request) {
  if (left() == 0) return std::nullopt;
  ++sent_;
  request.route = source_->route;
  std::optional<http::Response> response = outside_.exchange(std::move(request));
  if (!response) {
    stopped_ = true;
    return std::nullopt;
  }
  const Now now = outside_.now();
  clock_.learn(*response, now);
  const bool answered = response->transport == http::Transport::none;
  reached_ = reached_ || answered;
  served_ = served_ || (answered && response->status < 500);
  failed_in_a_row_ = answered ? 0 : failed_in_a_row_ + 1;
  return response;
}

std::optional<Refusal> Session::authorize(const Secrets& secrets, Answered& answered) {
  const Vendor& vendor = *source_->api;
  const std::optional<http::Response> response = exchange(vendor.token_request(*source_, secrets));
  if (!response) {
    answered.end = End::stopped;
    return std::nullopt;
  }
  const Now now = outside_.now();
  std::variant<Token, Refusal> read = core::read_token(vendor, *source_, secrets, *response, now.wall);
  if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
  token_.renew(std::get<Token>(std::move(read)), this->now(), now.steady);
  return std::nullopt;
}

// The page, or how the reading ends before it.
std::variant<Page, Refusal, End> Session::page(const Query& query, const PageRequest& ask,
                                               const Secrets& secrets, Answered& answered) {
  const Vendor& vendor = *source_->api;
  bool token_renewed = false;
  for (unsigned attempt = 1;; ++attempt) {
    Refusal refusal;
    if (vendor.exchanges_token() && !token_.usable(outside_.now().steady)) {
      token_.drop();
      if (const std::optional<Refusal> refused = authorize(secrets, answered)) refusal = *refused;
    }
    if (!vendor.exchanges_token() || token_.get()) {
      http::Request request = vendor.request(*source_, secrets, token_.get(), ask);
      const std::string url = request.url;
      request.url = with_bounds(url, query.wire_from, query.wire_to);
      if (answered.pages.empty()) answered.sent = wire_bounds(request.url);
      if (vendor.exchanges_token()) token_.use();
      const std::optional<http::Response> response = exchange(request);
      if (!response) return End::stopped;
      answered.at = outside_.now().wall;
      if (const auto header = response->header("date")) answered.date = parse_http_date(*header);
      if (answered.date) clock_skew_ = answered.at - *answered.date;
      Answer answer = core::read_answer(vendor, *source_, secrets, token_.get(), ask, *response);
      if (observe_) observe_({ask, request, *response, answer, secrets, token_.get(), request.url == url});
      if (auto* page = std::get_if<Page>(&answer)) return std::move(*page);
      refusal = std::get<Refusal>(std::move(answer));
    } else if (left() == 0) {
      return End::stopped;
    }
    if (refusal.kind == RefusalKind::unauthorized && token_.get() && !token_renewed) {
      token_.drop();
      token_renewed = true;
      continue;
    }
    const bool may_pass = refusal.kind == RefusalKind::throttled || refusal.kind == RefusalKind::transient;
    if (!may_pass || attempt >= query.attempts_max) return refusal;
    const Duration wait =
        refusal.retry_after.value_or(refusal.kind == RefusalKind::throttled ? throttled_for : pause);
    if (left() == 0) return refusal;
    if (!rest(std::min(wait, throttled_for_max))) return End::stopped;
  }
}

Answered Session::ask(const Query& query) {
  Answered answered;
  answered.window = query.window;
  PageRequest ask = request_of(query);
  std::unordered_set<std::string> tokens;
  std::size_t empty_in_a_row = 0;
  unsigned with_rows = 0;
  bool led_to_itself = false;
  while (true) {
    std::variant<Page, Refusal, End> got = page(query, ask, secrets_, answered);
    if (const End* end = std::get_if<End>(&got)) {
      answered.end = *end;
      return answered;
    }
    if (auto* refusal = std::get_if<Refusal>(&got)) {
      answered.end = End::refused;
      answered.refusal = std::move(*refusal);
      return answered;
    }
    Page& read = std::get<Page>(got);
    if (answered.pages.empty()) answered.total = read.total;
    answered.pages.push_back(read.events.size());
    empty_in_a_row = read.events.empty() ? empty_in_a_row + 1 : 0;
    const bool has_rows = !read.events.empty();
    for (Event& event : read.events) answered.rows.push_back(row_of(std::move(event)));
    if (read.next.empty()) {
      answered.end = End::last_page;
      return answered;
    }
    // As the engine reads it: an empty page that leads to itself twice is the last.
    const bool to_itself = empty_in_a_row > 0 && read.next == ask.token;
    if (to_itself && led_to_itself) {
      answered.end = End::last_page;
      return answered;
    }
    if ((!to_itself && !tokens.insert(read.next).second) || empty_in_a_row > empty_pages_max) {
      answered.end = End::endless;
      return answered;
    }
    led_to_itself = to_itself;
    with_rows += has_rows ? 1 : 0;
    if (with_rows > query.pages_max || answered.rows.size() > rows_max) {
      answered.end = End::more;
      return answered;
    }
    ask.token = std::move(read.next);
  }
}

Answered Session::ask_with_damaged_secret() {
  Answered answered;
  Secrets wrong = secrets_;
  if (!wrong.empty()) wrong.begin()->second = damaged(wrong.begin()->second);
  Query query;
  query.window = Window{now() - 24h, std::nullopt};
  query.attempts_max = 1;  // some vendors lock an account after a few
  answered.window = query.window;
  const core::AccessToken right = std::exchange(token_, {});
  std::variant<Page, Refusal, End> got = page(query, request_of(query), wrong, answered);
  token_ = right;
  if (const End* end = std::get_if<End>(&got)) {
    answered.end = *end;
  } else if (auto* refusal = std::get_if<Refusal>(&got)) {
    answered.end = End::refused;
    answered.refusal = std::move(*refusal);
  } else {
    answered.end = End::more;
    answered.pages.push_back(std::get<Page>(got).events.size());
  }
  return answered;
}

}  // namespace auditstream::probe
