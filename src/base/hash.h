// 64-bit hashes of ids (xxHash XXH3, stable across versions and machines) and Java's murmur2 for partitions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace auditstream {

std::uint64_t hash64(std::string_view bytes);

// 32 hex digits of XXH3-128: the id of an event that has none of its own.
std::string hash_hex(std::string_view bytes);

// The partition that Java's default partitioner and librdkafka's murmur2_random choose for a key. count > 0.
int murmur2_partition(std::string_view key, int count);

}  // namespace auditstream
