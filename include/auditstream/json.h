// Reads JSON without changing it: slices of the original bytes, and single values by JSON pointer (RFC 6901).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auditstream/result.h"

namespace auditstream::json {

// "" or "/a/b"; anything else is an error that says what is wrong.
Status validate_pointer(std::string_view pointer);

// The scalar at the pointer: a string unescaped, a number or a boolean as written. A string that is not
// Unicode text ("\ud83d" alone) is also as written, with quotes. Nothing if it is absent, null, an object or
// an array, or if the JSON is broken. Of a duplicate key, the first counts.
std::optional<std::string> scalar_at(std::string_view json, std::string_view pointer);

// The text as a JSON string literal, with quotes. Invalid UTF-8 becomes U+FFFD; nothing in it can control a
// terminal.
std::string quote(std::string_view text);

// A JSON document that came from outside, fit for a terminal: the same values, but each control character (C1
// too) is escaped, and broken bytes become U+FFFD.
std::string without_controls(std::string_view json);

}  // namespace auditstream::json
