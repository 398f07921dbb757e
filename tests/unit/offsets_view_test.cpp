// What the records of the offsets topic say, one after the other.
#include "core/offsets_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace auditstream::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string cursor_of(const std::string& source, const std::string& account, std::uint64_t published = 0) {
  Cursor cursor;
  cursor.source = source;
  cursor.vendor = "tines";
  cursor.account = account;
  cursor.published = published;
  return encode_cursor(cursor, {});
}

// "cursor SOURCE in PARTITION: ACCOUNT", "mark MARK in PARTITION", or "".
std::string words(const std::optional<OffsetsEvent>& event) {
  if (!event) return "";
  if (const auto* mark = std::get_if<OwnerMark>(&*event))
    return "mark " + mark->mark + " in " + std::to_string(mark->partition);
  const auto& seen = std::get<CursorSeen>(*event);
  return "cursor " + seen.source + " in " + std::to_string(seen.partition) + ": " +
         seen.account.value_or("gone");
}

TEST(OffsetsView, ACursorIsNewsWhereItComesGoesOrChangesItsAccount) {
  OffsetsView view;
  EXPECT_EQ(words(view.apply(1, "acme", cursor_of("acme", "one"))), "cursor acme in 1: one");
  EXPECT_EQ(words(view.apply(1, "acme", cursor_of("acme", "one", 5))), "") << "it only moves";
  EXPECT_EQ(view.cursor("acme", 1)->second.cursor->published, 5u);
  EXPECT_EQ(words(view.apply(1, "acme", cursor_of("acme", "two"))), "cursor acme in 1: two");
  EXPECT_EQ(words(view.apply(1, "acme", std::nullopt)), "cursor acme in 1: gone");
  EXPECT_EQ(words(view.apply(1, "acme", std::nullopt)), "");
  EXPECT_THAT(view.cursors(), IsEmpty());
}

TEST(OffsetsView, OfTwoPlacesTheSourcesOwnPartitionCounts) {
  OffsetsView view;
  view.apply(3, "acme", cursor_of("acme", "there"));
  EXPECT_EQ(view.cursor("acme", 1)->first, 3) << "better than none";
  view.apply(1, "acme", cursor_of("acme", "here"));
  view.apply(0, "acme", cursor_of("acme", "there"));
  EXPECT_EQ(view.cursor("acme", 1)->second.account, "here");
  EXPECT_THAT(view.places(),
              ElementsAre(Pair("acme", ElementsAre(Pair(0, "there"), Pair(1, "here"), Pair(3, "there")))));
  EXPECT_EQ(view.cursor("other", 1), nullptr);
}

TEST(OffsetsView, ACursorThatCanNotBeReadLiesThereAllTheSame) {
  OffsetsView view;
  EXPECT_EQ(words(view.apply(0, "acme", R"({"account":"one","version":99})")), "cursor acme in 0: one");
  EXPECT_EQ(view.cursor("acme", 0)->second.cursor, std::nullopt);
  EXPECT_NE(view.cursor("acme", 0)->second.unreadable, "");
  EXPECT_EQ(words(view.apply(0, "other", "no JSON")), "cursor other in 0: ?");
}

TEST(OffsetsView, TheOwnerIsWhoHasOpenedThePartitionLast) {
  OffsetsView view;
  EXPECT_EQ(view.owner(2), nullptr);
  EXPECT_EQ(words(view.apply(2, owner_key, encode_owner({"a", "m1", Time{}}))), "mark m1 in 2");
  EXPECT_EQ(words(view.apply(2, owner_key, encode_owner({"b", "m2", Time{}}))), "mark m2 in 2");
  EXPECT_EQ(view.owner(2)->instance, "b");
  EXPECT_EQ(words(view.apply(2, owner_key, "no JSON")), "") << "a mark without a name is nobody's";
  EXPECT_EQ(view.owner(2)->instance, "") << "but somebody has opened it";
  EXPECT_THAT(view.cursors(), IsEmpty());
}

TEST(OffsetsView, ChunksOfIdsAreNoCursors) {
  OffsetsView view;
  EXPECT_EQ(words(view.apply(0, "acme/seen/0", "{}")), "");
  EXPECT_THAT(view.cursors(), IsEmpty());
}

TEST(OffsetsView, OfLiveRecordsIsThatOfTheirLog) {
  const OffsetsView view = OffsetsView::of({{{"acme", cursor_of("acme", "one")}, {"acme/seen/0", "{}"}},
                                            {{std::string(owner_key), encode_owner({"a", "m", Time{}})}}});
  EXPECT_EQ(view.cursor("acme", 0)->first, 0);
  EXPECT_EQ(view.owner(1)->instance, "a");
  EXPECT_EQ(view.owner(0), nullptr);
}

TEST(LiveRecords, ATombstoneTakesOneAway) {
  RecordMap records;
  apply(records, "a", "1");
  apply(records, "b", "2");
  apply(records, "a", "3");
  apply(records, "b", std::nullopt);
  apply(records, "c", std::nullopt);
  EXPECT_THAT(records, ElementsAre(Pair("a", "3")));
}

}  // namespace
}  // namespace auditstream::core
