// ASCII, whatever the program's locale is.
#pragma once

namespace auditstream::probe {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace auditstream::probe
