#include <cstdlib>
#include <string_view>
#include <utility>

#include "auditstream/json.h"
#include "base/exit_code.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/status_table.h"
#include "config/endpoint.h"
#include "http/curl_client.h"
#include "runtime/clock.h"
#include "runtime/output.h"
#include "runtime/terminal.h"

namespace auditstream::cli {
namespace {

constexpr Duration refresh = 2s;
constexpr Duration request_timeout = 8s;
constexpr Duration current_for = 10s;  // older information is not shown as current
constexpr Duration wish_latency_max = 100ms;

// The address of an instance, without a trailing slash. A path is for instances behind a proxy.
Result<std::string> parse_instance_url(const std::string& text) {
  const auto bad = [&](const std::string& why) {
    return Error{"--url: " + why + "; give an instance's address, such as http://127.0.0.1:8083"};
  };
  const UrlParts parts = split_url(text);
  // The text may hold a password, so it is not repeated.
  if (text.find('@') != std::string::npos) return bad("it must not hold a user or a password");
  if (parts.scheme != "http" && parts.scheme != "https")
    return bad("\"" + text + "\" does not start with http:// or https://");
  if (text.find_first_of("?# \t\r\n\\") != std::string::npos)
    return bad("\"" + text + "\" has more than a path");
  if (const Status host = config::check_host(parts.authority); !host.ok()) return bad(host.error().message);
  return text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

struct Said {
  std::string body;
  StatusReport report;
};

// Queries one instance, one request at a time.
class Instance {
 public:
  explicit Instance(std::string url) : url_(std::move(url)), client_({}, "auditstream") {}

  void ask(const std::string& path = "/sources") {
    http::Request request;
    request.url = url_ + path;
    request.timeout = request_timeout;
    client_.send(1, std::move(request));
  }

  // The response to ask(). Nothing if there is none after `patience`.
  std::optional<Result<Said>> answer(Duration patience) {
    for (auto& [id, response] : client_.wait(patience)) return read(response);
    return std::nullopt;
  }

  // Whether it works, by its own word. `refused`: it responds, and says why it does not.
  Status ready() {
    ask("/readyz");
    while (true) {
      for (auto& [id, response] : client_.wait(request_timeout)) {
        if (response.transport != http::Transport::none) return unreachable(response);
        if (response.status == 200) return success();
        if (response.status == 503)
          return Error{url_ + " is not ready: " + *response.body, ErrorKind::refused};
        return Error{url_ + "/readyz answers HTTP " + std::to_string(response.status) + elsewhere};
      }
    }
  }

 private:
  static constexpr const char* elsewhere =
      "; --url must be the address of an instance, as its config names it (http.listen)";

  Error unreachable(const http::Response& response) const {
    return Error{
        url_ + " can't be reached: " + response.transport_detail +
        "; does an instance run there? Its config names the address (http.listen), and --url takes it"};
  }

  Result<Said> read(const http::Response& response) const {
    if (response.transport != http::Transport::none) return unreachable(response);
    if (response.status != 200) {
      const std::optional<std::string> message = json::scalar_at(*response.body, "/message");
      return Error{url_ + "/sources answers HTTP " + std::to_string(response.status) +
                   (message ? ", " + *message : elsewhere)};
    }
    Result<StatusReport> report = parse_status(*response.body);
    if (!report.ok()) return Error{url_ + "/sources can't be read, " + report.error().message + elsewhere};
    return Said{*response.body, std::move(*report)};
  }

  const std::string url_;
  http::CurlClient client_;
};

TableFormat format_for(const std::optional<runtime::Terminal>& at) {
  if (!at) return {};
  const char* no_colour = std::getenv("NO_COLOR");
  return {.columns = at->columns, .colour = no_colour == nullptr || *no_colour == '\0', .utf8 = at->utf8};
}

// Overwrites the screen line by line, so nothing flickers.
void draw(const std::string& text) {
  std::string screen = "\x1b[H";
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin) + 1;
    screen += "\x1b[2K" + text.substr(begin, end - begin);
    begin = end;
  }
  runtime::paint_out(screen + "\x1b[J");
}

// Until the user ends it.
int watch(Instance& instance, StatusReport report) {
  runtime::TerminalEvents events;
  Steady answered_at = runtime::read_clock().steady;
  std::optional<Time> away_since;
  std::string why;
  runtime::paint_out("\x1b[2J");
  while (true) {
    if (runtime::read_clock().steady - answered_at >= current_for) forget_states(report);
    if (const std::optional<runtime::Terminal> at = runtime::terminal()) {
      TableFormat format = format_for(at);
      format.hint = "; q ends";
      std::string text;
      if (away_since) {
        text = status_line("Not reachable since " + format_rfc3339(floor_second(*away_since)) + ": " + why,
                           format) +
               "\n";
      }
      const std::size_t others = away_since ? 2 : 1;  // that line, and the terminal cursor's
      format.lines = std::max<std::size_t>(at->lines, others + 1) - others;
      draw(text + status_text(report, format));
    }
    const runtime::TerminalEvent event = events.next(refresh);
    if (event == runtime::TerminalEvent::end) return exit_done;
    if (event == runtime::TerminalEvent::redraw) continue;
    instance.ask();
    std::optional<Result<Said>> answer;
    while (!(answer = instance.answer(wish_latency_max))) {
      if (events.next(Duration{0}) == runtime::TerminalEvent::end) return exit_done;
    }
    if (answer->ok()) {
      report = std::move((*answer)->report);
      answered_at = runtime::read_clock().steady;
      away_since.reset();
    } else {
      if (!away_since) away_since = runtime::read_clock().wall;
      why = answer->error().message;
    }
  }
}

}  // namespace

int status_command(const StatusOptions& options) {
  Result<std::string> url = parse_instance_url(options.url);
  if (!url.ok()) {
    runtime::err() << status_line(url.error().message, {}) << "\n";
    return exit_usage;
  }
  Instance instance(std::move(*url));
  if (options.ready) {
    const Status ready = instance.ready();
    if (ready.ok()) return exit_done;
    runtime::err() << "auditstream: " << status_line(ready.error().message, {}) << "\n";
    return exit_code(ready.error());
  }
  instance.ask();
  std::optional<Result<Said>> first;
  while (!first) first = instance.answer(request_timeout);
  if (!first->ok()) {
    runtime::err() << "auditstream: " << status_line(first->error().message, {}) << "\n";
    return exit_unavailable;
  }
  const std::optional<runtime::Terminal> at = runtime::terminal();
  if (options.json) {
    runtime::print_json((*first)->body);
  } else if (at && !options.once) {
    return watch(instance, std::move((*first)->report));
  } else {
    runtime::paint_out(status_text((*first)->report, format_for(at)));
  }
  return exit_done;
}

}  // namespace auditstream::cli
