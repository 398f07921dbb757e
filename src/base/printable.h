// Text from outside, fit to be shown to a person: it can't steer a terminal, and neither reorder nor hide
// what stands around it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auditstream {

// What the eyes that read it can be shown.
enum class Charset { utf8, ascii };

// One line of valid text: line breaks and tabs become a space, other control characters (C1 too, as UTF-8 or
// as a byte of its own) and broken bytes a '?'; what has no look of its own goes.
std::string printable(std::string_view text, Charset charset = Charset::utf8);

// The first so many bytes at most, whole characters only, and a mark that says how many there are:
// "abc… (1,572,864 bytes)".
std::string bounded(std::string_view text, std::size_t bytes_max);

}  // namespace auditstream
