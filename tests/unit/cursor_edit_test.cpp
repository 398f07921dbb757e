// What moving a cursor writes: everything that the source's owner needs in the new place, and nothing is left
// in the old one.
#include "core/cursor_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auditstream/ledger.h"

namespace auditstream {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

const Time noon = *parse_rfc3339("2026-11-20T12:00:00Z");

Source given_source() {
  Source source;
  source.name = "acme";
  source.vendor = "tines";
  source.account = "old";
  source.origin = "5f3a";
  return source;
}

void put_into(const std::vector<Record>& records, RecordMap& shard) {
  for (const Record& record : records) {
    if (record.value) {
      shard.insert_or_assign(record.key, *record.value);
    } else {
      shard.erase(record.key);
    }
  }
}

// Three partitions; the source has been polled for a while in the second one.
struct Shards {
  Shards() {
    Ledger ledger(source, noon - 24h, noon - 24h);
    ledger.advance(noon, Position{noon - 10min, ""});
    for (std::uint64_t id = 1; id <= 30; ++id) ledger.publish(Position{noon - 5min, std::to_string(id)}, id);
    ledger.dead_letter({77}, noon);
    ledger.count(30, 1);
    put_into(ledger.take_records(noon), maps[1]);
    maps[1]["acme-eu"] = "another source's";
    maps[1]["acme-eu/seen/0"] = "another source's, too";
    maps[0];
    maps[2];
  }
  void apply_all(const CursorMove& move) {
    for (const auto& [partition, records] : move.records) put_into(records, maps[partition]);
  }

  Source source = given_source();
  ShardMaps maps;
};

TEST(CursorMove, ToAnotherPartitionTakesEverythingAlong) {
  Shards shards;
  const RecordMap before = shards.maps[1];
  ASSERT_GT(before.size(), 4u) << "chunks of their own";
  shards.source.account = "new";
  const Result<CursorMove> move = move_cursor(shards.source, shards.maps, 2, noon + 1h);
  ASSERT_TRUE(move.ok()) << move.error().message;
  EXPECT_EQ(move->from, 1);
  EXPECT_EQ(move->to, 2);
  EXPECT_EQ(move->cursor.account, "old");
  EXPECT_THAT(move->records, UnorderedElementsAre(Key(1), Key(2)));
  shards.apply_all(*move);

  EXPECT_THAT(shards.maps[1], UnorderedElementsAre(Key("acme-eu"), Key("acme-eu/seen/0")));
  RecordMap expected = before;
  expected.erase("acme-eu");
  expected.erase("acme-eu/seen/0");
  DecodedCursor cursor = *decode_cursor(expected.at("acme"));
  cursor.cursor.account = "new";
  cursor.cursor.updated = noon + 1h;
  expected["acme"] = encode_cursor(cursor.cursor, cursor.open);
  EXPECT_EQ(shards.maps[2], expected);

  Result<Ledger> ledger = Ledger::restore("acme", shards.maps[2]);
  ASSERT_TRUE(ledger.ok());
  EXPECT_EQ(ledger->cursor().watermark, noon);
  for (std::uint64_t id = 1; id <= 30; ++id)
    EXPECT_TRUE(ledger->published(Position{noon - 5min, std::to_string(id)}, id)) << id;
  EXPECT_FALSE(ledger->published(Position{noon - 5min, "31"}, 31));
  EXPECT_TRUE(ledger->dead_lettered(77, noon));
  EXPECT_THAT(move_cursor(shards.source, shards.maps, 2, noon)->records, IsEmpty());
}

TEST(CursorMove, WithinAPartitionWritesTheCursorAlone) {
  for (const auto& [account, origin] :
       {std::pair{"new", "5f3a"}, std::pair{"old", "77"}, std::pair{"new", "77"}}) {
    Shards shards;
    shards.source.account = account;
    shards.source.origin = origin;
    const Result<CursorMove> move = move_cursor(shards.source, shards.maps, 1, noon);
    ASSERT_TRUE(move.ok()) << move.error().message;
    ASSERT_THAT(move->records, ElementsAre(Key(1)));
    ASSERT_EQ(move->records.at(1).size(), 1u);
    shards.apply_all(*move);
    const Result<Ledger> ledger = Ledger::restore("acme", shards.maps[1]);
    ASSERT_TRUE(ledger.ok());
    EXPECT_EQ(ledger->cursor().account, account);
    EXPECT_EQ(ledger->cursor().origin, origin);
    EXPECT_EQ(ledger->cursor().published, 30u);
    EXPECT_EQ(ledger->ids(), 30u);
  }
}

TEST(CursorMove, WhereItShouldBeIsNothingToDo) {
  const Shards shards;
  const Result<CursorMove> move = move_cursor(shards.source, shards.maps, 1, noon);
  ASSERT_TRUE(move.ok());
  EXPECT_THAT(move->records, IsEmpty());
  EXPECT_EQ(move->from, 1);
}

TEST(CursorMove, WhatIsLeftFromAnotherLifeInTheNewPartitionGoes) {
  Shards shards;
  shards.maps[2]["acme/seen/0"] = "replaced or removed";
  shards.maps[2]["acme/seen/999"] = encode_chunk({}, 1);
  shards.source.account = "new";
  shards.apply_all(*move_cursor(shards.source, shards.maps, 2, noon));
  EXPECT_FALSE(shards.maps[2].contains("acme/seen/999"));
  EXPECT_TRUE(Ledger::restore("acme", shards.maps[2]).ok());
}

std::string refusal(const Source& source, const ShardMaps& maps) {
  const Result<CursorMove> move = move_cursor(source, maps, 2, noon);
  return move.ok() ? "" : move.error().message;
}

TEST(CursorMove, IsRefusedWhereNothingGoodCanCome) {
  Shards shards;
  shards.source.account = "new";
  ShardMaps none = shards.maps;
  none[1].clear();
  EXPECT_THAT(refusal(shards.source, none), HasSubstr("acme has no cursor"));

  ShardMaps two = shards.maps;
  two[0]["acme"] = two[1]["acme"];
  EXPECT_THAT(refusal(shards.source, two), HasSubstr("in partitions 0, 1"));

  ShardMaps broken = shards.maps;
  broken[1]["acme"] = R"({"version":2})";
  EXPECT_THAT(refusal(shards.source, broken), AllOf(HasSubstr("can't be used"), HasSubstr("version 2")));
  broken = shards.maps;
  broken[1]["acme/seen/0"] = "no chunk";
  EXPECT_THAT(refusal(shards.source, broken), HasSubstr("acme/seen/0"));

  shards.source.vendor = "workato";
  EXPECT_THAT(refusal(shards.source, shards.maps),
              AllOf(HasSubstr("a log of tines"), HasSubstr("workato"), HasSubstr("new name")));
}

}  // namespace
}  // namespace auditstream
