#include "bench/api.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace auditstream::bench {
namespace {

using test::json_reply;
using test::Reply;

constexpr std::uint64_t any = 1'000'000'000'000;
constexpr std::size_t envelope_bytes = 256;
constexpr std::string_view bearer = "Bearer ";

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string micros(Time time) { return std::to_string(time.time_since_epoch().count()); }

Reply bad_request(const sim::Query& query) {
  return json_reply(400, R"({"error":")" + query.complaint() + R"("})");
}

// The rows [first, last) with the newest first.
std::string newest_first(const Row& row, const AuditLog& log, std::uint64_t first, std::uint64_t last,
                         std::string_view head) {
  std::string body;
  body.reserve((last - first) * (event_bytes + 1) + envelope_bytes);
  body = head;
  for (std::uint64_t i = last; i > first; --i) {
    row.append(body, i - 1, log.time_of(i - 1));
    if (i - 1 > first) body += ',';
  }
  return body;
}

}  // namespace

Reply Api::answer(const test::Request& request, Time now) {
  sim::Query query(request);
  if (request.path() == "/_setup") return set_up(std::move(query), now);
  if (request.path() == "/_stats") return stats(now);
  if (request.path() == "/_log") return requests_since(std::move(query));
  std::string_view key = request.header("authorization").value_or("");
  if (key.starts_with(bearer)) key.remove_prefix(bearer.size());
  log_of_requests_.add(now, key);
  ++requests_;
  if (!first_) first_ = now;
  last_ = now;
  if (gate_.enter(quota_, now)) {
    ++throttled_;
    return json_reply(429, R"({"error":"too many requests"})");
  }
  Reply reply = request.path() == "/api/v1/audit_logs"   ? tines(std::move(query), log_at(now))
                : request.path() == "/api/activity_logs" ? workato(std::move(query), log_at(now))
                                                         : json_reply(404, R"({"error":"no such path"})");
  reply.delay = latency_;
  if (close_) reply.headers.push_back({"Connection", "close"});
  return reply;
}

Reply Api::set_up(sim::Query query, Time now) {
  const std::uint64_t events = query.number("events", 0, 0, any);
  const auto days = static_cast<int>(query.number("days", 100, 1, 100'000));
  const std::uint64_t live_per_second = query.number("live_per_second", 0, 0, 1'000'000);
  const std::uint64_t latency_ms = query.number("latency_ms", 0, 0, 60'000);
  const std::uint64_t quota = query.number("quota", 0, 0, any);
  const std::uint64_t period_ms = query.number("period_ms", 60'000, 1, any);
  const bool close = query.number("close", 0, 0, 1) == 1;
  if (!query.finish()) return bad_request(query);

  live_ = live_per_second > 0;
  if (live_) {
    log_ = {now, Duration{1s} / static_cast<Duration::rep>(live_per_second), any};
  } else {
    const Duration span = std::chrono::days{days};
    const Duration spacing = events > 0 ? span / static_cast<Duration::rep>(events) : span;
    log_ = {now - std::chrono::days{1} - span, spacing, events};
  }
  latency_ = std::chrono::milliseconds{latency_ms};
  close_ = close;
  quota_.clear();
  if (quota > 0) quota_ = {{static_cast<std::uint32_t>(quota), std::chrono::milliseconds{period_ms}}};
  gate_ = {};
  requests_ = throttled_ = 0;
  log_of_requests_ = {};
  first_.reset();
  return json_reply(200, R"({"start":")" + format_rfc3339(log_.start) + R"("})");
}

Reply Api::stats(Time now) const {
  return json_reply(200, R"({"requests":)" + number(requests_) + R"(,"throttled":)" + number(throttled_) +
                             R"(,"keys":)" + number(log_of_requests_.keys()) + R"(,"first_us":)" +
                             micros(first_.value_or(now)) + R"(,"last_us":)" + micros(last_) +
                             R"(,"now_us":)" + micros(now) + "}");
}

Reply Api::requests_since(sim::Query query) const {
  const Time since{Duration{static_cast<Duration::rep>(query.number("since_us", 0, 0, 10'000 * any))}};
  if (!query.finish()) return bad_request(query);
  Reply reply;
  reply.body = std::make_shared<const std::string>(log_of_requests_.text_since(since));
  return reply;
}

AuditLog Api::log_at(Time now) const {
  AuditLog log = log_;
  if (live_) log.count = log.before(now);
  return log;
}

// `after` and `before` are strict and act on the second that is printed.
Reply Api::tines(sim::Query query, const AuditLog& log) const {
  const std::uint64_t per_page = query.number("per_page", 20, 1, 500);
  const std::uint64_t page = query.number("page", 1, 1, any);
  const std::optional<Time> after = query.instant("after", 6);
  const std::optional<Time> before = query.instant("before", 6);
  if (!query.finish()) return bad_request(query);

  const std::uint64_t first = after ? log.before(floor_second(*after) + 1s) : 0;
  const std::uint64_t last = std::max(first, before ? log.before(floor_second(*before)) : log.count);
  const std::uint64_t skipped = std::min(last - first, (page - 1) * per_page);
  const std::uint64_t page_last = last - skipped;
  const std::uint64_t page_first = page_last - std::min(page_last - first, per_page);
  std::string body = newest_first(tines_row_, log, page_first, page_last, R"({"audit_logs":[)");
  body += R"(],"meta":{"next_page_number":)";
  body += page_first > first ? number(page + 1) : "null";
  body += R"(,"per_page":)" + number(per_page) + R"(,"count":)" + number(last - first) + "}}";
  return json_reply(200, std::move(body));
}

// `from` and `to` include their bound; page[after] goes on below the last id.
Reply Api::workato(sim::Query query, const AuditLog& log) const {
  const std::uint64_t size = query.number("page[size]", 100, 1, 100);
  const std::uint64_t after = query.number("page[after]", any, first_id, any);
  const std::optional<Time> from = query.instant("from", 6);
  const std::optional<Time> to = query.instant("to", 6);
  if (!query.finish()) return bad_request(query);

  const std::uint64_t first = from ? log.before(*from) : 0;
  const std::uint64_t end = std::min(to ? log.before(*to + Duration{1}) : log.count, after - first_id);
  const std::uint64_t last = std::max(first, end);
  const std::uint64_t page_first = last - std::min(last - first, size);
  std::string body = newest_first(workato_row_, log, page_first, last, R"({"data":[)");
  body += R"(],"total":)" + number(last - page_first) + "}";
  return json_reply(200, std::move(body));
}

}  // namespace auditstream::bench
