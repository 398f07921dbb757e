#include "cli/status_table.h"

#include <locale.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/printable.h"

namespace auditstream::cli {
namespace {

// --- reading ---

// Takes fields out of an object; remembers the first one that is missing or wrong.
class Fields {
 public:
  Fields(std::string where, const rapidjson::Value& object, std::optional<Error>& error)
      : where_(std::move(where)), object_(object), error_(error) {
    if (!object.IsObject() && !error_) error_ = Error{where_ + " is not an object"};
  }

  const rapidjson::Value* list(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && value->IsArray()) return value;
    complain(name, "a list");
    return nullptr;
  }
  // Null if there is none.
  const rapidjson::Value* member(const char* name) const { return find(name); }
  std::string text(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && value->IsString()) return {value->GetString(), value->GetStringLength()};
    complain(name, "a string");
    return {};
  }
  // Empty also if it is missing.
  std::string text_or_none(const char* name) {
    return find(name) == nullptr || is_null(name) ? std::string{} : text(name);
  }
  std::string text_or_null(const char* name) { return is_null(name) ? std::string{} : text(name); }
  bool flag(const char* name, bool unless_told) {
    const rapidjson::Value* value = find(name);
    if (value == nullptr) return unless_told;
    if (!value->IsBool()) complain(name, "true or false");
    return value->IsTrue();
  }
  std::optional<Time> time(const char* name) {
    const Result<Time> read = parse_rfc3339(text(name));
    if (read.ok()) return *read;
    complain(name, "a time");
    return std::nullopt;
  }
  // Nothing also if it is missing.
  std::optional<Time> time_or_none(const char* name) {
    return find(name) == nullptr || is_null(name) ? std::nullopt : time(name);
  }
  std::int64_t count(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && value->IsInt64()) return value->GetInt64();
    complain(name, "a whole number");
    return 0;
  }
  std::int64_t count_or_none(const char* name) { return find(name) == nullptr ? 0 : count(name); }
  std::optional<double> number_or_null(const char* name) {
    if (is_null(name)) return std::nullopt;
    const rapidjson::Value* value = find(name);
    if (value != nullptr && value->IsNumber()) return value->GetDouble();
    complain(name, "a number");
    return std::nullopt;
  }

 private:
  const rapidjson::Value* find(const char* name) const {
    if (!object_.IsObject()) return nullptr;
    const auto found = object_.FindMember(name);
    return found == object_.MemberEnd() ? nullptr : &found->value;
  }
  bool is_null(const char* name) const {
    const rapidjson::Value* value = find(name);
    return value != nullptr && value->IsNull();
  }
  void complain(const std::string& name, const char* expected) {
    if (!error_) error_ = Error{where_ + (where_.empty() ? "" : ".") + name + " is not " + expected};
  }

  const std::string where_;
  const rapidjson::Value& object_;
  std::optional<Error>& error_;
};

// The last minute is still running, so the one before it is used if there is one.
std::optional<std::int64_t> last_full_minute(const rapidjson::Value* minutes) {
  if (minutes == nullptr || minutes->Empty()) return std::nullopt;
  const rapidjson::Value& minute = (*minutes)[minutes->Size() > 1 ? minutes->Size() - 2 : 0];
  if (!minute.IsInt64()) return std::nullopt;
  return minute.GetInt64();
}

// --- text ---

// While it exists, decodes UTF-8 and knows the width of characters whatever the program's locale is. Without
// C.UTF-8 on the system, only ASCII characters are known.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  const locale_t locale_;
  locale_t before_ = nullptr;
};

// Calls take(bytes, columns) for each character; -1 columns for a control character or a broken byte.
template <class Take>
void for_each_character(std::string_view text, Take take) {
  mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    std::size_t size = mbrtowc(&character, text.data(), text.size(), &state);
    int columns = -1;
    if (size == 0 || size > text.size()) {  // a NUL, or not a character
      size = 1;
      state = {};
    } else {
      columns = wcwidth(character);
    }
    take(text.substr(0, size), columns);
    text.remove_prefix(size);
  }
}

std::size_t columns_of(std::string_view text) {
  std::size_t sum = 0;
  for_each_character(
      text, [&](std::string_view, int columns) { sum += static_cast<std::size_t>(std::max(columns, 0)); });
  return sum;
}

// Without characters of no width: their columns would be miscounted.
std::string printable(std::string_view text, bool utf8) {
  std::string out;
  const std::string shown = printable(text, utf8 ? Charset::utf8 : Charset::ascii);
  for_each_character(shown, [&](std::string_view bytes, int columns) {
    if (columns < 0) out += '?';
    if (columns > 0) out += bytes;
  });
  return out;
}

// For printable text; the mark shows that it was cut.
std::string cut(std::string text, std::size_t columns_max) {
  if (columns_of(text) <= columns_max) return text;
  const std::string_view mark = columns_max > 6 ? "..." : "";
  std::string out;
  std::size_t left = columns_max - mark.size();
  for_each_character(text, [&](std::string_view bytes, int columns) {
    const auto wide = static_cast<std::size_t>(columns);
    if (wide > left) {
      left = 0;
    } else {
      out += bytes;
      left -= wide;
    }
  });
  return out.append(mark);
}

// --- the table ---

constexpr std::string_view gap = "  ";
// The widths kept before other columns are left out. A name may also take a third of the line: often only its
// end tells tenants apart.
constexpr std::size_t error_columns_min = 24;
constexpr std::size_t source_columns_min = 24;
constexpr std::size_t source_columns_least = 12;

// In the order of the table. The column with the lowest `stay` is left out first.
struct Column {
  std::string_view title;
  int stay;
  bool right;
  bool always;  // even if no source has anything to show in it
};
enum : std::size_t {
  state,
  source,
  activity,
  failing,
  last_success,
  next,
  vendor,
  owner,
  watermark,
  lag,
  backfill,
  overlap,
  per_minute,
  published,
  dead,
  error
};
constexpr int stays_always = 14;
constexpr std::array<Column, 16> table_columns = {{{"STATE", stays_always, false, true},
                                                   {"SOURCE", stays_always, false, true},
                                                   {"ACTIVITY", 13, false, true},
                                                   {"FAILING FOR", 12, false, false},
                                                   {"LAST SUCCESS", 10, false, false},
                                                   {"NEXT ATTEMPT", 4, false, false},
                                                   {"VENDOR", 2, false, true},
                                                   {"OWNER", 6, false, true},
                                                   {"WATERMARK", 3, false, true},
                                                   {"LAG", 11, true, true},
                                                   {"BACKFILL", 9, false, false},
                                                   {"OVERLAP", 8, false, false},
                                                   {"EVENTS/MIN", 5, true, true},
                                                   {"PUBLISHED", 1, true, true},
                                                   {"DEAD", 7, true, true},
                                                   {"ERROR", stays_always, false, true}}};

using Cells = std::array<std::string, table_columns.size()>;
using Widths = std::array<std::optional<std::size_t>, table_columns.size()>;  // nothing: left out

constexpr std::string_view nothing = "-";

std::string dash_or(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string(nothing);
}

// Without the 'T' and the fraction.
std::string readable_time(Time time) {
  std::string text = format_rfc3339(floor_second(time));
  std::ranges::replace(text, 'T', ' ');
  return text;
}

double seconds_between(Time from, Time to) { return std::chrono::duration<double>(to - from).count(); }

// The state of a source in one word, the worst first. Each source has exactly one.
enum class Health { failed, unassigned, failing, throttled, unknown, running, paused };
constexpr std::array<std::string_view, 7> health_words = {"failed",  "unassigned", "failing", "throttled",
                                                          "unknown", "running",    "paused"};

// The last known state.
Health last_health(const SourceRow& row) {
  if (row.state == "FAILED") return Health::failed;
  if (row.state == "UNASSIGNED") return Health::unassigned;
  if (row.state == "PAUSED") return Health::paused;
  if (row.state != "RUNNING") return Health::unknown;
  if (row.activity == "throttled") return Health::throttled;
  const bool fails = row.failing_since || row.activity == "failing" || row.activity == "retrying";
  return fails ? Health::failing : Health::running;
}

Health health_of(const SourceRow& row) { return row.known ? last_health(row) : Health::unknown; }

// "at 2024-03-01, 3h 4m left", as far as it is known.
std::string backfill_of(const SourceRow& row, Time now) {
  std::string text;
  if (row.history_watermark) text = "at " + format_rfc3339(*row.history_watermark).substr(0, 10);
  if (row.backfill_end) {
    text += (text.empty() ? "" : ", ") + format_lag(std::max(0.0, seconds_between(now, *row.backfill_end))) +
            " left";
  }
  return text.empty() ? std::string(nothing) : text;
}

Cells cells_of(const SourceRow& row, Time now, bool utf8) {
  const auto ago = [&](const std::optional<Time>& time) {
    return time ? format_lag(std::max(0.0, seconds_between(*time, now))) + " ago" : std::string(nothing);
  };
  const auto from_now = [&](const std::optional<Time>& time) {
    return time ? format_lag(std::max(0.0, seconds_between(now, *time))) : std::string(nothing);
  };
  Cells cells;
  cells[state] = row.known ? row.state : "UNKNOWN";
  cells[source] = row.name;
  const bool was_known = !row.owner.empty() || row.watermark;
  cells[activity] = row.known ? row.activity : was_known ? "was " + row.state : std::string(nothing);
  cells[failing] = nothing;
  if (row.failing_since) {
    cells[failing] = format_lag(std::max(0.0, seconds_between(*row.failing_since, now))) + " (" +
                     std::to_string(row.attempts) + "x)";
  }
  cells[last_success] = ago(row.last_success);
  cells[next] = row.next_attempt ? "in " + from_now(row.next_attempt) : std::string(nothing);
  cells[vendor] = row.vendor;
  cells[owner] = row.owner.empty() ? nothing : row.owner;
  cells[watermark] = row.watermark ? readable_time(*row.watermark) : nothing;
  cells[lag] = row.lag_seconds ? format_lag(*row.lag_seconds) : nothing;
  cells[backfill] = backfill_of(row, now);
  cells[overlap] = row.overlap_advised.empty() ? std::string(nothing) : row.overlap_advised + " advised";
  cells[per_minute] = dash_or(row.per_minute);
  cells[published] = std::to_string(row.published);
  cells[dead] = std::to_string(row.dead_letters);
  cells[error] = brief_error(row.error, row.error_status);
  for (std::string& cell : cells) cell = printable(cell, utf8);
  return cells;
}

std::size_t width_of(const Widths& widths) {
  std::size_t sum = 0;
  for (const std::optional<std::size_t>& width : widths) sum += width ? *width + gap.size() : 0;
  return sum - gap.size();
}

Widths widths_for(const std::vector<Cells>& rows, std::size_t columns_max) {
  Widths widths;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto is_told = [i](const Cells& row) { return row[i] != nothing; };
    if (!table_columns[i].always && std::ranges::none_of(rows, is_told)) continue;
    widths[i] = table_columns[i].title.size();
    for (const Cells& row : rows) widths[i] = std::max(*widths[i], columns_of(row[i]));
  }
  if (columns_max == 0) return widths;

  const std::size_t error_wanted = *widths[error];
  const std::size_t source_wanted = *widths[source];
  widths[error] = std::min(error_wanted, error_columns_min);
  widths[source] = std::min(source_wanted, std::max(source_columns_min, columns_max / 3));
  for (int stay = 1; stay < stays_always && width_of(widths) > columns_max; ++stay) {
    const auto column = std::ranges::find(table_columns, stay, &Column::stay);
    widths[static_cast<std::size_t>(column - table_columns.begin())].reset();
  }
  if (const std::size_t width = width_of(widths); width > columns_max) {
    widths[source] = std::max(std::min(*widths[source], source_columns_least),
                              *widths[source] - std::min(*widths[source], width - columns_max));
  }
  // Columns that remain go to names first, as they tell sources apart.
  const auto grow = [&](std::size_t column, std::size_t wanted) {
    const std::size_t others = width_of(widths) - *widths[column];
    widths[column] = std::min(wanted, columns_max - std::min(columns_max, others));
  };
  if (width_of(widths) < columns_max) grow(source, source_wanted);
  grow(error, error_wanted);
  return widths;
}

std::string table_line(const Cells& cells, const Widths& widths, std::size_t columns_max) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!widths[i]) continue;
    const std::string cell = cut(cells[i], *widths[i]);
    const std::string padding(*widths[i] - columns_of(cell), ' ');
    line +=
        (line.empty() ? "" : std::string(gap)) + (table_columns[i].right ? padding + cell : cell + padding);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return columns_max == 0 ? line : cut(line, columns_max);
}

constexpr std::string_view alarming = "\x1b[1;31m";
constexpr std::string_view plain = "\x1b[0m";

std::string_view colour_of(Health health) {
  switch (health) {
    case Health::failed:
      return alarming;
    case Health::unassigned:
    case Health::failing:
    case Health::throttled:
    case Health::unknown:
      return "\x1b[33m";
    case Health::running:
      return "\x1b[32m";
    case Health::paused:
      return "\x1b[2m";
  }
  return plain;
}

// "6 sources: 1 failed, 5 running".
std::string counts_of(const std::vector<SourceRow>& sources) {
  std::array<std::size_t, health_words.size()> numbers{};
  for (const SourceRow& row : sources) ++numbers[static_cast<std::size_t>(health_of(row))];
  std::string text = std::to_string(sources.size()) + (sources.size() == 1 ? " source" : " sources");
  std::string_view separator = ": ";
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] == 0) continue;
    text.append(separator).append(std::to_string(numbers[i])).append(" ").append(health_words[i]);
    separator = ", ";
  }
  return text;
}

std::string kafka_banner(const KafkaRow& kafka, Time now) {
  std::string text = "Kafka can't be reached";
  if (kafka.since) text += " for " + format_lag(std::max(0.0, seconds_between(*kafka.since, now)));
  if (!kafka.error.empty()) text += ": " + kafka.error;
  if (kafka.since) text += " (since " + readable_time(*kafka.since) + ")";
  return text;
}

std::string config_banner(const ConfigRow& config) {
  return "Config refused at " + readable_time(*config.refused_at) +
         ", what ran before goes on: " + config.error;
}

// One line for each problem of the instance itself.
std::vector<std::string> banners_of(const StatusReport& report) {
  std::vector<std::string> banners;
  if (!report.kafka.reachable) banners.push_back(kafka_banner(report.kafka, report.now));
  if (report.config.refused_at) banners.push_back(config_banner(report.config));
  return banners;
}

}  // namespace

Result<StatusReport> parse_status(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError()) {
    return Error{std::string("no JSON: ") + rapidjson::GetParseError_En(document.GetParseError())};
  }
  if (!document.IsObject()) return Error{"no JSON object"};
  std::optional<Error> error;
  StatusReport report;
  Fields fields("", document, error);
  report.now = fields.time("now").value_or(Time{});
  report.instance = fields.text("instance");
  report.version = fields.text("version");
  if (const rapidjson::Value* object = fields.member("kafka")) {
    Fields of("kafka", *object, error);
    report.kafka.reachable = of.flag("reachable", true);
    report.kafka.since = of.time_or_none("since");
    report.kafka.error = of.text_or_null("error");
  }
  if (const rapidjson::Value* object = fields.member("config")) {
    Fields of("config", *object, error);
    report.config.refused_at = of.time_or_none("refused_at");
    report.config.error = of.text_or_null("error");
  }
  const rapidjson::Value* sources = fields.list("sources");
  if (error) return *error;
  report.sources.reserve(sources->Size());
  for (const rapidjson::Value& object : sources->GetArray()) {
    Fields of("sources[" + std::to_string(report.sources.size()) + "]", object, error);
    SourceRow& row = report.sources.emplace_back();
    row.name = of.text("name");
    row.vendor = of.text("vendor");
    row.state = of.text("state");
    row.activity = of.text("activity");
    row.known = of.flag("known", true);
    row.owner = of.text_or_null("owner");
    row.last_success = of.time_or_none("last_success");
    row.failing_since = of.time_or_none("failing_since");
    row.attempts = of.count_or_none("attempts");
    row.next_attempt = of.time_or_none("next_attempt");
    row.backfill_end = of.time_or_none("backfill_end");
    if (const rapidjson::Value* history = of.member("history"); history != nullptr && !history->IsNull()) {
      Fields in("history", *history, error);
      row.history_watermark = in.time_or_none("watermark");
    }
    row.overlap_advised = of.text_or_none("overlap_advised");
    row.watermark = of.time_or_none("watermark");
    row.lag_seconds = of.number_or_null("lag_seconds");
    row.per_minute = last_full_minute(of.list("per_minute"));
    row.published = of.count("published");
    row.dead_letters = of.count("dead_letters");
    row.error = of.text("error");
    row.error_status = of.count_or_none("error_status");
    if (error) return *error;
  }
  return report;
}

void forget_states(StatusReport& report) {
  for (SourceRow& row : report.sources) row.known = false;
}

std::string brief_error(std::string_view error, std::int64_t status) {
  // "FloQast at https://api.floqast.app answered 503: ...", as the vendors' toolkit writes it. A vendor's own
  // message may contain an address too, but not so early.
  constexpr std::size_t title_max = 20;
  for (const std::string_view scheme : {" at https://", " at http://"}) {
    const std::size_t at = error.find(scheme);
    if (at > title_max) continue;
    const std::size_t end = error.find(' ', at + scheme.size());
    if (end != std::string_view::npos) error.remove_prefix(end + 1);
    break;
  }
  const auto drop = [&](std::string_view words) {
    if (error.starts_with(words)) error.remove_prefix(words.size());
  };
  drop("can't be read: ");
  drop("answered ");
  if (status == 0 || error.empty()) return std::string(error);
  const std::string number = std::to_string(status);
  if (error.starts_with(number)) return "HTTP " + std::string(error);
  return (error.find(number) == std::string_view::npos ? "HTTP " + number + ": " : "") + std::string(error);
}

std::string format_lag(double seconds) {
  if (seconds <= -1) return format_lag(-seconds) + " ahead";
  constexpr double most = 1e12;  // beyond any watermark, but still well within an integer
  const auto s = static_cast<std::int64_t>(std::clamp(seconds, 0.0, most));
  const auto two = [](std::int64_t large, const char* a, std::int64_t small, const char* b) {
    return std::to_string(large) + a + " " + std::to_string(small) + b;
  };
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return two(s / 60, "m", s % 60, "s");
  if (s < 86400) return two(s / 3600, "h", s % 3600 / 60, "m");
  return two(s / 86400, "d", s % 86400 / 3600, "h");
}

std::string status_line(std::string_view text, const TableFormat& format) {
  const Utf8Locale locale;
  std::string line = printable(text, format.utf8);
  return format.columns == 0 ? line : cut(std::move(line), format.columns);
}

std::string status_text(const StatusReport& report, const TableFormat& format) {
  std::vector<const SourceRow*> order;
  order.reserve(report.sources.size());
  for (const SourceRow& row : report.sources) order.push_back(&row);
  std::ranges::sort(order, {}, [](const SourceRow* row) {
    return std::tuple(health_of(*row), last_health(*row), std::string_view(row->name));
  });

  std::string text = status_line(counts_of(report.sources), format) + "\n";
  text += status_line("auditstream " + report.version + " on " + report.instance + ", " +
                          readable_time(report.now) + format.hint,
                      format) +
          "\n";
  const std::vector<std::string> banners = banners_of(report);
  for (const std::string& banner : banners) {
    const std::string line = status_line(banner, format);
    text += format.colour ? std::string(alarming) + line + std::string(plain) + "\n" : line + "\n";
  }
  text += "\n";

  const std::size_t head_lines = 4 + banners.size();
  std::size_t shown = order.size();
  if (format.lines > 0 && head_lines + shown > format.lines) {
    shown = format.lines - std::min(format.lines, head_lines + 1);  // the last line says what is missing
  }
  const Utf8Locale locale;
  std::vector<Cells> rows;
  rows.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(cells_of(*order[i], report.now, format.utf8));
  const Widths widths = widths_for(rows, format.columns);
  Cells titles;
  for (std::size_t i = 0; i < titles.size(); ++i) titles[i] = table_columns[i].title;
  text += table_line(titles, widths, format.columns) + "\n";
  for (std::size_t i = 0; i < shown; ++i) {
    std::string line = table_line(rows[i], widths, format.columns);
    if (format.colour) {
      line.insert(std::min(line.size(), rows[i][state].size()), plain);
      line.insert(0, colour_of(health_of(*order[i])));
    }
    text += line + "\n";
  }
  if (shown < order.size())
    text += status_line("... " + std::to_string(order.size() - shown) + " more", format) + "\n";
  return text;
}

}  // namespace auditstream::cli
