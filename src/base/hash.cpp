// Hashes that are stored in Kafka or choose partitions, so they must never change. Knows nothing of what it
// hashes.
#include "base/hash.h"

#include <xxhash.h>

#include "auditstream/check.h"

namespace auditstream {
namespace {

// org.apache.kafka.common.utils.Utils.murmur2: 32-bit MurmurHash2, seed 0x9747b28c, little-endian.
std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t multiplier = 0x5bd1e995;
  constexpr int shift = 24;
  const auto byte = [bytes](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };

  std::uint32_t hash = 0x9747b28c ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    word *= multiplier;
    word ^= word >> shift;
    word *= multiplier;
    hash = (hash * multiplier) ^ word;
  }
  if (at < bytes.size()) {
    for (std::size_t i = bytes.size(); i-- > at;) hash ^= byte(i) << (8 * (i - at));
    hash *= multiplier;
  }
  hash ^= hash >> 13;
  hash *= multiplier;
  return hash ^ (hash >> 15);
}

}  // namespace

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string hash_hex(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  std::string hex;
  hex.reserve(2 * sizeof canonical.digest);
  for (const unsigned char byte : canonical.digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

int murmur2_partition(std::string_view key, int count) {
  AS_CHECK(count > 0);
  // Like Java's toPositive, clears the sign bit instead of negating.
  return static_cast<int>(murmur2(key) & 0x7fffffff) % count;
}

}  // namespace auditstream
