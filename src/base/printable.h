// Makes text from outside fit to be shown: it can't control a terminal, and can neither reorder nor hide the
// text around it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auditstream {

// The characters that the output can show.
enum class Charset { utf8, ascii };

// One line of valid text: line breaks and tabs become a space, other control characters (C1 too, as UTF-8 or
// as a single byte) and broken bytes a '?'; invisible characters are removed.
std::string printable(std::string_view text, Charset charset = Charset::utf8);

// At most so many bytes, whole characters only; if that cuts the text, a mark says how long it was: "abc…
// (1,572,864 bytes)".
std::string bounded(std::string_view text, std::size_t bytes_max);

}  // namespace auditstream
