// The Kafka record of an event, as interface and CloudEvents spell it.
#include "core/envelope.h"

#include <gtest/gtest.h>

#include <map>

#include "vendor_apis/registry.h"

namespace auditstream::core {
namespace {

Time at(const char* text) { return *parse_rfc3339(text); }

Source given_source(std::string key = "id") {
  Source source;
  source.name = "acme";
  source.vendor = "tines";
  source.api = vendor_apis::find_vendor("tines");
  source.key = std::move(key);
  return source;
}

Event given_event() {
  return {"e1", at("2026-11-20T12:00:00.123456Z"), R"({"user":{"id":7,"name":"Ann","tags":[1]}})", nullptr};
}

std::map<std::string, std::string> as_map(const std::vector<RecordHeader>& headers) {
  std::map<std::string, std::string> map;
  for (const RecordHeader& header : headers) {
    EXPECT_TRUE(map.emplace(header.name, header.value).second) << header.name << " twice";
  }
  return map;
}

TEST(RecordKey, IsTheIdTheSourceOrAScalarOfTheEvent) {
  EXPECT_EQ(record_key(given_source(), given_event()), "e1");
  EXPECT_EQ(record_key(given_source("source"), given_event()), "acme");
  EXPECT_EQ(record_key(given_source("/user/id"), given_event()), "7");
  EXPECT_EQ(record_key(given_source("/user/name"), given_event()), "Ann");
}

TEST(RecordKey, IsTheIdWhereTheEventHasNoSuchScalar) {
  for (const char* pointer : {"/user", "/user/tags", "/none", "/user/id/deeper"}) {
    EXPECT_EQ(record_key(given_source(pointer), given_event()), "e1") << pointer;
  }
}

TEST(RecordKey, IsTheActorOrElseTheId) {
  Event event = given_event();
  EXPECT_EQ(record_key(given_source("actor"), event), "e1");
  event.actor = "ann@acme.example";
  EXPECT_EQ(record_key(given_source("actor"), event), "ann@acme.example");
  EXPECT_EQ(record_key(given_source("id"), event), "e1");
}

TEST(HeartbeatRecord, SaysHowFarTheSourceIsComplete) {
  const Heartbeat heartbeat{"audit.heartbeat", at("2026-11-01T00:00:00Z"), at("2026-11-20T11:50:00.123456Z"),
                            7, 2};
  EXPECT_EQ(encode_heartbeat(given_source(), heartbeat),
            R"({"source":"acme","vendor":"tines","since":"2026-11-01T00:00:00Z",)"
            R"("complete_until":"2026-11-20T11:50:00.123456Z","seq":7,"generation":2})");
  EXPECT_EQ(record_timestamp_ms(heartbeat, at("2026-11-20T12:00:00Z")), 1795175400123);
  Envelope envelope(given_source(), 2);
  EXPECT_EQ(as_map(envelope.headers(heartbeat)),
            (std::map<std::string, std::string>{{"ce_source", "urn:auditstream:tines:acme"},
                                                {"content-type", "application/json"},
                                                {"auditstream_generation", "2"},
                                                {"auditstream_seq", "7"}}));
}

TEST(RecordTimestamp, IsTheEventsTimeButNeverTheFuture) {
  const Time now = at("2026-11-20T12:00:01Z");
  Event event = given_event();
  EXPECT_EQ(record_timestamp_ms(event, now), 1795176000123);
  event.time = now + 2h;
  EXPECT_EQ(record_timestamp_ms(event, now), 1795176001000);
  event.time.reset();
  EXPECT_EQ(record_timestamp_ms(event, now), 1795176001000);
}

TEST(RecordSize, CountsTheIdAsHeaderAndKey) {
  Event event = given_event();
  const std::size_t bytes = event.raw.size() + 2 * event.id.size() + 1024;
  EXPECT_TRUE(fits_record(event, bytes));
  EXPECT_FALSE(fits_record(event, bytes - 1));
}

TEST(RecordHeaders, AreCloudEvents) {
  const std::map<std::string, std::string> expected{{"ce_specversion", "1.0"},
                                                    {"ce_id", "e1"},
                                                    {"ce_source", "urn:auditstream:tines:acme"},
                                                    {"ce_type", "auditstream.tines.event"},
                                                    {"ce_time", "2026-11-20T12:00:00.123456Z"},
                                                    {"content-type", "application/json"},
                                                    {"auditstream_generation", "1"},
                                                    {"auditstream_seq", "12345678901234"}};
  EXPECT_EQ(as_map(Envelope(given_source()).headers(given_event(), 12345678901234)), expected);
  Event timeless = given_event();
  timeless.time.reset();
  EXPECT_FALSE(as_map(Envelope(given_source()).headers(timeless, 1)).contains("ce_time"));
}

TEST(RecordHeaders, SayWhatHappenedIfTheEventDoes) {
  Event event = given_event();
  EXPECT_FALSE(as_map(Envelope(given_source()).headers(event, 1)).contains("auditstream_action"));
  event.action_at = static_cast<std::uint32_t>(event.raw.find("Ann"));
  event.action_size = 3;
  EXPECT_EQ(as_map(Envelope(given_source()).headers(event, 1))["auditstream_action"], "Ann");
  const DeadLetter letter{event, {"too_large", "the event has many bytes"}};
  EXPECT_EQ(as_map(Envelope(given_source()).headers(letter, *event.time, true))["auditstream_action"], "Ann");
}

// A consumer that guesses types takes 12:00:00 and 12:00:00.000 for two types.
TEST(RecordHeaders, HaveTimesOfAsManyDigitsAsTheVendorsOthers) {
  const auto spelled = [](const char* vendor, const char* time) {
    Source source = given_source();
    source.api = vendor_apis::find_vendor(vendor);
    Event event = given_event();
    event.time = at(time);
    return as_map(Envelope(source).headers(event, 1))["ce_time"];
  };
  EXPECT_EQ(spelled("tines", "2026-11-20T12:00:00Z"), "2026-11-20T12:00:00.000Z");
  EXPECT_EQ(spelled("tines", "2026-11-20T12:00:00.12Z"), "2026-11-20T12:00:00.120Z");
  EXPECT_EQ(spelled("tines", "2026-11-20T12:00:00.1234Z"), "2026-11-20T12:00:00.123400Z");
  EXPECT_EQ(spelled("captivateiq", "2026-11-20T12:00:00Z"), "2026-11-20T12:00:00.000000Z");
  EXPECT_EQ(spelled("captivateiq", "2026-11-20T12:00:00.5Z"), "2026-11-20T12:00:00.500000Z");
}

TEST(Headers, SayWhenAnEventWasRepaired) {
  auto headers = as_map(Envelope(given_source()).headers(given_event(), at("2026-11-20T13:00:00Z")));
  EXPECT_EQ(headers["auditstream_repaired"], "2026-11-20T13:00:00Z");
  EXPECT_FALSE(headers.contains("auditstream_seq")) << "no cursor has counted it";
  headers.erase("auditstream_repaired");
  headers["auditstream_seq"] = "1";
  EXPECT_EQ(headers, as_map(Envelope(given_source()).headers(given_event(), 1)));
}

TEST(Headers, SayWhichGenerationOfTheCursorPublishedAnEvent) {
  auto headers = as_map(Envelope(given_source(), 2).headers(given_event(), 1));
  EXPECT_EQ(headers["auditstream_generation"], "2");
  const DeadLetter letter{given_event(), {"too_large", "the event has many bytes"}};
  headers = as_map(Envelope(given_source(), 7).headers(letter, at("2026-11-20T13:00:00Z"), false));
  EXPECT_EQ(headers["auditstream_generation"], "7");
}

TEST(DeadLetterHeaders, SayWhyAndWhen) {
  const DeadLetter letter{given_event(), {"too_large", "the event has many bytes"}};
  auto headers = as_map(Envelope(given_source()).headers(letter, at("2026-11-20T13:00:00Z"), false));
  EXPECT_EQ(headers["ce_id"], "e1");
  EXPECT_EQ(headers["auditstream_error"], "too_large");
  EXPECT_EQ(headers["auditstream_error_detail"], "the event has many bytes");
  EXPECT_EQ(headers["auditstream_error_at"], "2026-11-20T13:00:00Z");
  EXPECT_FALSE(headers.contains("auditstream_truncated"));
  headers = as_map(Envelope(given_source()).headers(letter, at("2026-11-20T13:00:00Z"), true));
  EXPECT_EQ(headers["auditstream_truncated"], std::to_string(letter.event.raw.size()));
}

}  // namespace
}  // namespace auditstream::core
