// Visits the strings of a JSON text where they stand. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace auditstream::probe {

struct JsonString {
  std::string pointer;    // RFC 6901, elements of arrays by their index; "" if it is very long
  std::string_view key;   // the member's name, as written; in an array that of the array
  std::string_view text;  // as written, without its quotes
  std::size_t at = 0;     // of the text
};

// Each string that is a value, in order. What is no valid JSON is visited as far as it goes.
void for_each_string(std::string_view json, const std::function<void(const JsonString&)>& visit);

}  // namespace auditstream::probe
