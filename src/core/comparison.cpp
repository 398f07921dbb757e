#include "core/comparison.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace auditstream::core {
namespace {

std::uint64_t first_bytes(const Sha256::Digest& digest, std::size_t at) {
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data() + at, sizeof number);
  return number;
}

constexpr std::uint32_t records_max = (1U << 28) - 1;
// Generations up to this one are told apart, at the cost of one bit per event each; those above count as one.
constexpr std::uint64_t generations_max = 1000;

}  // namespace

Clamped clamp(const Range& requested, const std::vector<Bound>& begins, const std::vector<Bound>& ends) {
  Clamped clamped{requested, {}};
  const auto latest = std::ranges::max_element(begins, {}, &Bound::at);
  if (latest != begins.end() && latest->at > requested.from) {
    clamped.range.from = latest->at;
    clamped.cuts.push_back({{requested.from, std::min(latest->at, requested.to)}, latest->why});
  }
  const auto earliest = std::ranges::min_element(ends, {}, &Bound::at);
  if (earliest != ends.end() && earliest->at < requested.to) {
    clamped.range.to = earliest->at;
    clamped.cuts.push_back({{std::max(earliest->at, requested.from), requested.to}, earliest->why});
  }
  return clamped;
}

// The floor may lag the watermark by more than the overlap; above the floor something may still be published.
Time settled_until(const Cursor& cursor, Duration overlap) {
  return std::min(cursor.watermark - overlap, cursor.complete_to().time);
}

// Nobody who can choose ids or bytes may produce a collision: hence a cryptographic hash.
Comparison::Fingerprint Comparison::fingerprint_of(std::string_view id) {
  sha256_.add(id);
  const Sha256::Digest digest = sha256_.finish();
  return {first_bytes(digest, 0), first_bytes(digest, 8)};
}

std::uint64_t Comparison::hash_of(std::string_view value) {
  sha256_.add(value);
  return first_bytes(sha256_.finish(), 0);
}

bool Comparison::vendor_has(const Event& event) {
  AS_CHECK(!ended_);
  if (event.time && !range_.contains(*event.time)) return false;
  Entry entry{};
  entry.id = fingerprint_of(event.id);
  entry.value = hash_of(event.raw);
  entry.undated = event.time ? 0 : 1;
  if (event.time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(*event.time - range_.from).count();
    entry.second =
        static_cast<std::uint32_t>(std::min<std::int64_t>(second, std::numeric_limits<std::uint32_t>::max()));
  }
  entries_.push_back(entry);
  return event.time.has_value();
}

void Comparison::end_of_vendor() {
  ended_ = true;
  std::ranges::stable_sort(entries_, {}, &Entry::id);
  const auto same_id = [](const Entry& a, const Entry& b) { return a.id == b.id; };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same_id), entries_.end());
}

std::size_t Comparison::index_of(std::string_view id) {
  AS_CHECK(ended_);
  const Fingerprint wanted = fingerprint_of(id);
  const auto found = std::ranges::lower_bound(entries_, wanted, {}, &Entry::id);
  return found != entries_.end() && found->id == wanted ? static_cast<std::size_t>(found - entries_.begin())
                                                        : entries_.size();
}

Comparison::Entry* Comparison::find(std::string_view id) {
  const std::size_t index = index_of(id);
  return index < entries_.size() ? &entries_[index] : nullptr;
}

void Comparison::topic_also_has(std::string_view id, std::string_view value, std::uint64_t generation) {
  const std::size_t index = index_of(id);
  if (index == entries_.size()) return;
  Entry* const entry = &entries_[index];
  std::vector<bool>& published = generations_[std::min(generation, generations_max)];
  published.resize(entries_.size());
  if (published[index]) {
    ++duplicated_;
    note("duplicated", id);
  } else if (entry->records > 0) {
    ++republished_;
  }
  published[index] = true;
  if (entry->records < records_max) ++entry->records;
  if (entry->value == hash_of(value)) return;
  if (entry->altered == 0) note("altered", id);
  entry->altered = 1;
}

bool Comparison::topic_has(std::string_view id, std::optional<Time> time, std::string_view value,
                           std::uint64_t generation) {
  const bool inside = time && range_.contains(*time);
  if (inside && find(id) == nullptr) {
    ++unexpected_events_;
    note("unexpected", id);
  }
  topic_also_has(id, value, generation);
  return inside;
}

void Comparison::dead_letters_also_have(std::string_view id) {
  if (Entry* const entry = find(id)) entry->dead_letter = 1;
}

bool Comparison::dead_letters_have(std::string_view id, std::optional<Time> time) {
  const bool inside = time && range_.contains(*time);
  if (inside && find(id) == nullptr) {
    ++unexpected_letters_;
    note("unexpected", id);
  }
  dead_letters_also_have(id);
  return inside;
}

void Comparison::repaired(std::string_view id) {
  Entry* const entry = find(id);
  AS_CHECK(entry != nullptr && verdict(*entry) == Verdict::missing && entry->repaired == 0);
  entry->repaired = 1;
}

// A repaired event counts as missing, even if a later read finds its new record.
Comparison::Verdict Comparison::verdict(const Entry& entry) {
  if (entry.repaired != 0) return Verdict::missing;
  if (entry.altered != 0) return Verdict::altered;
  if (entry.records > 0) return Verdict::matching;
  if (entry.dead_letter != 0) return Verdict::dead_lettered;
  return entry.undated != 0 ? Verdict::undated : Verdict::missing;
}

Comparison::Verdict Comparison::verdict(std::string_view id) {
  const Entry* const entry = find(id);
  return entry == nullptr ? Verdict::unknown : verdict(*entry);
}

bool Comparison::lacks(std::string_view id) {
  const Entry* const entry = find(id);
  return entry != nullptr && verdict(*entry) == Verdict::missing && entry->repaired == 0;
}

std::optional<Range> Comparison::missing_range() const {
  std::optional<std::uint32_t> first;
  std::uint32_t last = 0;
  for (const Entry& entry : entries_) {
    if (verdict(entry) != Verdict::missing || entry.repaired != 0) continue;
    first = std::min(first.value_or(entry.second), entry.second);
    last = std::max(last, entry.second);
  }
  if (!first) return std::nullopt;
  const auto at = [this](std::int64_t second) { return range_.from + std::chrono::seconds(second); };
  return Range{at(*first), std::min(at(std::int64_t{last} + 1), range_.to)};
}

Differences Comparison::differences() const {
  AS_CHECK(ended_);
  Differences found;
  found.vendor_events = entries_.size();
  found.topic_events = unexpected_events_;
  found.republished = republished_;
  found.duplicated = duplicated_;
  found.unexpected = unexpected_events_ + unexpected_letters_;
  for (const Entry& entry : entries_) {
    found.topic_events += entry.repaired != 0 && entry.records > 0 ? entry.records - 1 : entry.records;
    found.repaired += entry.repaired;
    switch (verdict(entry)) {
      case Verdict::unknown:
        break;
      case Verdict::matching:
        ++found.matching;
        break;
      case Verdict::missing:
        ++found.missing;
        break;
      case Verdict::altered:
        ++found.altered;
        break;
      case Verdict::dead_lettered:
        ++found.dead_lettered;
        break;
      case Verdict::undated:
        ++found.undated;
        break;
    }
  }
  return found;
}

void Comparison::note(const char* kind, std::string_view id) {
  std::vector<std::string>& ids = examples_[kind];
  if (ids.size() < examples_max) ids.emplace_back(id);
}

}  // namespace auditstream::core
