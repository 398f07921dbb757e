// What an operator's change of a cursor writes: everything that the source's owner needs, and nothing of what
// no longer holds.
#include "core/cursor_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ledger.h"

namespace auditstream::core {
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
    ledger.advance(Part::present, noon, Position{noon - 10min, ""});
    for (std::uint64_t id = 1; id <= 30; ++id) ledger.publish(Position{noon - 5min, std::to_string(id)}, id);
    ledger.dead_letter({77}, noon);
    ledger.count(30, 1);
    put_into(ledger.take_records(noon), maps[1]);
    maps[1]["acme-eu"] = "another source's";
    maps[1]["acme-eu/seen/0"] = "another source's, too";
    maps[0];
    maps[2];
  }
  void apply_all(const CursorChange& change) {
    for (const auto& [partition, records] : change.records) put_into(records, maps[partition]);
  }

  Source source = given_source();
  ShardMaps maps;
};

TEST(CursorMove, ToAnotherPartitionTakesEverythingAlong) {
  Shards shards;
  const RecordMap before = shards.maps[1];
  ASSERT_GT(before.size(), 4u) << "chunks of their own";
  shards.source.account = "new";
  const Result<CursorChange> move = move_cursor(shards.source, shards.maps, 2, noon + 1h);
  ASSERT_TRUE(move.ok()) << move.error().message;
  EXPECT_EQ(move->from, 1);
  EXPECT_EQ(move->to, 2);
  EXPECT_EQ(move->before->account, "old");
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
  EXPECT_TRUE(ledger->dead_lettered_until(77));
  EXPECT_THAT(move_cursor(shards.source, shards.maps, 2, noon)->records, IsEmpty());
}

TEST(CursorMove, WithinAPartitionWritesTheCursorAlone) {
  for (const auto& [account, origin] :
       {std::pair{"new", "5f3a"}, std::pair{"old", "77"}, std::pair{"new", "77"}}) {
    Shards shards;
    shards.source.account = account;
    shards.source.origin = origin;
    const Result<CursorChange> move = move_cursor(shards.source, shards.maps, 1, noon);
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
  const Result<CursorChange> move = move_cursor(shards.source, shards.maps, 1, noon);
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
  const Result<CursorChange> move = move_cursor(source, maps, 2, noon);
  return move.ok() ? "" : move.error().message;
}

TEST(CursorSet, EndsAHistoryAndSaysWhatOfItIsSkipped) {
  Shards shards;
  DecodedCursor decoded = *decode_cursor(shards.maps[1]["acme"]);
  decoded.cursor.watermark = noon;
  decoded.cursor.history = History{noon - 1h, noon - 72h, {noon - 72h, ""}, 0};
  shards.maps[1]["acme"] = encode_cursor(decoded.cursor, decoded.open);
  EXPECT_THAT(shards.maps[1]["acme"], HasSubstr("\"version\":2"));

  const Result<CursorChange> again = set_cursor(shards.source, shards.maps, 1, noon - 100h, noon);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_FALSE(again->after->history);
  EXPECT_EQ(again->skip("acme"), "");
  const Result<CursorChange> skipped = set_cursor(shards.source, shards.maps, 1, noon - 2h, noon);
  EXPECT_THAT(skipped->skip("acme"), HasSubstr("this skips 70.0 h, from " + format_rfc3339(noon - 72h)));
  const Result<CursorChange> paused = pause_cursor("acme", shards.maps, Cursor::State::paused, noon);
  EXPECT_EQ(paused->after->history, decoded.cursor.history);
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

// The new position is what decides: neither the floor nor any id of before does.
TEST(CursorSet, PublishesAgainExactlyWhatIsAtOrAfterTheMoment) {
  Shards shards;
  const Time to = noon - 1h;
  const Result<CursorChange> change = set_cursor(shards.source, shards.maps, 1, to, noon + 1min);
  ASSERT_TRUE(change.ok()) << change.error().message;
  EXPECT_EQ(change->again(), Duration{1h});
  EXPECT_THAT(change->records, ElementsAre(Key(1)));
  shards.apply_all(*change);
  EXPECT_THAT(shards.maps[1], UnorderedElementsAre(Key("acme"), Key("acme-eu"), Key("acme-eu/seen/0")));

  const Result<Ledger> ledger = Ledger::restore("acme", shards.maps[1]);
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  EXPECT_TRUE(ledger->published(Position{to - 1us, "zzz"}, 5));
  EXPECT_FALSE(ledger->published(Position{to, "a"}, 5));
  for (std::uint64_t id = 1; id <= 30; ++id)
    EXPECT_FALSE(ledger->published(Position{noon - 5min, std::to_string(id)}, id)) << id;
  const Cursor& cursor = ledger->cursor();
  EXPECT_EQ(cursor.watermark, to);
  EXPECT_EQ(cursor.since, noon - 24h);
  EXPECT_EQ(cursor.generation, 2u);
  EXPECT_EQ(cursor.published, 30u);
  EXPECT_EQ(cursor.updated, noon + 1min);
  EXPECT_EQ(ledger->lost_chunks(), 0u) << "it has none any more";
}

TEST(CursorSet, BeforeTheBeginningMovesThat) {
  Shards shards;
  shards.apply_all(*set_cursor(shards.source, shards.maps, 1, noon - 48h, noon));
  const Cursor cursor = decode_cursor(shards.maps[1].at("acme"))->cursor;
  EXPECT_EQ(cursor.since, noon - 48h);
  EXPECT_EQ(cursor.floor, (Position{noon - 48h, ""}));
}

TEST(CursorSet, AheadTellsHowMuchIsSkipped) {
  const Shards shards;
  EXPECT_EQ(set_cursor(shards.source, shards.maps, 1, noon + 2h, noon + 3h)->again(), Duration{-2h});
}

TEST(CursorSet, ChunksOfAnOlderGenerationThatComeBackStayVoid) {
  Shards shards;
  const RecordMap before = shards.maps[1];
  shards.apply_all(*set_cursor(shards.source, shards.maps, 1, noon - 1h, noon));
  for (const auto& [key, value] : before) {
    if (key.starts_with("acme/")) shards.maps[1][key] = value;
  }
  Result<Ledger> ledger = Ledger::restore("acme", shards.maps[1]);
  ASSERT_TRUE(ledger.ok());
  EXPECT_EQ(ledger->ids(), 0u);
  EXPECT_FALSE(ledger->dead_lettered_until(77));
}

TEST(CursorSet, IsRefusedWhereTheSourceCouldNotGoOn) {
  Shards shards;
  const auto refused = [&] {
    const Result<CursorChange> change = set_cursor(shards.source, shards.maps, 1, noon, noon);
    return change.ok() ? "" : change.error().message;
  };
  shards.source.origin = "77";
  EXPECT_THAT(refused(), HasSubstr("another log"));
  shards.source = given_source();
  shards.source.account = "new";
  EXPECT_THAT(refused(), HasSubstr("cursors move acme"));
  shards.source = given_source();
  shards.maps[1]["acme"] = "no JSON";
  EXPECT_THAT(refused(), AllOf(HasSubstr("can't be used"), HasSubstr("cursors reset acme")));
  shards.maps[1].erase("acme");
  EXPECT_THAT(refused(), HasSubstr("no cursor"));
}

TEST(CursorReset, BeginsAnewUnderTheConfigAsItIs) {
  Shards shards;
  shards.source.account = "new";
  shards.source.origin = "77";
  const Result<CursorChange> change = reset_cursor(shards.source, shards.maps, 2, noon - 48h, noon);
  ASSERT_TRUE(change.ok()) << change.error().message;
  EXPECT_EQ(change->again(), Duration{48h});
  shards.apply_all(*change);
  EXPECT_THAT(shards.maps[1], UnorderedElementsAre(Key("acme-eu"), Key("acme-eu/seen/0")));
  EXPECT_THAT(shards.maps[2], ElementsAre(Key("acme")));
  const Result<Ledger> ledger = Ledger::restore("acme", shards.maps[2]);
  ASSERT_TRUE(ledger.ok());
  const Cursor& cursor = ledger->cursor();
  EXPECT_EQ(cursor.account, "new");
  EXPECT_EQ(cursor.origin, "77");
  EXPECT_EQ(cursor.since, noon - 48h);
  EXPECT_EQ(cursor.floor, (Position{noon - 48h, ""}));
  EXPECT_EQ(cursor.published, 0u);
  EXPECT_EQ(cursor.generation, 2u);
}

TEST(CursorReset, MendsACursorThatCantBeRead) {
  Shards shards;
  shards.maps[1]["acme"] = R"({"version":2})";
  shards.maps[0]["acme"] = "and one more";
  const Result<CursorChange> change = reset_cursor(shards.source, shards.maps, 1, noon, noon);
  ASSERT_TRUE(change.ok()) << change.error().message;
  EXPECT_FALSE(change->before);
  EXPECT_EQ(change->again(), Duration{0}) << "nobody knows";
  shards.apply_all(*change);
  EXPECT_FALSE(shards.maps[0].contains("acme"));
  const Result<Ledger> ledger = Ledger::restore("acme", shards.maps[1]);
  ASSERT_TRUE(ledger.ok());
  EXPECT_EQ(ledger->cursor().generation, 2u) << "beyond that of the chunks";
  EXPECT_EQ(ledger->ids(), 0u);
}

// Records tell by it which life of the cursor has published them.
TEST(CursorReset, OfACursorThatCantBeReadBeginsAnotherGenerationAllTheSame) {
  for (const auto& [record, generation] :
       {std::pair{R"({"version":2,"generation":7})", 8u},
        std::pair{R"({"version":1,"generation":7,"floor":0})", 8u}, std::pair{R"({"generation":"much"})", 2u},
        std::pair{"no JSON", 2u}}) {
    Shards shards;
    shards.maps[1] = {{"acme", record}};
    shards.apply_all(*reset_cursor(shards.source, shards.maps, 1, noon, noon));
    EXPECT_EQ(Ledger::restore("acme", shards.maps[1])->cursor().generation, generation) << record;
  }
}

TEST(CursorReset, OfAPausedSourceLeavesItPaused) {
  Shards shards;
  shards.apply_all(*pause_cursor("acme", shards.maps, Cursor::State::paused, noon));
  shards.apply_all(*reset_cursor(shards.source, shards.maps, 1, noon, noon));
  EXPECT_EQ(decode_cursor(shards.maps[1].at("acme"))->cursor.state, Cursor::State::paused);
}

TEST(CursorDelete, LeavesNothingOfTheSourceAndAllOfTheOthers) {
  Shards shards;
  shards.maps[0]["acme"] = "unreadable";
  const Result<CursorChange> change = delete_cursor("acme", shards.maps);
  ASSERT_TRUE(change.ok()) << change.error().message;
  EXPECT_FALSE(change->after);
  shards.apply_all(*change);
  EXPECT_THAT(shards.maps[0], IsEmpty());
  EXPECT_THAT(shards.maps[1], UnorderedElementsAre(Key("acme-eu"), Key("acme-eu/seen/0")));
  EXPECT_FALSE(delete_cursor("acme", shards.maps).ok());
}

TEST(CursorPause, KeepsEverythingElse) {
  Shards shards;
  const RecordMap before = shards.maps[1];
  const Result<CursorChange> change = pause_cursor("acme", shards.maps, Cursor::State::paused, noon + 1h);
  ASSERT_TRUE(change.ok()) << change.error().message;
  shards.apply_all(*change);
  EXPECT_EQ(decode_cursor(shards.maps[1].at("acme"))->cursor.state, Cursor::State::paused);
  EXPECT_EQ(Ledger::restore("acme", shards.maps[1])->ids(), 30u);
  EXPECT_THAT(pause_cursor("acme", shards.maps, Cursor::State::paused, noon)->records, IsEmpty());
  shards.apply_all(*pause_cursor("acme", shards.maps, Cursor::State::running, noon));
  EXPECT_EQ(shards.maps[1], before);
}

}  // namespace
}  // namespace auditstream::core
