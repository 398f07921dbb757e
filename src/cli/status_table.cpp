#include "cli/status_table.h"

#include <locale.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace auditstream {
namespace {

// --- reading ---

// Takes fields out of an object; the first one that is not as it should be is kept as the error.
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
  std::string text(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && value->IsString()) return {value->GetString(), value->GetStringLength()};
    complain(name, "a string");
    return {};
  }
  std::string text_or_null(const char* name) { return is_null(name) ? std::string{} : text(name); }
  std::int64_t count(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && value->IsInt64()) return value->GetInt64();
    complain(name, "a whole number");
    return 0;
  }
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

// The last minute still runs, so the one before it counts where there is one.
std::optional<std::int64_t> last_full_minute(const rapidjson::Value* minutes) {
  if (minutes == nullptr || minutes->Empty()) return std::nullopt;
  const rapidjson::Value& minute = (*minutes)[minutes->Size() > 1 ? minutes->Size() - 2 : 0];
  if (!minute.IsInt64()) return std::nullopt;
  return minute.GetInt64();
}

// --- text ---

// Decodes UTF-8 and knows the width of characters while it lives, whatever the program's locale is. Where the
// system has no C.UTF-8 only ASCII is a character.
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
    if (size == 0 || size > text.size()) {  // a NUL, or no character
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

// What has no width could reorder or hide what stands around it, so it goes.
std::string printable(std::string_view text, bool utf8) {
  std::string out;
  for_each_character(text, [&](std::string_view bytes, int columns) {
    if (bytes == "\n" || bytes == "\r" || bytes == "\t") {
      out += ' ';
    } else if (columns < 0 || (columns > 0 && !utf8 && bytes.size() > 1)) {
      out += '?';
    } else if (columns > 0) {
      out += bytes;
    }
  });
  return out;
}

// Of printable text; the cut shows.
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
constexpr std::size_t error_columns_min = 24;  // before other columns are left out for its sake
constexpr std::size_t source_columns_min = 12;

// In the order of the table. `stay` is the importance: the lowest is left out first.
struct Column {
  std::string_view title;
  int stay;
  bool right;
};
enum : std::size_t {
  state,
  source,
  activity,
  vendor,
  owner,
  watermark,
  lag,
  per_minute,
  published,
  dead,
  error
};
constexpr std::array<Column, 11> table_columns = {{{"STATE", 9, false},
                                                   {"SOURCE", 9, false},
                                                   {"ACTIVITY", 3, false},
                                                   {"VENDOR", 2, false},
                                                   {"OWNER", 4, false},
                                                   {"WATERMARK", 5, false},
                                                   {"LAG", 8, true},
                                                   {"EVENTS/MIN", 6, true},
                                                   {"PUBLISHED", 1, true},
                                                   {"DEAD", 7, true},
                                                   {"ERROR", 9, false}}};
constexpr int stays_always = 9;

using Cells = std::array<std::string, table_columns.size()>;
using Widths = std::array<std::optional<std::size_t>, table_columns.size()>;  // nothing: left out

std::string dash_or(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "-";
}

// Without 'T' and fraction, which nobody needs to see where a source is.
std::string readable_time(std::string time) {
  if (const std::size_t point = time.find('.'); point != std::string::npos) {
    time.erase(point, time.find_first_not_of("0123456789", point + 1) - point);
  }
  std::ranges::replace(time, 'T', ' ');
  return time;
}

Cells cells_of(const SourceRow& row, bool utf8) {
  Cells cells = {row.state,
                 row.name,
                 row.activity,
                 row.vendor,
                 row.owner.empty() ? "-" : row.owner,
                 row.watermark.empty() ? "-" : readable_time(row.watermark),
                 row.lag_seconds ? format_lag(*row.lag_seconds) : "-",
                 dash_or(row.per_minute),
                 std::to_string(row.published),
                 std::to_string(row.dead_letters),
                 row.error};
  for (std::string& cell : cells) cell = printable(cell, utf8);
  return cells;
}

// A lower one is shown earlier.
int urgency(const SourceRow& row) {
  if (row.state == "PAUSED") return 4;
  if (row.state == "RUNNING") return row.activity == "failing" || row.activity == "throttled" ? 2 : 3;
  return row.state == "UNASSIGNED" ? 1 : 0;
}

std::size_t width_of(const Widths& widths) {
  std::size_t sum = 0;
  for (const std::optional<std::size_t>& width : widths) sum += width ? *width + gap.size() : 0;
  return sum - gap.size();
}

Widths widths_for(const std::vector<Cells>& rows, std::size_t columns_max) {
  Widths widths;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = table_columns[i].title.size();
    for (const Cells& row : rows) widths[i] = std::max(*widths[i], columns_of(row[i]));
  }
  if (columns_max == 0) return widths;

  const std::size_t error_wanted = *widths[error];
  widths[error] = std::min(error_wanted, error_columns_min);
  for (int stay = 1; stay < stays_always && width_of(widths) > columns_max; ++stay) {
    const auto next = std::ranges::find(table_columns, stay, &Column::stay);
    widths[static_cast<std::size_t>(next - table_columns.begin())].reset();
  }
  if (const std::size_t width = width_of(widths); width > columns_max) {
    widths[source] = std::max(std::min(*widths[source], source_columns_min),
                              *widths[source] - std::min(*widths[source], width - columns_max));
  }
  const std::size_t others = width_of(widths) - *widths[error];
  widths[error] = std::min(error_wanted, columns_max - std::min(columns_max, others));
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

std::string_view colour_of(const std::string& state_word) {
  if (state_word == "RUNNING") return "\x1b[32m";
  if (state_word == "UNASSIGNED") return "\x1b[33m";
  return state_word == "PAUSED" ? "\x1b[2m" : "\x1b[1;31m";
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
  report.now = fields.text("now");
  report.instance = fields.text("instance");
  report.version = fields.text("version");
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
    row.owner = of.text_or_null("owner");
    row.watermark = of.text_or_null("watermark");
    row.lag_seconds = of.number_or_null("lag_seconds");
    row.per_minute = last_full_minute(of.list("per_minute"));
    row.published = of.count("published");
    row.dead_letters = of.count("dead_letters");
    row.error = of.text("error");
    if (error) return *error;
  }
  return report;
}

std::string format_lag(double seconds) {
  constexpr double most = 1e12;  // beyond any watermark, and far from what an integer can't hold
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
  for (const SourceRow& row : report.sources) order.push_back(&row);
  std::ranges::sort(
      order, {}, [](const SourceRow* row) { return std::pair(urgency(*row), std::string_view(row->name)); });

  std::string totals = "auditstream " + report.version + " on " + report.instance + ", " +
                       readable_time(report.now) + ": " + std::to_string(order.size()) +
                       (order.size() == 1 ? " source" : " sources");
  std::map<std::string_view, std::size_t> states;
  for (const SourceRow* row : order) ++states[row->state];
  for (const auto& [name, number] : states) totals += ", " + std::to_string(number) + " " + std::string(name);
  std::string text = status_line(totals, format) + "\n\n";

  constexpr std::size_t head_lines = 3;
  std::size_t shown = order.size();
  if (format.lines > 0 && head_lines + shown > format.lines) {
    shown = format.lines - std::min(format.lines, head_lines + 1);  // the last line says what is missing
  }
  const Utf8Locale locale;
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(cells_of(*order[i], format.utf8));
  const Widths widths = widths_for(rows, format.columns);
  Cells titles;
  for (std::size_t i = 0; i < titles.size(); ++i) titles[i] = table_columns[i].title;
  text += table_line(titles, widths, format.columns) + "\n";
  for (const Cells& row : rows) {
    std::string line = table_line(row, widths, format.columns);
    if (format.colour) {
      line.insert(std::min(line.size(), row[state].size()), "\x1b[0m");
      line.insert(0, colour_of(row[state]));
    }
    text += line + "\n";
  }
  if (shown < order.size())
    text += status_line("... " + std::to_string(order.size() - shown) + " more", format) + "\n";
  return text;
}

}  // namespace auditstream
