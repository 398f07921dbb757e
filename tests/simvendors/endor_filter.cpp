#include "simvendors/endor_filter.h"

#include <algorithm>

#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<EndorFilter> parse() {
    if (!conjunction()) return Error{"filter: " + wrong_};
    skip();
    if (!rest_.empty()) return Error{"filter: nothing understood from '" + std::string(rest_) + "'"};
    return filter_;
  }

 private:
  bool fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
    return false;
  }
  void skip() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skip();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::string_view until(std::string_view ends) {
    const std::string_view part = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(part.size());
    return part;
  }

  bool conjunction() {
    do {
      if (take("(")) {
        if (!conjunction()) return false;
        if (!take(")")) return fail("a parenthesis is not closed");
      } else if (!comparison()) {
        return false;
      }
    } while (take("and "));
    return true;
  }

  bool comparison() {
    skip();
    const std::string field(until(" =<>!()"));
    std::string_view oper;
    for (const std::string_view candidate : {"==", ">=", "<=", ">", "<"}) {
      if (oper.empty() && take(candidate)) oper = candidate;
    }
    if (oper.empty()) return fail("no operator after '" + field + "'");
    if (field == "meta.create_time") return time(oper);
    if (field != "spec.message_kind" && field != "spec.operation")
      return fail("unknown field '" + field + "'");
    if (oper != "==" || !take("\"")) return fail(field + " wants == and a quoted text");
    filter_.equal.emplace_back(field, until("\""));
    return take("\"") || fail("a text is not closed");
  }

  bool time(std::string_view oper) {
    if (!take("date(")) return fail("a timestamp must stand in date()");
    const std::string_view text = until(")");
    if (!take(")")) return fail("date( is not closed");
    auto time = parse_instant(text, 9);
    if (!time) time = parse_day(text);
    if (!time) return fail("'" + std::string(text) + "' is no date");
    Range& range = filter_.created;
    if (oper == ">=" || oper == "==") range.from = std::max(range.from, *time);
    if (oper == ">") range.from = std::max(range.from, *time + Duration(1));
    if (oper == "<") range.to = std::min(range.to, *time);
    if (oper == "<=" || oper == "==") range.to = std::min(range.to, *time + Duration(1));
    return true;
  }

  std::string_view rest_;
  EndorFilter filter_;
  std::string wrong_;
};

}  // namespace

Result<EndorFilter> parse_endor_filter(std::string_view text) { return Parser(text).parse(); }

}  // namespace auditstream::sim
