// The toolkit where a vendor's transcript would not reach it: links, Retry-After, excerpts, odd shapes of
// pages.
#include "vendor_apis/toolkit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "vendor_apis/given.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;
using namespace std::string_literals;

constexpr Remedies remedies{.title = "Example",
                            .unauthorized = "api_key",
                            .forbidden = "role",
                            .not_found = "base_url",
                            .throttled = "rate_limit",
                            .unreachable = "region"};

Source example() {
  Source source;
  source.base_url = "https://api.example.com";
  source.page_size = 100;
  return source;
}

// --- URLs

TEST(UrlText, EncodesNamesAndValues) {
  EXPECT_EQ(percent_encode("page[size] a/b~+:caf\u00e9"), "page%5Bsize%5D%20a%2Fb~%2B%3Acaf%C3%A9");
  Url url("https://x", "/p/");
  url.add("a[]", "1").add("a[]", "2 3").add("n", std::uint64_t{18446744073709551615u});
  EXPECT_EQ(url.text(), "https://x/p/?a%5B%5D=1&a%5B%5D=2%203&n=18446744073709551615");
}

TEST(UrlText, TimesHaveThreeDigits) {
  const Time time = *parse_rfc3339("2026-11-20T12:00:00Z");
  EXPECT_EQ(rfc3339_ms(time), "2026-11-20T12:00:00.000Z");
  EXPECT_EQ(rfc3339_ms(time + 7ms), "2026-11-20T12:00:00.007Z");
  EXPECT_EQ(rfc3339_ms(time + 120ms), "2026-11-20T12:00:00.120Z");
  EXPECT_EQ(rfc3339_ms(time + 1s - 1us), "2026-11-20T12:00:00.999Z");
}

TEST(Origin, IgnoresCaseAndTheDefaultPort) {
  EXPECT_EQ(origin_of("HTTPS://Api.Example.com/x"), origin_of("https://api.example.com:443"));
  EXPECT_EQ(origin_of("http://[::1]/x"), "http://[::1]:80");
  EXPECT_NE(origin_of("https://api.example.com:8443"), origin_of("https://api.example.com"));
  EXPECT_NE(origin_of("http://api.example.com"), origin_of("https://api.example.com"));
  for (const char* text :
       {"", "/x", "api.example.com", "ftp://api.example.com", "https://", "https://u@api.example.com",
        "https://api.example.com@evil.example", "/x?u=https://api.example.com"}) {
    EXPECT_EQ(origin_of(text), "") << text;
  }
}

TEST(Links, AreTakenToTheSourcesOwnOrigin) {
  const std::string base = "https://api.example.com";
  EXPECT_THAT(on_own_origin(base, "/v1/logs?page[size]=50&page[cursor]=5e94 d5#top"),
              Optional(base + "/v1/logs?page%5Bsize%5D=50&page%5Bcursor%5D=5e94%20d5"));
  EXPECT_THAT(on_own_origin(base, "/v1?already=%5B1%5D"), Optional(base + "/v1?already=%5B1%5D"));
  EXPECT_THAT(on_own_origin(base, "/@evil.example/"), Optional(base + "/@evil.example/"));
  for (const char* link :
       {"https://api.example.com/v1", "//evil.example/v1", "v1?offset=50", "", ".evil.example"}) {
    EXPECT_EQ(on_own_origin(base, link), std::nullopt) << link;
  }
}

TEST(Links, GiveUpTheirParameters) {
  EXPECT_THAT(query_parameter("/v1?page[size]=50&page[cursor]=5e94", "page[cursor]"), Optional("5e94"s));
  EXPECT_THAT(query_parameter("/v1?page%5Bcursor%5D=a%2Fb+c", "page[cursor]"), Optional("a/b c"s));
  EXPECT_THAT(query_parameter("https://x/v1?offset=&x#offset=2", "offset"), Optional(""s));
  EXPECT_EQ(query_parameter("/v1?page[size]=50", "page[cursor]"), std::nullopt);
  EXPECT_EQ(query_parameter("/v1", "offset"), std::nullopt);
  EXPECT_THAT(query_parameter("/v1?a=100%&b=%zz", "a"), Optional("100%"s));
}

// --- Refusals

TEST(RetryAfter, ReadsSecondsAndDates) {
  const auto after = [](std::vector<http::Header> headers) {
    return retry_after(given_response(429, "", std::move(headers)));
  };
  const http::Header date{"date", "Sun, 06 Nov 1994 08:49:37 GMT"};
  EXPECT_EQ(after({{"retry-after", "30"}}), Duration(30s));
  EXPECT_EQ(after({{"retry-after", "0"}}), Duration(0s));
  EXPECT_EQ(after({{"retry-after", "10800"}}), Duration(3h));
  EXPECT_EQ(after({{"retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"}, date}), Duration(30s));
  EXPECT_EQ(after({{"retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"}, date}), Duration(0s));
  EXPECT_EQ(after({{"retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"}}), std::nullopt);
  for (const char* text : {"", "-1", "1.5", "soon", "99999999999999999999", "30 s"}) {
    EXPECT_EQ(after({{"retry-after", text}, date}), std::nullopt) << text;
  }
  EXPECT_EQ(after({}), std::nullopt);
}

TEST(Excerpt, IsShortPrintableAndWithoutCredentials) {
  EXPECT_EQ(excerpt(" Sign\x01 in\r\n\there "), "Sign in here");
  EXPECT_EQ(excerpt("bad key sk_live_4eC39HqLyjW"), "bad key ...");
  EXPECT_THAT(excerpt("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc"), Not(HasSubstr("eyJ")));
  EXPECT_EQ(excerpt("{\"message\":\"Invalid authorization header\"}"),
            "{\"message\":\"Invalid authorization header\"}");
  EXPECT_EQ(excerpt(R"({"errorCode":"E0000011","errorSummary":"Invalid token provided"})"),
            R"({"errorCode":"E0000011","errorSummary":"Invalid token provided"})");
  for (const char* code : {"ORA-00942", "AADSTS700016", "ERR_1020"}) EXPECT_EQ(excerpt(code), code);
  for (const char* secret :
       {"E0000011e", "hunter2024", "AKIAIOSF0DNN7", "ABCDEFG1234", "A123456789012", "E00000-11"}) {
    EXPECT_EQ(excerpt(secret), "...") << secret;
  }
  EXPECT_LE(excerpt(std::string(100, 'a') + std::string(1000, '!')).size(), 80u);
  EXPECT_EQ(excerpt(""), "");
}

TEST(Excerpt, OfAPageIsWhatAPersonReadsFirst) {
  EXPECT_EQ(
      excerpt("\n<!DOCTYPE html><HTML lang=en><head><meta charset=utf-8><TITLE>\n 502 Bad Gateway </TITLE>"
              "</head><body><center><h1>nginx</h1></center></body></html>"),
      "502 Bad Gateway");
  EXPECT_EQ(excerpt("<html><head><title></title><style>b { color: red }</style><script>if (a<b) c()</script>"
                    "<!-- <p>not shown</p> --></head><body class=x><h1>Access denied</h1><p>by policy 7</p>"),
            "Access denied by policy 7");
  EXPECT_EQ(excerpt("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"),
            "AccessDenied Request has expired");
  EXPECT_EQ(excerpt("<html><title>key sk_live_4eC39HqLyjW</title>"), "key ...");
  EXPECT_EQ(excerpt("<html><body>" + std::string(20000, ' ') + "late"), "");
  for (const char* cut : {"<", "<!--", "<title", "<title>", "<script>a<b", "<a"}) EXPECT_EQ(excerpt(cut), "");
}

// --- Pages

const Shape page_shape{.events = "/list/rows",
                       .event = {.id = "/meta/id", .times = {"/meta/at", "/at"}},
                       .fields = {"/list/next", "/count"},
                       .envelope = "/list"};

Slices slices_of(const std::string& body, const Source& source = example(), const Shape& shape = page_shape) {
  auto read = read_page(source, given_response(200, body), shape, remedies);
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    ADD_FAILURE() << refusal->message;
    return {};
  }
  return std::get<Slices>(std::move(read));
}

Refusal refusal_of(const std::string& body, const Source& source = example(),
                   const Shape& shape = page_shape) {
  auto read = read_page(source, given_response(200, body, {{"content-type", "text/plain"}}), shape, remedies);
  EXPECT_TRUE(std::holds_alternative<Refusal>(read)) << body;
  return std::holds_alternative<Refusal>(read) ? std::get<Refusal>(read) : Refusal{};
}

std::vector<std::string> raws(const Slices& slices) {
  std::vector<std::string> texts;
  for (const Event& event : slices.events) texts.emplace_back(event.raw);
  return texts;
}

TEST(Slicing, KeepsEveryByteOfEveryKindOfElement) {
  EXPECT_THAT(raws(slices_of(
                  "{\"list\":{\"rows\":[ {\"a\" : 1e2 , \"b\":\"\\u00e9\\/\"}\n,[1,[2]],\"x,\\\"]\" ] } }")),
              ElementsAre("{\"a\" : 1e2 , \"b\":\"\\u00e9\\/\"}", "[1,[2]]", "\"x,\\\"]\""));
  EXPECT_THAT(raws(slices_of("{\"list\":{\"rows\":[-0.10E+2 ,true,null]}}")),
              ElementsAre("-0.10E+2", "true", "null"));
  EXPECT_THAT(raws(slices_of("{\"list\":{\"rows\":[{},\t[]\r\n, \"\" ]}}")), ElementsAre("{}", "[]", "\"\""));
}

TEST(Slicing, NothingIsMostlyUnreadableBelowFourEvents) {
  EXPECT_EQ(slices_of(R"({"list":{"rows":[1,2,3]}})").events.size(), 3u);
  EXPECT_THAT(refusal_of(R"({"list":{"rows":[1,2,3,4]}})").message, HasSubstr("/meta/at, /at"));
  EXPECT_EQ(
      slices_of(R"({"list":{"rows":[1,2,{"at":"2025-01-01T00:00:00Z"},{"at":"2025-01-01T00:00:00Z"}]}})")
          .events.size(),
      4u);
}

TEST(Slicing, TheEarlierCandidateWinsWhereverItStands) {
  const Slices slices = slices_of(
      R"({"list":{"rows":[{"at":"2020-01-01T00:00:00Z","meta":{"id":"x","at":"2025-01-01T00:00:00Z"}},)"
      R"({"meta":{"at":"bad"},"at":"2020-01-01T00:00:00Z"}]}})");
  EXPECT_EQ(slices.events[0].time, parse_event_time("2025-01-01T00:00:00Z"));
  EXPECT_EQ(slices.events[1].time, parse_event_time("2020-01-01T00:00:00Z"));
  EXPECT_EQ(slices.events[0].id, "x");
  EXPECT_EQ(slices.events[1].id, hash_hex(slices.events[1].raw));
  EXPECT_EQ(slices.last_id, "x");
}

TEST(Slicing, TheSourcesTimeFieldReplacesTheVendors) {
  Source source = example();
  source.time_field = "/when/0";
  const Slices slices =
      slices_of(R"({"list":{"rows":[{"when":["2021-01-01T00:00:00Z"],"at":"2020-01-01T00:00:00Z"},)"
                R"({"at":"2020-01-01T00:00:00Z"}]}})",
                source);
  EXPECT_EQ(slices.events[0].time, parse_event_time("2021-01-01T00:00:00Z"));
  EXPECT_EQ(slices.events[1].time, std::nullopt);
}

TEST(Slicing, TimeFromTheIdIsTheLastResort) {
  Shape shape = page_shape;
  shape.event.time_from_id = [](std::string_view id) {
    return parse_event_time("200" + std::string(id) + "-01-01T00:00:00Z");
  };
  const Slices slices =
      slices_of(R"({"list":{"rows":[{"meta":{"id":1}},{"meta":{"id":1},"at":"2020-01-01T00:00:00Z"},{}]}})",
                example(), shape);
  EXPECT_EQ(slices.events[0].time, parse_event_time("2001-01-01T00:00:00Z"));
  EXPECT_EQ(slices.events[1].time, parse_event_time("2020-01-01T00:00:00Z"));
  EXPECT_EQ(slices.events[2].time, std::nullopt);
}

// --- Who acted, and what happened

TEST(Actor, IsAnAddressInLowerCase) {
  EXPECT_EQ(mail_address("Ann.Lee+x@Acme.EXAMPLE"), "ann.lee+x@acme.example");
  EXPECT_EQ(mail_address("\u00c4nn@acme.example"), "\u00c4nn@acme.example")
      << "only ASCII has one lower case";
  for (const char* text : {"", "ann", "@acme.example", "ann@acme", "ann.lee@acme", "Ann <ann@acme.example>",
                           "ann lee@acme.example", "ann@acme.example\n", "\"ann\\ud83d@acme.example\"",
                           "ann\x1b[2J@acme.example", "\u202e@acme.example", "\xff@acme.example"}) {
    EXPECT_EQ(mail_address(text), "") << text;
  }
  const std::string domain = "@acme.example";
  EXPECT_EQ(mail_address(std::string(256 - domain.size(), 'a') + domain).size(), 256u);
  EXPECT_EQ(mail_address(std::string(257 - domain.size(), 'a') + domain), "");
}

TEST(Actor, IsElseAnIdOrItsHash) {
  EXPECT_EQ(actor_id(""), "");
  EXPECT_EQ(actor_id("U-7642"), "U-7642");
  EXPECT_EQ(actor_id(std::string(256, 'a')), std::string(256, 'a'));
  for (const std::string& text : {std::string(257, 'a'), "a\nb"s, "a\0b"s, "\x7f"s, "\u009b"s, "\xff"s}) {
    EXPECT_EQ(actor_id(text), hash_hex(text));
  }
}

const Shape telling_shape{.events = "",
                          .event = {.id = "/id", .times = {"/at"}},
                          .fields = {},
                          .actors = {{"/mail", mail_address}, {"/who", actor_id}},
                          .action = "/what"};

Event event_by_actor(const std::string& raw) {
  Source source = example();
  source.key = "actor";
  const Slices slices = slices_of("[" + raw + "]", source, telling_shape);
  if (slices.events.size() != 1) throw std::runtime_error("no event: " + raw);
  EXPECT_EQ(slices.events[0].raw, raw);
  return slices.events[0];
}

TEST(Slicing, TheEarlierActorWinsWhereverItStands) {
  EXPECT_EQ(event_by_actor(R"({"who":7,"mail":"A@b.c"})").actor, "a@b.c");
  EXPECT_EQ(event_by_actor(R"({"mail":"A@b.c","who":7})").actor, "a@b.c");
  EXPECT_EQ(event_by_actor(R"({"mail":"nobody","who":7})").actor, "7");
  EXPECT_EQ(event_by_actor(R"({"mail":null,"who":""})").actor, "");
  EXPECT_EQ(event_by_actor(R"({"who":"a","who":"b"})").actor, "a");
  EXPECT_EQ(event_by_actor(R"({"mail":["a@b.c"],"who":{"who":"a"},"x":{"mail":"a@b.c"}})").actor, "");
  EXPECT_EQ(event_by_actor(R"({"mail":"\u0041@b.c"})").actor, "a@b.c");
}

TEST(Slicing, NoActorIsLookedForWhereTheKeyIsAnother) {
  EXPECT_EQ(slices_of(R"([{"mail":"a@b.c"}])", example(), telling_shape).events[0].actor, "");
}

TEST(Slicing, AnActionIsAShortPlainString) {
  EXPECT_EQ(event_by_actor(R"({"what":"Login"})").action(), "Login");
  EXPECT_EQ(event_by_actor(R"({"x":[1], "what" : "a b/c.d:e-f" })").action(), "a b/c.d:e-f");
  EXPECT_EQ(event_by_actor(R"({"what":"first","what":"second"})").action(), "first");
  const std::string longest(128, 'a');
  EXPECT_EQ(event_by_actor("{\"what\":\"" + longest + "\"}").action(), longest);
  for (const std::string& value :
       {"\""s + longest + "a\""s, R"("")"s, "7"s, "-7e1"s, "true"s, "null"s, "{}"s, R"(["Login"])"s,
        R"("a\nb")"s, R"("\u0041")"s, R"("a\"b")"s, "\"caf\u00e9\""s, "\"\x7f\""s, R"("\ud83d")"s}) {
    EXPECT_EQ(event_by_actor("{\"x\":\"Login\",\"what\":" + value + "}").action(), "") << value;
  }
  EXPECT_EQ(event_by_actor(R"({"y":{"what":"Login"}})").action(), "");
}

// What is told of one event is not told of the next.
TEST(Slicing, AnEventThatTellsNothingTakesNothingFromTheOneBefore) {
  Source source = example();
  source.key = "actor";
  const Slices slices =
      slices_of(R"([{"what":"Login","who":"a"}, {} ,{"what":"Logout"}])", source, telling_shape);
  EXPECT_EQ(slices.events[1].action(), "");
  EXPECT_EQ(slices.events[1].actor, "");
  EXPECT_EQ(slices.events[2].action(), "Logout");
}

TEST(Slicing, FieldsStandOutsideTheEvents) {
  const Slices slices = slices_of(
      R"({"list":{"rows":[{"list":{"next":"inner"},"count":9}],"next":"n1","next":"n2"},"count":null})");
  EXPECT_THAT(slices.fields[0].text, Optional("n1"s));
  EXPECT_TRUE(slices.fields[1].present);
  EXPECT_FALSE(slices.fields[1].text);
  EXPECT_FALSE(slices_of(R"({"list":{"rows":[]}})").fields[0].present);
  EXPECT_FALSE(slices.fields[1].odd);
  for (const char* odd :
       {R"({"list":{"rows":[],"next":{"href":"n"}}})", R"({"list":{"rows":[],"next":["n"]}})"}) {
    EXPECT_TRUE(slices_of(odd).fields[0].odd) << odd;
    EXPECT_FALSE(slices_of(odd).fields[0].text) << odd;
  }
  EXPECT_EQ(count(Field{true, "42"}), 42u);
  EXPECT_EQ(count(Field{true, "-1"}), std::nullopt);
  EXPECT_EQ(count(Field{true, "4.2"}), std::nullopt);
  EXPECT_EQ(count(Field{}), std::nullopt);
}

TEST(Slicing, ABareArrayMayBeThePage) {
  Shape bare = page_shape;
  bare.events = bare.envelope = {};
  bare.fields = {};
  const auto read = [&](const std::string& body) {
    return read_page(example(), given_response(200, body), bare, remedies);
  };
  const std::string row = R"({"id":"a","at":"2026-11-20T12:00:00Z"})";
  const auto page = read("\n[" + row + ", " + row + "]\n");
  ASSERT_TRUE(std::holds_alternative<Slices>(page));
  ASSERT_EQ(std::get<Slices>(page).events.size(), 2u);
  EXPECT_EQ(std::get<Slices>(page).events[1].raw, row);
  EXPECT_TRUE(std::holds_alternative<Slices>(read("[]")));
  for (const char* body : {"{}", "null", "", "7", R"({"data":[]})", R"({"":[]})", "[", "[]]", "[][]"}) {
    ASSERT_TRUE(std::holds_alternative<Refusal>(read(body))) << body;
    EXPECT_EQ(std::get<Refusal>(read(body)).kind, RefusalKind::malformed) << body;
  }
}

TEST(Slicing, OnlyAnEnvelopeMayStandForAnEmptyPage) {
  EXPECT_TRUE(slices_of(R"({"list":{}})").events.empty());
  EXPECT_TRUE(slices_of(R"({"list":{"rows":null}})").events.empty());
  for (const char* body :
       {"{}", R"({"list":null})", R"({"list":[]})", R"({"list":{"rows":{}}})", R"({"list":{"rows":"x"}})"}) {
    EXPECT_THAT(refusal_of(body).message, HasSubstr("/list/rows"));
  }
  Shape strict = page_shape;
  strict.envelope = {};
  EXPECT_THAT(refusal_of(R"({"list":{}})", example(), strict).message, HasSubstr("/list/rows"));
}

TEST(Slicing, SetsBrokenEventsApart) {
  const std::string good = R"({"meta":{"id":"good","at":"2025-01-02T00:00:00Z"}})";
  const Slices slices = slices_of(
      "{\"list\":{\"rows\":[ {\"meta\":{\"id\":\"a\",\"at\":\"2025-01-01T00:00:00Z\"},\"n\":NaN} ," + good +
      ", {\"meta\":{\"id\":\"caf\xe9\",\"at\":NaN}},NaN ," + good + "," + good + "],\"next\":\"n\"}}");
  ASSERT_EQ(slices.events.size(), 6u);
  EXPECT_EQ(slices.events[0].id, "a");
  EXPECT_EQ(slices.events[0].time, parse_event_time("2025-01-01T00:00:00Z"));
  EXPECT_THAT(*slices.events[0].flaw,
              StartsWith("the event is no valid JSON, at byte 51 (0x4e): Invalid value.: "));
  EXPECT_THAT(*slices.events[0].flaw, HasSubstr("\"n\":NaN} ,{\"meta\""));
  EXPECT_FALSE(slices.events[1].flaw);
  // Neither what stands for a broken id nor for a broken time is taken for one.
  EXPECT_EQ(slices.events[2].id, hash_hex(slices.events[2].raw));
  EXPECT_EQ(slices.events[2].time, std::nullopt);
  EXPECT_EQ(slices.events[3].raw, "NaN");
  EXPECT_EQ(slices.events[4].id, "good");
  EXPECT_THAT(slices.fields[0].text, Optional("n"s));
  EXPECT_EQ(slices.last_id, "good");
}

TEST(Slicing, MostlyBrokenEventsAreNoPage) {
  const std::string good = R"({"at":"2025-01-01T00:00:00Z"},)",
                    bad = R"({"at":"2025-01-01T00:00:00Z","n":NaN},)";
  EXPECT_EQ(slices_of("{\"list\":{\"rows\":[" + good + good + bad + bad + good + "0]}}").events.size(), 6u);
  EXPECT_THAT(refusal_of("{\"list\":{\"rows\":[" + bad + bad + bad + good + "0]}}").message,
              HasSubstr("(0x4e): Invalid value."));
}

TEST(Slicing, WhatIsWrongOutsideOfTheEventsIsNoPage) {
  for (const char* body :
       {R"({"x":NaN,"list":{"rows":[{"n":1}]}})", R"({"list":{"rows":[{"n":1}]},"x":NaN})",
        R"({"x":NaN,"list":{"rows":[{"n":NaN}]}})", R"({"list":{"rows":[{"n":NaN}]},"x":NaN})",
        R"({"list":{"rows":[{"n":NaN},]}})", R"({"list":{"rows":[,{"n":NaN}]}})"}) {
    EXPECT_THAT(refusal_of(body).message, HasSubstr("no valid JSON")) << body;
  }
}

TEST(Slicing, AnIdThatCanNotBeSentIsNoPlaceToGoOnFrom) {
  const Slices slices =
      slices_of(R"({"list":{"rows":[{"meta":{"id":"a"}},{"meta":{"id":"b\ud800"}},1],"next":"n\ud800"}})");
  EXPECT_EQ(slices.events[1].id, R"("b\ud800")");
  EXPECT_EQ(slices.last_id, "a");
  EXPECT_TRUE(slices.fields[0].odd);
  EXPECT_FALSE(slices.fields[0].text);
}

TEST(Slicing, SaysWhatIsWrongWithABody) {
  EXPECT_THAT(
      refusal_of("{\"list\":{\"rows\":[" + std::string(200, ' ') + "{\"name\":\"caf\xe9 noir\" x}]}}")
          .message,
      HasSubstr("at byte 229 (0xe9): Invalid encoding in string. (status 200, content-type text/plain): "
                "{\"name\":\"caf noir\" x}]}}"));
  EXPECT_THAT(refusal_of("").message, HasSubstr("empty body"));
  EXPECT_THAT(refusal_of("<html>Sign in</html>").message,
              HasSubstr("HTML instead of JSON (status 200, content-type text/plain)"));
  EXPECT_THAT(refusal_of("<html>Sign in</html>").message, EndsWith(": Sign in"));
  EXPECT_THAT(refusal_of("{\"list\":{\"rows\":[{\"a\":").message,
              HasSubstr("ends too early, after 22 bytes"));
  EXPECT_THAT(refusal_of("{\"list\":x}").message, HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal_of("{\"list\":{\"rows\":[" + std::string(100'000, '{')).message,
              HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal_of("{\"list\":{\"rows\":[" + std::string(100'000, '[')).message,
              HasSubstr("deeper than 256"));
  std::string many = "{\"list\":{\"rows\":[0";
  for (int i = 0; i < 100'000; ++i) many += ",0";
  EXPECT_THAT(refusal_of(many + "]}}").message, HasSubstr("more events"));
}

}  // namespace
}  // namespace auditstream::vendor_apis::toolkit
