// What has been published, and that a restart knows the same.
#include "core/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/hash.h"
#include "unit/poller_life.h"

namespace auditstream::core {
namespace {

using ::testing::HasSubstr;

Source given_source() {
  Source source;
  source.name = "acme";
  source.vendor = "scripted";
  source.account = "acme";
  source.filter = "f";
  return source;
}

Ledger given_ledger() { return {given_source(), noon, noon}; }

Position position(Duration after_noon, const std::string& id) { return {noon + after_noon, id}; }

void publish(Ledger& ledger, const Position& at) { ledger.publish(at, hash64(at.id)); }
bool published(const Ledger& ledger, const Position& at) { return ledger.published(at, hash64(at.id)); }

// As a window that shows it once more does.
bool dead_lettered(Ledger& ledger, std::uint64_t id, Time until) {
  const std::optional<Time> known_until = ledger.dead_lettered_until(id);
  if (known_until && *known_until < until) ledger.dead_letter({id}, until);
  return known_until.has_value();
}

// Adds what has changed to the records.
Ledger restored(Ledger& ledger, RecordMap& records) {
  keep_records(ledger.take_records(noon), records);
  Result<Ledger> again = Ledger::restore("acme", records);
  EXPECT_TRUE(again.ok());
  return *std::move(again);
}

TEST(Ledger, AnEventIsOutIfItLiesBelowTheFloorOrItsIdIsKnown) {
  Ledger ledger = given_ledger();
  EXPECT_TRUE(published(ledger, position(-1us, "old")));
  EXPECT_TRUE(published(ledger, position(0s, "")));
  EXPECT_FALSE(published(ledger, position(0s, "a")));
  publish(ledger, position(0s, "a"));
  EXPECT_TRUE(published(ledger, position(0s, "a")));
  EXPECT_FALSE(published(ledger, position(0s, "b")));
}

TEST(Ledger, WatermarkAndFloorNeverFall) {
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 1h, position(50min, "m"));
  ledger.advance(Part::present, noon + 1min, position(50min, "a"));
  EXPECT_EQ(ledger.cursor().watermark, noon + 1h);
  EXPECT_EQ(ledger.cursor().floor, position(50min, "m"));
}

// Its past and its present are told apart an hour after noon.
Ledger split_ledger() {
  Ledger ledger = given_ledger();
  publish(ledger, position(90min, "dated ahead"));
  publish(ledger, position(30min, "before"));
  ledger.split(noon + 1h);
  return ledger;
}

TEST(LedgerWithAHistory, KnowsTwoFloorsByTheEventsOwnTime) {
  Ledger ledger = split_ledger();
  EXPECT_TRUE(published(ledger, position(30min, "before")));
  EXPECT_TRUE(published(ledger, position(90min, "dated ahead")));
  EXPECT_FALSE(published(ledger, position(1h - 1us, "past")));
  EXPECT_FALSE(published(ledger, position(1h, "present")));
  ledger.advance(Part::present, noon + 5h, position(4h, ""));
  EXPECT_FALSE(published(ledger, position(1h - 1us, "past")));
  EXPECT_TRUE(published(ledger, position(1h, "present")));
  ledger.advance(Part::history, noon + 40min, position(40min, ""));
  EXPECT_TRUE(published(ledger, position(40min, "")));
  EXPECT_FALSE(published(ledger, position(41min, "past")));
  EXPECT_EQ(ledger.cursor().complete_to(), position(40min, ""));
}

TEST(LedgerWithAHistory, RemembersWhatIsAboveTheFloorOfItsPart) {
  Ledger ledger = split_ledger();
  publish(ledger, position(50min, "past"));
  publish(ledger, position(70min, "present"));
  RecordMap records;
  Ledger again = restored(ledger, records);
  again.advance(Part::present, noon + 5h, position(4h, ""));
  EXPECT_TRUE(published(again, position(50min, "past")));
  EXPECT_TRUE(published(again, position(30min, "before"))) << "which part it belongs to is not known";
  again.advance(Part::history, noon + 1h, position(55min, ""));
  Ledger third = restored(again, records);
  EXPECT_FALSE(published(third, position(56min, "new")));
  EXPECT_EQ(third.ids(), 2u) << "those of before";
}

TEST(LedgerWithAHistory, RemembersDeadLettersWithoutATimeForBoth) {
  Ledger ledger = split_ledger();
  ledger.dead_letter({77}, noon + 50min);
  ledger.advance(Part::present, noon + 80h, position(79h, ""));
  EXPECT_TRUE(ledger.dead_lettered_until(77));
  ledger.advance(Part::history, noon + 1h, position(1h, ""));
  EXPECT_FALSE(ledger.dead_lettered_until(77));
}

TEST(LedgerWithAHistory, IsOneAgainWhenItHasBeenRead) {
  Ledger ledger = split_ledger();
  ledger.advance(Part::present, noon + 5h, position(4h, ""));
  ledger.advance(Part::history, noon + 1h, position(1h, ""));
  EXPECT_FALSE(ledger.cursor().history);
  EXPECT_EQ(ledger.cursor().floor, position(4h, ""));
  EXPECT_EQ(ledger.ids(), 0u);
  EXPECT_TRUE(published(ledger, position(59min, "past")));
}

bool late(const Ledger& ledger, const Position& at) { return ledger.late(at, hash64(at.id)); }

TEST(LateEvents, AreThoseBelowTheFloorThatWereNeverPublished) {
  Ledger ledger = given_ledger();
  publish(ledger, position(30min, "a"));
  publish(ledger, position(50min, "b"));
  EXPECT_FALSE(late(ledger, position(35min, "new"))) << "it is not late";
  ledger.advance(Part::present, noon + 50min, position(40min, ""));
  EXPECT_TRUE(late(ledger, position(35min, "new")));
  EXPECT_FALSE(late(ledger, position(30min, "a")));
  EXPECT_FALSE(late(ledger, position(-1s, "before"))) << "nothing is known of what was before";
  ledger.advance(Part::present, noon + 60min, position(50min, "m"));
  publish(ledger, position(50min, "l"));
  EXPECT_FALSE(late(ledger, position(50min, "l"))) << "it was published although it lay below the floor";
  EXPECT_FALSE(late(ledger, position(50min, "b")));
  EXPECT_TRUE(late(ledger, position(50min, "c")));
}

TEST(LateEvents, AreLateOnce) {
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 50min, position(40min, ""));
  ledger.dead_letter_late(position(40min, ""), hash64(""));
  ledger.dead_letter_late(position(39min + 30s, "x"), hash64("x"));
  EXPECT_FALSE(late(ledger, position(39min + 30s, "x")));
  EXPECT_TRUE(late(ledger, position(39min + 31s, "y")));
  // So long ago that it is forgotten, and with it all that is older.
  ledger.advance(Part::present, noon + 60min, position(50min, ""));
  EXPECT_FALSE(late(ledger, position(39min + 30s, "x")));
  EXPECT_FALSE(late(ledger, position(30min, "z")));
  EXPECT_TRUE(late(ledger, position(45min, "z")));
}

TEST(LateEvents, AreNoneOfWhatAnotherLedgerOrAnotherFilterMayHaveSeen) {
  RecordMap records;
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 50min, position(40min, ""));
  Ledger again = restored(ledger, records);
  EXPECT_FALSE(late(again, position(35min, "new")));
  again.advance(Part::present, noon + 60min, position(50min, ""));
  EXPECT_TRUE(late(again, position(45min, "new")));
  again.adopt(given_source());
  EXPECT_FALSE(late(again, position(45min, "new")));
}

TEST(Lateness, IsTheMostThatWasSeenAndOutlivesTheProcess) {
  RecordMap records;
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 50min, position(40min, ""));
  ledger.note_lateness(0s);
  EXPECT_EQ(ledger.cursor().lateness, 0s);
  ledger.note_lateness(90s + 1ms);
  ledger.note_lateness(30s);
  Ledger again = restored(ledger, records);
  EXPECT_EQ(again.cursor().lateness, 91s);
}

TEST(Lateness, IsNotThatOfWhatAnotherFilterShows) {
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 50min, position(40min, ""));
  Source source = given_source();
  source.filter = "another";
  ledger.adopt(source);
  ledger.note_lateness(5min);
  EXPECT_EQ(ledger.cursor().lateness, 0s);
  ledger.advance(Part::present, noon + 60min, position(50min, ""));
  ledger.note_lateness(5min);
  EXPECT_EQ(ledger.cursor().lateness, 5min);
}

TEST(LateEvents, AreNoneOfAHistory) {
  Ledger ledger = split_ledger();
  ledger.advance(Part::history, noon + 40min, position(40min, ""));
  EXPECT_FALSE(late(ledger, position(35min, "new")));
  ledger.advance(Part::present, noon + 2h, position(90min, ""));
  EXPECT_TRUE(late(ledger, position(80min, "new")));
  EXPECT_FALSE(late(ledger, position(1h, "")));
}

TEST(LedgerWithAHistory, IsAsFarAsItsHistoryUntilThePresentHasShownAnything) {
  Ledger ledger = split_ledger();
  EXPECT_EQ(ledger.cursor().watermark, noon);
  ledger.advance(Part::history, noon + 40min, position(30min, ""));
  EXPECT_EQ(ledger.cursor().watermark, noon + 40min);
  ledger.advance(Part::present, noon + 2h, position(1h, ""));
  ledger.advance(Part::history, noon + 50min, position(40min, ""));
  EXPECT_EQ(ledger.cursor().watermark, noon + 2h);
}

TEST(LedgerWithAHistory, IsOneAgainOnlyWhereThePresentHasForgottenNothing) {
  RecordMap records;
  Ledger ledger = split_ledger();
  publish(ledger, position(50min, "past"));
  publish(ledger, position(70min, "present"));
  ledger.advance(Part::history, noon + 50min, position(40min, ""));
  ASSERT_TRUE(ledger.join());
  EXPECT_EQ(ledger.cursor().floor, position(40min, ""));
  Ledger again = restored(ledger, records);
  EXPECT_FALSE(again.cursor().history);
  EXPECT_TRUE(published(again, position(50min, "past")));
  EXPECT_TRUE(published(again, position(70min, "present")));
  EXPECT_FALSE(published(again, position(51min, "late")));

  Ledger farther = split_ledger();
  farther.advance(Part::present, noon + 2h, position(1h, "a"));
  EXPECT_FALSE(farther.join());
  EXPECT_TRUE(farther.cursor().history);
}

TEST(Ledger, ForgetsWhatLiesBelowTheFloor) {
  Ledger ledger = given_ledger();
  publish(ledger, position(1s, "a"));
  ledger.advance(Part::present, noon + 1h, position(50min, ""));
  EXPECT_EQ(ledger.ids(), 0u);
  EXPECT_TRUE(published(ledger, position(1s, "a")));
}

TEST(Ledger, KeepsAFutureIdWhileItsNeighboursGo) {
  Ledger ledger = given_ledger();
  publish(ledger, position(2h, "future"));
  publish(ledger, position(0s, "a"));
  RecordMap records;
  ledger = restored(ledger, records);
  ledger.advance(Part::present, noon + 1h, position(50min, ""));
  EXPECT_EQ(ledger.ids(), 1u);
  ledger = restored(ledger, records);
  EXPECT_TRUE(published(ledger, position(2h, "future")));
  EXPECT_FALSE(published(ledger, position(2h, "other")));
}

TEST(Ledger, WritesNothingWhenNothingHasChanged) {
  Ledger ledger = given_ledger();
  EXPECT_TRUE(ledger.dirty());
  EXPECT_EQ(ledger.take_records(noon).size(), 1u);
  EXPECT_FALSE(ledger.dirty());
  ledger.advance(Part::present, noon, position(0s, ""));
  ledger.dead_letter({}, noon);
  ledger.count(0, 0);
  ledger.adopt(given_source());
  EXPECT_TRUE(ledger.take_records(noon).empty());
}

TEST(Ledger, AQuietSourceWritesOneRecordACommit) {
  Ledger ledger = given_ledger();
  for (std::size_t i = 0; i < Ledger::inline_ids_max; ++i) {
    publish(ledger, position(0s, std::to_string(i)));
    EXPECT_EQ(ledger.take_records(noon).size(), 1u);
  }
  publish(ledger, position(0s, "one more"));
  EXPECT_EQ(ledger.take_records(noon).size(), 2u);
  publish(ledger, position(0s, "and small again"));
  EXPECT_EQ(ledger.take_records(noon).size(), 1u);
}

TEST(Ledger, TombstonesAChunkOnceBelowTheFloor) {
  Ledger ledger = given_ledger();
  for (int i = 0; i < 100; ++i) publish(ledger, position(0s, std::to_string(i)));
  RecordMap records;
  ledger = restored(ledger, records);
  EXPECT_TRUE(records.contains("acme/seen/0"));
  ledger.advance(Part::present, noon + 1h, position(50min, ""));
  const std::vector<Record> written = ledger.take_records(noon);
  EXPECT_THAT(written, ::testing::Contains(Record{"acme/seen/0", std::nullopt}));
  keep_records(written, records);
  EXPECT_EQ(records.size(), 1u);
}

TEST(Ledger, AChunkNumberIsNeverUsedTwice) {
  Ledger ledger = given_ledger();
  RecordMap records;
  for (int i = 0; i < 100; ++i) publish(ledger, position(0s, "a" + std::to_string(i)));
  ledger = restored(ledger, records);
  for (int i = 0; i < 100; ++i) publish(ledger, position(0s, "b" + std::to_string(i)));
  ledger = restored(ledger, records);
  EXPECT_TRUE(records.contains("acme/seen/0"));
  EXPECT_TRUE(records.contains("acme/seen/1"));
  EXPECT_EQ(ledger.ids(), 200u);
}

TEST(Ledger, ChunksOfAnotherGenerationAreVoid) {
  Ledger ledger = given_ledger();
  for (int i = 0; i < 100; ++i) publish(ledger, position(0s, std::to_string(i)));
  RecordMap records;
  keep_records(ledger.take_records(noon), records);
  Cursor reset = ledger.cursor();
  ++reset.generation;
  records["acme"] = encode_cursor(reset, {});
  Result<Ledger> again = Ledger::restore("acme", records);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(published(*again, position(0s, "7")));
  publish(*again, position(0s, "7"));
  const std::vector<Record> written = again->take_records(noon);
  EXPECT_THAT(written, ::testing::Contains(Record{"acme/seen/0", std::nullopt}));
}

TEST(Ledger, SaysWhatIsWrongWithARecord) {
  RecordMap records{{"acme", "{}"}};
  EXPECT_FALSE(Ledger::restore("acme", records).ok());
  Ledger ledger = given_ledger();
  keep_records(ledger.take_records(noon), records);
  EXPECT_TRUE(Ledger::restore("acme", records).ok());
  records["acme/seen/0"] = "{}";
  EXPECT_THAT(Ledger::restore("acme", records).error().message, HasSubstr("acme/seen/0"));
  records.erase("acme/seen/0");
  records["acme/seen/x"] = "{}";
  EXPECT_THAT(Ledger::restore("acme", records).error().message, HasSubstr("acme/seen/x"));
  records["other"] = records["acme"];
  EXPECT_THAT(Ledger::restore("other", records).error().message, HasSubstr("names the source"));
}

TEST(Ledger, KnowsHowManyOfItsChunksHaveGone) {
  Ledger ledger = given_ledger();
  RecordMap records;
  EXPECT_EQ(restored(ledger, records).lost_chunks(), 0u);
  for (int i = 0; i < 30; ++i) publish(ledger, position(i * 1s, std::to_string(i)));
  EXPECT_EQ(restored(ledger, records).lost_chunks(), 0u);
  for (int i = 30; i < 60; ++i) publish(ledger, position(i * 1s, std::to_string(i)));
  EXPECT_EQ(restored(ledger, records).lost_chunks(), 0u);
  RecordMap without = records;
  ASSERT_EQ(without.erase("acme/seen/0"), 1u);
  EXPECT_EQ(Ledger::restore("acme", without)->lost_chunks(), 1u);
  // What the floor has passed is not missed.
  ledger.advance(Part::present, noon + 1h, position(30s, ""));
  EXPECT_EQ(restored(ledger, records).lost_chunks(), 0u);
  EXPECT_FALSE(records.contains("acme/seen/0"));
  // Older releases did not count.
  std::string& cursor = records["acme"];
  const std::string count = ",\"seen_records\":1";
  ASSERT_NE(cursor.find(count), std::string::npos) << cursor;
  cursor.erase(cursor.find(count), count.size());
  records.erase("acme/seen/1");
  EXPECT_EQ(Ledger::restore("acme", records)->lost_chunks(), 0u);
}

TEST(Ledger, AnotherSourcesChunksAreNotItsOwn) {
  Ledger ledger = given_ledger();
  RecordMap records;
  keep_records(ledger.take_records(noon), records);
  records["acme-2/seen/0"] = "{}";
  records["acme.seen/0"] = "{}";
  EXPECT_TRUE(Ledger::restore("acme", records).ok());
}

TEST(Ledger, ATimelessDeadLetterIsKnownUntilItCanNotComeAgain) {
  Ledger ledger = given_ledger();
  EXPECT_FALSE(dead_lettered(ledger, 7, noon));
  ledger.dead_letter({7}, noon);
  RecordMap records;
  ledger = restored(ledger, records);
  EXPECT_TRUE(dead_lettered(ledger, 7, noon));
  ledger.advance(Part::present, noon + 20h, position(20h, ""));
  EXPECT_TRUE(dead_lettered(ledger, 7, noon + 20h));
  ledger.advance(Part::present, noon + 60h, position(60h, ""));
  EXPECT_FALSE(dead_lettered(ledger, 7, noon + 60h));
}

TEST(Ledger, ATimelessDeadLetterThatKeepsComingIsNeverForgotten) {
  Ledger ledger = given_ledger();
  ledger.dead_letter({7}, noon);
  RecordMap records;
  for (Duration age = 0s; age < 240h; age += 1h) {
    ledger = restored(ledger, records);
    ASSERT_TRUE(dead_lettered(ledger, 7, noon + age + 4s)) << format_duration(age);
    ledger.advance(Part::present, noon + age, position(age, ""));
    ASSERT_LE(records.size(), 4u);
  }
}

TEST(Ledger, TheStayOfATimelessDeadLetterIsRenewedOnceADay) {
  Ledger ledger = given_ledger();
  ledger.dead_letter({7}, noon);
  RecordMap records;
  ledger = restored(ledger, records);
  std::size_t renewals = 0;
  for (Duration age = 0s; age < 240h; age += 1min) {
    ASSERT_TRUE(dead_lettered(ledger, 7, noon + age));
    renewals += ledger.take_records(noon).empty() ? 0 : 1;
  }
  EXPECT_EQ(renewals, 9u);
}

TEST(Ledger, MoreIdsThanItHoldsShrinkTheOverlap) {
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 2h, position(0s, ""));
  for (std::size_t i = 0; i < Ledger::ids_max; ++i) {
    publish(ledger, {noon + std::chrono::milliseconds(i), std::to_string(i)});
  }
  EXPECT_FALSE(ledger.shrink());
  publish(ledger, position(1h, "last"));
  EXPECT_TRUE(ledger.shrink());
  EXPECT_LE(ledger.ids(), Ledger::ids_max / 2 + 1);
  EXPECT_GE(ledger.ids(), Ledger::ids_max / 2 - Ledger::chunk_ids_max);
  // Whatever was forgotten lies below the floor now: nothing comes twice.
  for (std::size_t i = 0; i < Ledger::ids_max; ++i) {
    ASSERT_TRUE(published(ledger, {noon + std::chrono::milliseconds(i), std::to_string(i)})) << i;
  }
  RecordMap records;
  EXPECT_EQ(restored(ledger, records).ids(), ledger.ids());
  for (const auto& [key, value] : records) EXPECT_LT(value.size(), 900'000u) << key;
}

TEST(Ledger, MoreIdsThanItHoldsInOneInstantForgetNoneWrongly) {
  Ledger ledger = given_ledger();
  ledger.advance(Part::present, noon + 1s, position(0s, ""));
  for (std::size_t i = 0; i <= Ledger::ids_max; ++i)
    publish(ledger, position(0s, std::to_string(1'000'000 + i)));
  EXPECT_TRUE(ledger.shrink());
  for (std::size_t i = 0; i <= Ledger::ids_max; ++i) {
    ASSERT_TRUE(published(ledger, position(0s, std::to_string(1'000'000 + i)))) << i;
  }
}

TEST(Ledger, ABeginningCanBeMovedAsLongAsNothingIsOut) {
  Ledger ledger = given_ledger();
  ledger.restart_at(noon - 1h);
  EXPECT_EQ(ledger.cursor().since, noon - 1h);
  EXPECT_EQ(ledger.cursor().floor, position(-1h, ""));
  publish(ledger, position(0s, "a"));
  EXPECT_DEATH(ledger.restart_at(noon - 2h), "CHECK failed");
}

TEST(Ledger, AdoptsWhatTheConfigSaysNow) {
  Ledger ledger = given_ledger();
  RecordMap records;
  ledger = restored(ledger, records);
  Source changed = given_source();
  changed.filter = "g";
  changed.backfill_start_time = noon - 1h;
  ledger.adopt(changed);
  EXPECT_TRUE(ledger.dirty());
  ledger = restored(ledger, records);
  EXPECT_EQ(ledger.cursor().filter, "g");
  EXPECT_EQ(ledger.cursor().backfill_start_time, noon - 1h);
  EXPECT_EQ(ledger.cursor().since, noon);
}

// Whatever happens in whatever order: what a restart brings back behaves like what was there.
class LedgerProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(LedgerProperty, ARestartKnowsWhatWasKnown) {
  std::mt19937 random(GetParam());
  const auto any = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
  Ledger ledger = given_ledger();
  RecordMap records;
  std::set<std::pair<Time, std::string>> out;
  std::set<std::uint64_t> letters;
  Time watermark = noon;
  int named = 0;
  for (int round = 0; round < 300; ++round) {
    switch (any(6)) {
      case 0:
      case 1: {
        const unsigned burst = any(10) == 0 ? 60 : any(6);
        for (unsigned i = 0; i < burst; ++i) {
          const auto spread = std::chrono::seconds(any(900));
          const Position at{watermark + (any(20) == 0 ? 2h : 0h) - 10min + spread,
                            "e" + std::to_string(++named)};
          if (published(ledger, at)) continue;
          publish(ledger, at);
          out.emplace(at.time, at.id);
        }
        ledger.count(burst, 0);
        break;
      }
      case 2:
        watermark += std::chrono::seconds(any(1200));
        ledger.advance(Part::present, watermark, Position{watermark - 10min, any(2) == 0 ? "" : "e5"});
        break;
      case 3: {
        const std::uint64_t id = any(8);
        if (!dead_lettered(ledger, id, watermark)) ledger.dead_letter({id, id + 100}, watermark);
        letters.insert(id);
        break;
      }
      case 4:
        if (any(20) == 0) static_cast<void>(ledger.shrink());
        break;
      case 5: {
        Ledger again = restored(ledger, records);
        EXPECT_FALSE(again.dirty());
        EXPECT_EQ(encode_cursor(again.cursor(), {}), encode_cursor(ledger.cursor(), {}));
        EXPECT_EQ(again.ids(), ledger.ids());
        for (const std::uint64_t id : letters) {
          Ledger before = ledger, after = again;
          ASSERT_EQ(dead_lettered(before, id, Time{}), dead_lettered(after, id, Time{})) << id;
        }
        for (const auto& [time, id] : out) {
          ASSERT_TRUE(published(ledger, {time, id})) << id;
          ASSERT_TRUE(published(again, {time, id})) << id;
        }
        ASSERT_FALSE(published(again, {again.cursor().floor.time + 1us, "never seen"}));
        if (any(2) == 0) ledger = std::move(again);
        break;
      }
    }
  }
  // What nobody can ask for again is not kept: the floor has passed nearly everything.
  ledger.advance(Part::present, watermark + 3h, {watermark + 3h, ""});
  EXPECT_EQ(ledger.ids(), 0u);
  ledger.advance(Part::present, watermark + 100h, {watermark + 100h, ""});
  keep_records(ledger.take_records(noon), records);
  EXPECT_EQ(records.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LedgerProperty, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace auditstream::core
