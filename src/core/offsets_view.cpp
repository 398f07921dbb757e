#include "core/offsets_view.h"

#include <utility>

namespace auditstream::core {
namespace {

PlacedCursor placed(std::string_view record) {
  Result<DecodedCursor> decoded = decode_cursor(record);
  if (!decoded.ok()) return {account_of_cursor(record), std::nullopt, decoded.error().message};
  std::string account = decoded->cursor.account;
  return {std::move(account), std::move(decoded->cursor), ""};
}

}  // namespace

OffsetsView OffsetsView::of(const std::vector<RecordMap>& partitions) {
  OffsetsView view;
  for (std::size_t partition = 0; partition < partitions.size(); ++partition) {
    for (const auto& [key, value] : partitions[partition])
      view.apply(static_cast<int>(partition), key, value);
  }
  return view;
}

std::optional<OffsetsEvent> OffsetsView::apply(int partition, std::string_view key,
                                               const std::optional<std::string_view>& value) {
  if (is_chunk_key(key)) return std::nullopt;
  if (key == owner_key) {
    if (!value) return std::nullopt;
    OwnerRecord& owner = owners_[partition] = decode_owner(*value).value_or(OwnerRecord{});
    return owner.nonce.empty() ? std::nullopt
                               : std::optional<OffsetsEvent>(OwnerMark{partition, owner.nonce});
  }
  const std::string source(key);
  Places& places = cursors_[source];
  if (!value) {
    const bool was_here = places.erase(partition) > 0;
    if (places.empty()) cursors_.erase(source);
    return was_here ? std::optional<OffsetsEvent>(CursorSeen{source, partition, std::nullopt}) : std::nullopt;
  }
  PlacedCursor now = placed(*value);
  const auto before = places.find(partition);
  const bool is_news = before == places.end() || before->second.account != now.account;
  const PlacedCursor& cursor = places.insert_or_assign(partition, std::move(now)).first->second;
  return is_news ? std::optional<OffsetsEvent>(CursorSeen{source, partition, cursor.account}) : std::nullopt;
}

const OwnerRecord* OffsetsView::owner(int partition) const {
  const auto found = owners_.find(partition);
  return found == owners_.end() ? nullptr : &found->second;
}

const OffsetsView::Places::value_type* OffsetsView::cursor(std::string_view source, int home) const {
  const auto places = cursors_.find(source);
  if (places == cursors_.end()) return nullptr;
  const auto at_home = places->second.find(home);
  return at_home != places->second.end() ? &*at_home : &*places->second.begin();
}

CursorPlaces OffsetsView::places() const {
  CursorPlaces places;
  for (const auto& [source, cursors] : cursors_) {
    for (const auto& [partition, cursor] : cursors) places[source][partition] = cursor.account;
  }
  return places;
}

void apply(RecordMap& records, std::string_view key, const std::optional<std::string_view>& value) {
  if (value) {
    records.insert_or_assign(std::string(key), std::string(*value));
  } else if (const auto found = records.find(key); found != records.end()) {
    records.erase(found);
  }
}

}  // namespace auditstream::core
