// A vendor whose answers a test writes line by line, and a log of rows that answers as vendors do.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "auditstream/vendor.h"

namespace auditstream {

inline http::Response answer_with(int status, std::string body = {}, std::vector<http::Header> headers = {}) {
  http::Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(body));
  response.headers = std::move(headers);
  response.latency = 300ms;
  return response;
}

// The line of an event; `time` in microseconds, or "-" where it can't be read.
inline std::string event_line(const std::string& id, std::optional<Time> time, std::size_t padding = 0) {
  const std::string when = time ? std::to_string(time->time_since_epoch().count()) : "-";
  return "event " + id + " " + when + " " + std::string(padding, 'x') + "\n";
}

// What a request of the scripted vendor asks for.
struct Asked {
  Time from;
  std::optional<Time> to;
  std::string token;
  std::uint32_t page_size = 0;
  bool probe = false;
};

inline Asked asked(const http::Request& request) {
  std::istringstream parts(request.url.substr(std::string("https://scripted/log/").size()));
  const auto part = [&] {
    std::string text;
    std::getline(parts, text, '/');
    return text;
  };
  Asked asked;
  asked.from = Time{Duration{std::stoll(part())}};
  if (const std::string to = part(); to != "-") asked.to = Time{Duration{std::stoll(to)}};
  asked.token = part();
  asked.page_size = static_cast<std::uint32_t>(std::stoul(part()));
  asked.probe = part() == "probe";
  return asked;
}

inline std::string bearer(const http::Request& request) {
  return request.headers.empty() ? "" : request.headers.front().value;
}

inline bool asks_for_token(const http::Request& request) { return request.url == "https://scripted/token"; }

// Lines of a body: "event ID MICROS PADDING" (the whole line is the raw event; "broken" where it is no valid
// JSON), "next TOKEN", "total N"; the
// body "malformed" is just that, "<html>" with 403 a firewall's.
class ScriptedVendor final : public Vendor {
 public:
  Traits facts{.page_size = 100, .page_size_max = 1000};
  bool with_token = false;

  std::string_view name() const override { return "scripted"; }
  std::string_view title() const override { return "Scripted"; }
  const Traits& traits() const override { return facts; }
  const EventShape& event_shape() const override {
    static const EventShape shape{.id = "/id", .times = {"/time"}};
    return shape;
  }
  const std::vector<Setting>& settings() const override { return settings_; }
  std::string default_base_url(const Source&) const override { return "https://scripted"; }
  std::vector<std::pair<std::string, std::string>> mistakes(const Source&) const override { return {}; }
  std::vector<std::string> empty_hints(const Source&) const override { return {"the script."}; }

  http::Request request(const Source&, const Secrets&, const std::optional<Token>& token,
                        const PageRequest& ask) const override {
    Time from = ask.from;
    std::optional<Time> to = ask.to;
    if (facts.by_day) {
      from = floor_day(from);
      to = floor_day(to.value_or(ask.latest)) + 24h;
    }
    http::Request request;
    request.url = "https://scripted/log/" + std::to_string(from.time_since_epoch().count()) + "/" +
                  (to ? std::to_string(to->time_since_epoch().count()) : "-") + "/" + ask.token + "/" +
                  std::to_string(ask.page_size) + "/" + (ask.probe ? "probe" : "page");
    if (token) request.headers = {{"Authorization", token->value.reveal()}};
    return request;
  }

  Answer read(const Source&, const PageRequest&, const http::Response& response) const override {
    if (std::optional<Refusal> refusal = refused(response)) return *refusal;
    Page page;
    const std::string_view body = *response.body;
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t end = std::min(body.find('\n', at), body.size());
      const std::string_view line = body.substr(at, end - at);
      at = end + 1;
      std::istringstream words{std::string(line)};
      std::string word;
      words >> word;
      if (word == "next") words >> page.next;
      if (word == "total") words >> page.total.emplace();
      if (word != "event" && word != "broken") continue;
      Event event;
      if (word == "broken") event.flaw = std::make_shared<const std::string>("no valid JSON");
      std::string when;
      words >> event.id >> when;
      if (when != "-") event.time = Time{Duration{std::stoll(when)}};
      event.raw = line;
      event.body = response.body;
      page.events.push_back(std::move(event));
    }
    return page;
  }

  bool exchanges_token() const override { return with_token; }
  http::Request token_request(const Source&, const Secrets&) const override {
    http::Request request;
    request.url = "https://scripted/token";
    return request;
  }
  // The body is the token; it lives for an hour.
  std::variant<Token, Refusal> read_token(const Source&, const http::Response& response,
                                          Time now) const override {
    if (std::optional<Refusal> refusal = refused(response)) return *refusal;
    return Token{Secret(*response.body), now + 1h};
  }

 private:
  static std::optional<Refusal> refused(const http::Response& response) {
    Refusal refusal;
    refusal.status = response.status;
    refusal.message = "scripted " + std::to_string(response.status);
    refusal.remedy = "change the script";
    if (const auto after = response.header("retry-after")) refusal.retry_after = *parse_duration(*after);
    refusal.firewall = response.status == 403 && *response.body == "<html>";
    if (response.transport == http::Transport::too_large) {
      refusal.kind = RefusalKind::too_large;
    } else if (response.transport != http::Transport::none || refusal.firewall) {
      refusal.kind = RefusalKind::transient;
    } else if (response.status == 200) {
      if (*response.body != "malformed") return std::nullopt;
      refusal.kind = RefusalKind::malformed;
    } else if (response.status == 401) {
      refusal.kind = RefusalKind::unauthorized;
    } else if (response.status == 403) {
      refusal.kind = RefusalKind::forbidden;
    } else if (response.status == 404) {
      refusal.kind = RefusalKind::not_found;
    } else if (response.status == 429) {
      refusal.kind = RefusalKind::throttled;
    } else if (response.status == 504) {
      refusal.kind = RefusalKind::too_slow;
    }
    return refusal;
  }

  std::vector<Setting> settings_;
};

// What the vendor has: asked for a range it shows everything in it, page by page, by offset.
struct Log {
  struct Row {
    std::string id;
    std::optional<Time> time;
    std::size_t padding = 0;
    bool broken = false;
  };
  std::vector<Row> rows;
  bool newest_first = true;
  bool totals = false;

  void add(std::string id, std::optional<Time> time) { rows.push_back({std::move(id), time}); }

  http::Response answer(const http::Request& request) const {
    const Asked range = asked(request);
    std::vector<Row> found;
    for (const Row& row : rows) {
      // Who can't tell a row's time finds it in every range.
      if (!row.time || (*row.time >= range.from && (!range.to || *row.time <= *range.to)))
        found.push_back(row);
    }
    std::ranges::stable_sort(found, [this](const Row& left, const Row& right) {
      return newest_first ? left.time > right.time : left.time < right.time;
    });
    const std::size_t first = range.token.empty() ? 0 : std::stoul(range.token);
    const std::size_t last = std::min(found.size(), first + (range.probe ? 1 : range.page_size));
    std::string body;
    for (std::size_t i = first; i < last; ++i) {
      const std::string line = event_line(found[i].id, found[i].time, found[i].padding);
      body += found[i].broken ? "broken" + line.substr(std::string("event").size()) : line;
    }
    if (last < found.size() && !range.probe) body += "next " + std::to_string(last) + "\n";
    if (totals) body += "total " + std::to_string(found.size()) + "\n";
    return answer_with(200, body);
  }
};

}  // namespace auditstream
