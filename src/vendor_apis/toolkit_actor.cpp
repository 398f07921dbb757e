// Who acted, as a record's key: short, printable, and the same for all events of one person.
#include <algorithm>

#include "base/hash.h"
#include "base/printable.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

constexpr std::size_t actor_bytes_max = 256;

bool fits_key(std::string_view text) { return text.size() <= actor_bytes_max && printable(text) == text; }

}  // namespace

std::string mail_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const bool is_one = at != text.npos && at > 0 && text.find('.', at) != text.npos &&
                      text.find_first_of(" \"\\<>(),;:") == text.npos && fits_key(text);
  if (!is_one) return "";
  std::string address(text);
  std::ranges::transform(address, address.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return address;
}

std::string actor_id(std::string_view text) {
  return text.empty() || fits_key(text) ? std::string(text) : hash_hex(text);
}

}  // namespace auditstream::vendor_apis::toolkit
