#include "runtime/log.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <utility>

#include "auditstream/check.h"
#include "auditstream/json_writer.h"
#include "base/printable.h"
#include "runtime/clock.h"
#include "runtime/outbox.h"

namespace auditstream::runtime {
namespace {

constexpr std::size_t waiting_bytes_max = 1 << 20;
constexpr std::size_t field_bytes_max = 4096;
constexpr auto last_words_patience = std::chrono::seconds(1);
constexpr unsigned exit_patience_seconds = 3;  // for everything before the end

std::string_view name_of(core::Level level) {
  switch (level) {
    case core::Level::debug:
      return "debug";
    case core::Level::info:
      return "info";
    case core::Level::warn:
      return "warn";
    case core::Level::error:
      return "error";
  }
  return "error";
}

core::Level level_named(std::string_view name) {
  for (const core::Level level : {core::Level::debug, core::Level::warn, core::Level::error}) {
    if (name == name_of(level)) return level;
  }
  return core::Level::info;
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// Returns what could not be written. Stderr is shared with our parent, so its blocking mode is left alone.
std::string_view write_to_stderr(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{STDERR_FILENO, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return bytes;
}

class Log {
 public:
  Log(const config::LogSettings& settings, std::string instance)
      : least_(level_named(settings.level)),
        json_(settings.format == "json"),
        instance_(std::move(instance)),
        outbox_(waiting_bytes_max,
                [this](const std::string& line, std::uint64_t lost) { return write(line, lost); }) {}

  bool wants(core::Level level) const { return level >= least_; }
  bool json() const { return json_; }

  void put(core::Level level, std::string_view text, const Fields& fields) {
    outbox_.put(line_of(level, text, fields));
  }
  void put_plain(std::string_view text) { outbox_.put(printable(text) + "\n"); }
  void flush() { outbox_.flush(last_words_patience); }

 private:
  // Every line is made here. Text from outside may be megabytes long.
  std::string line_of(core::Level level, std::string_view text, const Fields& fields) const {
    const std::string time = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(read_clock().wall));
    if (json_) {
      json::Members line{{"time", time}, {"level", name_of(level)}, {"instance", instance_}};
      for (const auto& [name, value] : fields)
        line.push_back({std::string(name), bounded(value, field_bytes_max)});
      line.push_back({"message", bounded(text, field_bytes_max)});
      return json::object(line).text() + "\n";
    }
    std::string line = time + " " + std::string(name_of(level));
    const auto shown = [](std::string_view value) { return printable(bounded(value, field_bytes_max)); };
    for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + shown(value);
    return line + " " + shown(text) + "\n";
  }

  bool write(const std::string& line, std::uint64_t lost) {
    std::string bytes = torn_ ? "\n" : "";
    if (lost > 0) {
      bytes += line_of(core::Level::warn,
                       std::to_string(lost) +
                           " lines were lost here: whoever reads the log had stopped reading, or had no room",
                       {{"code", "log_lost"}});
    }
    bytes += line;
    const std::string_view rest = write_to_stderr(bytes);
    const std::size_t written = bytes.size() - rest.size();
    if (written > 0) torn_ = bytes[written - 1] != '\n';
    return rest.empty();
  }

  const core::Level least_;
  const bool json_;
  const std::string instance_;
  bool torn_ = false;  // the last line was written only in part; used by the outbox's thread
  Outbox outbox_;
};

// Never destroyed: its thread may be blocked in a write when the process ends.
std::atomic<Log*> the_log = nullptr;

void write(core::Level level, std::string_view text, const Fields& fields) {
  Log* const log = the_log;
  if (log != nullptr && log->wants(level)) log->put(level, text, fields);
}

void report_failed_check(const char* text) {
  log(core::Level::error, "check_failed", text);
  flush_log();
}

[[noreturn]] void report_exception() {
  std::string text = "an exception that nobody expects";
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    text += std::string(": ") + error.what();
  } catch (...) {
  }
  log(core::Level::error, "crashed", text);
  flush_log();
  std::abort();
}

volatile sig_atomic_t exit_code_in_time = 0;

}  // namespace

void start_log(const config::LogSettings& settings, std::string instance) {
  AS_CHECK(the_log == nullptr);
  the_log = new Log(settings, std::move(instance));
  // These would otherwise write to stderr themselves, and might block there for ever.
  report_failed_checks_by(report_failed_check);
  std::set_terminate(report_exception);
}

void flush_log() {
  if (Log* const log = the_log) log->flush();
}

void log_and_exit(int exit_code, core::Level level, std::string_view code, std::string_view text) {
  // Ends the process even if a thread that hangs holds a lock of the log or of the heap.
  exit_code_in_time = exit_code;
  signal(SIGALRM, [](int) { _exit(exit_code_in_time); });
  alarm(exit_patience_seconds);
  log(level, code, text);
  flush_log();
  _exit(exit_code);
}

void log(core::Level level, std::string_view code, std::string_view text) {
  write(level, text, {{"code", code}});
}

void log(core::Level level, const Source& source, std::string_view code, std::string_view text) {
  write(level, text, {{"source", source.name}, {"vendor", source.vendor}, {"code", code}});
}

void log_at_start(core::Level level, std::string_view code, std::string_view text) {
  Log* const log = the_log;
  AS_CHECK(log != nullptr);
  if (log->json()) {
    log->put(level, text, {{"code", code}});
  } else {
    log->put_plain((level == core::Level::warn ? "warning: " : "") + std::string(text));
  }
}

void LogObserver::said(const Source& source, const core::Notice& say) {
  Fields fields{{"source", source.name}, {"vendor", source.vendor}, {"code", say.code}};
  if (!say.window.empty()) fields.emplace_back("window", say.window);
  if (!say.request_id.empty()) fields.emplace_back("request_id", say.request_id);
  write(say.level, say.text, fields);
}

void LogObserver::shard_said(int partition, const core::Notice& say) {
  const std::string number = std::to_string(partition);
  const bool follows =
      say.level == core::Level::warn && (say.code == "commit_failed" || say.code == "journal_not_open");
  write(follows && kafka_is_away_() ? core::Level::debug : say.level, say.text,
        {{"partition", number}, {"code", say.code}});
}

void LogObserver::transacted(const core::Batch& batch, core::Outcome outcome, Duration took, Time) {
  if (outcome != core::Outcome::committed) return;  // the shard says why
  log(core::Level::debug, "committed",
      std::to_string(batch.events) + " events of " + std::to_string(batch.units.size()) + " sources in " +
          readable_duration(took));
}

}  // namespace auditstream::runtime
