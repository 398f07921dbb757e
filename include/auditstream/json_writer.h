// Writes JSON: values are combined without spaces between them.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auditstream/time.h"

namespace auditstream::json {

// A JSON value, already serialized.
class Value {
 public:
  Value(std::string_view text);  // as by quote()
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(std::same_as<bool> auto value) : text_(value ? "true" : "false") {}
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Value(Number number) : text_(std::to_string(number)) {}
  Value(Time time) : Value(format_rfc3339(time)) {}
  // Null if there is no value.
  template <class T>
  Value(const std::optional<T>& value) : Value(value ? Value(*value) : null()) {}

  static Value null() { return raw("null"); }
  // `json` as it is.
  static Value raw(std::string json);
  // A string for a record, whose bytes must not change: DEL, C1 control characters and broken UTF-8 stay.
  static Value verbatim(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  Value() = default;

  std::string text_;
};

using Members = std::vector<std::pair<std::string, Value>>;

// In the given order. Names are written as by verbatim().
Value object(const Members& members);
Value array(const std::vector<Value>& items);

// Each item, or what `value_of` makes of it.
template <class Items, class ValueOf = std::identity>
Value array(const Items& items, ValueOf value_of = {}) {
  std::vector<Value> values;
  for (const auto& item : items) values.emplace_back(std::invoke(value_of, item));
  return array(values);
}

}  // namespace auditstream::json
