// The cursor's record: what a person reads in the offsets topic, and that nothing else is taken for one.
#include "core/cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace auditstream::core {
namespace {

using ::testing::HasSubstr;

Time at(const char* text) { return *parse_rfc3339(text); }

Cursor given_cursor() {
  Cursor cursor;
  cursor.source = "acme-tines";
  cursor.vendor = "tines";
  cursor.account = "acme";
  cursor.origin = "5f3a";
  cursor.filter = "77";
  cursor.since = at("2026-01-01T00:00:00Z");
  cursor.watermark = at("2026-11-20T12:00:00.123456Z");
  cursor.floor = {at("2026-11-20T11:50:00Z"), "e\"7"};
  cursor.published = 12345;
  cursor.dead_letters = 3;
  cursor.updated = at("2026-11-20T12:00:07Z");
  return cursor;
}

constexpr std::string_view spelled =
    R"({"version":1,"source":"acme-tines","vendor":"tines","account":"acme","since":"2026-01-01T00:00:00Z",)"
    R"("watermark":"2026-11-20T12:00:00.123456Z","floor":{"time":"2026-11-20T11:50:00Z","id":"e\"7"},)"
    R"("origin":"5f3a","generation":1,"state":"running","published":12345,"dead_letters":3,)"
    R"("updated":"2026-11-20T12:00:07Z","filter":"77"})";

TEST(CursorRecord, IsSpelledForPeople) { EXPECT_EQ(encode_cursor(given_cursor(), {}), spelled); }

TEST(CursorRecord, ComesBackAsItWas) {
  Cursor cursor = given_cursor();
  cursor.state = Cursor::State::paused;
  cursor.backfill_start_time = at("2026-01-01T00:00:00.5Z");
  cursor.generation = 9;
  cursor.last_error = LastError{
      401, "the key is refused; make a new one", LastError::State::throttled, cursor.watermark, cursor.since,
      7};
  const SeenChunk open{{cursor.watermark, "z"}, false, {0, 1, UINT64_MAX, 0x8000000000000001}};
  const std::string text = encode_cursor(cursor, open);
  const Result<DecodedCursor> decoded = decode_cursor(text);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(encode_cursor(decoded->cursor, decoded->open), text);
  EXPECT_EQ(decoded->open, open);
  EXPECT_EQ(decoded->cursor.state, Cursor::State::paused);
  EXPECT_EQ(decoded->cursor.backfill_start_time, cursor.backfill_start_time);
  EXPECT_EQ(decoded->cursor.floor, cursor.floor);
  EXPECT_EQ(decoded->cursor.last_error, cursor.last_error);
}

// 0.1.0 wrote nothing but these two.
TEST(CursorRecord, AnOlderTroubleIsAFailure) {
  Cursor cursor = given_cursor();
  cursor.last_error = LastError{401, "refused"};
  std::string text = encode_cursor(cursor, {});
  const std::size_t from = text.find(R"(,"state":"failed")");
  text.erase(from, text.find('}', from) - from);
  const Result<DecodedCursor> decoded = decode_cursor(text);
  ASSERT_TRUE(decoded.ok()) << text;
  EXPECT_EQ(decoded->cursor.last_error, cursor.last_error);
}

std::string without(std::string_view member) {
  std::string text(spelled);
  const std::size_t found = text.find(member);
  EXPECT_NE(found, std::string::npos) << member;
  return text.replace(found, member.size(), "\"x\":0");
}

TEST(CursorRecord, NamesTheFieldThatIsWrong) {
  for (const auto& [member, field] : {std::pair{R"("source":"acme-tines")", "source"},
                                      {R"("account":"acme")", "account"},
                                      {R"("since":"2026-01-01T00:00:00Z")", "since"},
                                      {R"("origin":"5f3a")", "origin"},
                                      {R"("generation":1)", "generation"},
                                      {R"("state":"running")", "state"},
                                      {R"("floor":{"time":"2026-11-20T11:50:00Z","id":"e\"7"})", "floor"}}) {
    const Result<DecodedCursor> decoded = decode_cursor(without(member));
    ASSERT_FALSE(decoded.ok()) << member;
    EXPECT_THAT(decoded.error().message, HasSubstr("\"" + std::string(field) + "\""));
  }
}

TEST(CursorRecord, WithAHistoryIsOneThatOlderReleasesRefuse) {
  DecodedCursor decoded = *decode_cursor(spelled);
  const Time day = decoded.cursor.watermark - 24h;
  decoded.cursor.history = History{day, day - 30 * 24h, {day - 30 * 24h, "e"}, 7, {}};
  const std::string text = encode_cursor(decoded.cursor, decoded.open);
  EXPECT_THAT(text, HasSubstr("\"version\":2"));
  const Result<DecodedCursor> read = decode_cursor(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->cursor.history, decoded.cursor.history);
  EXPECT_EQ(read->cursor.complete_to(), decoded.cursor.history->floor);
  EXPECT_EQ(read->cursor.floor, decoded.cursor.floor);
  for (const char* broken : {"\"history\":[]", "\"history\":{\"until\":1}"}) {
    std::string other = text;
    const std::size_t at = other.find("\"history\":{");
    other.replace(at, other.find("\"first_seen_record\":7}") + 22 - at, broken);
    EXPECT_THAT(decode_cursor(other).error().message, HasSubstr("\"history\"")) << other;
  }
  decoded.cursor.history->last_error = LastError{403, "\"no\"", LastError::State::retrying, day, {}, 3};
  const Result<DecodedCursor> failing = decode_cursor(encode_cursor(decoded.cursor, decoded.open));
  ASSERT_TRUE(failing.ok()) << failing.error().message;
  EXPECT_EQ(failing->cursor.history, decoded.cursor.history);
}

TEST(CursorRecord, OfANewerVersionIsNotGuessedAt) {
  std::string text(spelled);
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  const Result<DecodedCursor> decoded = decode_cursor(text);
  ASSERT_FALSE(decoded.ok());
  EXPECT_THAT(decoded.error().message, HasSubstr("version 2"));
}

TEST(CursorRecord, IsNothingElse) {
  for (const char* text : {"", "null", "[]", "{}", "{\"version\":1}", "not JSON", "{\"version\":-1}"}) {
    EXPECT_FALSE(decode_cursor(text).ok()) << text;
    EXPECT_FALSE(decode_chunk(text).ok()) << text;
  }
  EXPECT_FALSE(decode_cursor(std::string(200'000, '[')).ok());
}

TEST(CursorRecord, KnowsOnlyTwoStates) {
  std::string text(spelled);
  text.replace(text.find("running"), 7, "walking");
  EXPECT_FALSE(decode_cursor(text).ok());
}

TEST(ChunkRecord, ComesBackAsItWas) {
  const SeenChunk chunk{{at("2026-11-20T12:00:00Z"), ""}, true, {1, 2, UINT64_MAX}};
  const Result<DecodedChunk> decoded = decode_chunk(encode_chunk(chunk, 4));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->chunk, chunk);
  EXPECT_EQ(decoded->generation, 4u);
}

TEST(ChunkRecord, CostsElevenBytesAnId) {
  SeenChunk chunk{{at("2026-11-20T12:00:00Z"), ""}, false, std::vector<std::uint64_t>(20'000, 42)};
  EXPECT_LT(encode_chunk(chunk, 1).size(), 20'000 * 11 + 200);
}

TEST(ChunkRecord, RefusesIdsThatAreCutOff) {
  std::string text = encode_chunk({{at("2026-11-20T12:00:00Z"), ""}, false, {1, 2}}, 1);
  const std::size_t ids = text.find("\"ids\":\"") + 7;
  EXPECT_FALSE(decode_chunk(std::string(text).erase(ids, 1)).ok());
  EXPECT_FALSE(decode_chunk(std::string(text).replace(ids, 1, "!")).ok());
}

TEST(ChunkKey, IsOneSourcesOnly) {
  EXPECT_EQ(chunk_key("acme", 17), "acme/seen/17");
  EXPECT_EQ(chunk_number("acme", "acme/seen/17"), 17u);
  for (const char* key : {"acme", "acme/seen/", "acme/seen/x", "acme/seen/1x", "acme/seen/-1", "acme2/seen/1",
                          "acme/seen/99999999999999999999"}) {
    EXPECT_FALSE(chunk_number("acme", key)) << key;
  }
}

}  // namespace
}  // namespace auditstream::core
