// Events as those of OCSF: each decision of the mapper, and what it makes of bad input.
#include "ocsf/mapper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auditstream/json.h"
#include "base/hash.h"
#include "unit/scripted_vendor.h"
#include "vendor_apis/registry.h"

namespace auditstream::ocsf {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Time now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

const std::string api_mapping =
    "event_code: /op\n"
    "type: {from: /op, equals: {Login: authentication/logon, Gone: account_change/delete, Base: base_event/other},"
    " suffix: {Creation: api_activity/create}, otherwise: api_activity/other, absent: api_activity/unknown}\n"
    "actor: {uid: /user/id, name: /user/name, email: /user/email}\n"
    "source_ip: /ip\n"
    "user_agent: /agent\n"
    "service: /service\n"
    "outcome: {from: /status, prefix: {'2': success, '4': failure}}\n"
    "status_code: /status\n"
    "resource: {uid: /resource/uid, name: /resource/name, type: /resource/type}\n"
    "tenant: [/tenant, /org]\n";

const Vendor& tines() { return *vendor_apis::find_vendor("tines"); }

Mapper mapper_of(const std::string& yaml, const Circumstances& circumstances = {},
                 const Vendor& vendor = tines()) {
  ReadMapping read =
      read_mapping("vendor: " + std::string(vendor.name()) + "\n" + yaml, "m.yaml", vendor.name());
  for (const config::Finding& mistake : read.mistakes) ADD_FAILURE() << mistake.text();
  return {vendor, *std::move(read.mapping), circumstances};
}

// An event of Tines with these members, too.
std::string event(const std::string& members) {
  return R"({"id":7,"created_at":"2026-11-19T10:00:00.5Z")" + (members.empty() ? "" : "," + members) + "}";
}

Mapped mapped(const std::string& members) { return mapper_of(api_mapping).map(event(members), now); }

std::string at(const Mapped& mapped, std::string_view pointer) {
  return json::scalar_at(mapped.event, pointer).value_or("(none)");
}

// --- What every event has

TEST(OcsfMapper, KeepsTheEventAsItIs) {
  const std::string line = event(R"( "op" :"a\"b\\c\u0007\ud83d","x":[1e400, {"y":null}])") + " ";
  const Mapped result = mapper_of(api_mapping).map(line, now);
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(at(result, "/raw_data"), line);
  EXPECT_EQ(at(result, "/metadata/uid"), "7");
  EXPECT_EQ(at(result, "/metadata/original_time"), "2026-11-19T10:00:00.5Z");
  EXPECT_EQ(at(result, "/time"), "1795082400500");
  EXPECT_EQ(at(result, "/metadata/version"), "1.8.0");
  EXPECT_EQ(at(result, "/metadata/product/name"), "Tines");
  EXPECT_EQ(at(result, "/metadata/product/vendor_name"), "Tines");
  EXPECT_EQ(at(result, "/metadata/log_source"), "(none)");
}

TEST(OcsfMapper, TellsTheSourceWhereItIsKnown) {
  const Mapper mapper = mapper_of(api_mapping, {.log_source = "urn:auditstream:tines:acme"});
  EXPECT_EQ(at(mapper.map(event(""), now), "/metadata/log_source"), "urn:auditstream:tines:acme");
}

TEST(OcsfMapper, AnEventWithoutAnIdHasTheHashOfItsBytes) {
  const std::string line = R"({"created_at":"2026-11-19T10:00:00Z","id":null})";
  EXPECT_EQ(at(mapper_of(api_mapping).map(line, now), "/metadata/uid"), hash_hex(line));
}

TEST(OcsfMapper, TheTimeIsTheFirstThatCanBeRead) {
  const Mapper mapper = mapper_of(api_mapping);
  const Mapped result =
      mapper.map(R"({"id":1,"created_at":"soon","timestamp":"1970-01-01 00:00:02 UTC"})", now);
  EXPECT_EQ(at(result, "/time"), "2000");
  EXPECT_EQ(at(result, "/metadata/original_time"), "1970-01-01 00:00:02 UTC");
}

TEST(OcsfMapper, TheTimeMayComeFromTheId) {
  const Mapper mapper = mapper_of(api_mapping, {}, *vendor_apis::find_vendor("floqast"));
  const Mapped result = mapper.map(R"({"id":"5e94d5b63f557b001420bbe3"})", now);
  EXPECT_EQ(at(result, "/time"), "1586812342000");
  EXPECT_EQ(at(result, "/metadata/original_time"), "(none)") << "nobody has spelled it";
}

TEST(OcsfMapper, ATimeFieldOfTheSourceIsTheOnlyOne) {
  const Mapper mapper = mapper_of(api_mapping, {.time_field = "/at"}, *vendor_apis::find_vendor("floqast"));
  EXPECT_EQ(
      at(mapper.map(R"({"id":"x","at":"1970-01-01T00:00:01Z","createdAt":"1970-01-01T00:00:02Z"})", now),
         "/time"),
      "1000");
  EXPECT_EQ(mapper.map(R"({"id":"5e94d5b63f557b001420bbe3"})", now).problem, "has no readable time at /at");
}

// --- Lines that can't be mapped

void expect_base_event(const std::string& line, const std::string& problem) {
  const Mapped result = mapper_of(api_mapping).map(line, now);
  EXPECT_THAT(result.problem, HasSubstr(problem)) << line;
  EXPECT_EQ(at(result, "/class_uid"), "0");
  EXPECT_EQ(at(result, "/type_uid"), "0");
  EXPECT_EQ(at(result, "/time"), "1795132800000") << "now: there is no other";
  EXPECT_THAT(at(result, "/message"), HasSubstr(problem));
  EXPECT_THAT(result.event, Not(HasSubstr("\n")));
}

TEST(OcsfMapper, WhatCanNotBeMappedIsABaseEvent) {
  expect_base_event("hello", "is not valid JSON, at byte 0");
  expect_base_event(R"({"id":1)", "ends too early");
  expect_base_event(R"({"id":1} {"id":2})", "is not valid JSON");
  expect_base_event("[1]", "is JSON, but not an object");
  expect_base_event("7", "is JSON, but not an object");
  expect_base_event(R"({"id":1})", "has no readable time at /created_at, /timestamp");
  expect_base_event(R"({"id":1,"created_at":{"x":1}})", "has no readable time");
  expect_base_event(std::string(300, '[') + std::string(300, ']'), "nested deeper than 256");
  expect_base_event("{\"id\":\"caf\xe9\"}", "is not valid JSON");
}

TEST(OcsfMapper, ABaseEventHasTheBytesAndTheIdThatCanBeRead) {
  const Mapped no_time = mapper_of(api_mapping).map(R"({"id":1})", now);
  EXPECT_EQ(at(no_time, "/metadata/uid"), "1");
  EXPECT_EQ(at(no_time, "/raw_data"), R"({"id":1})");
  const Mapped no_json = mapper_of(api_mapping).map("a\tb", now);
  EXPECT_EQ(at(no_json, "/metadata/uid"), hash_hex("a\tb"));
  EXPECT_EQ(at(no_json, "/raw_data"), "a\tb");
}

// --- Class and activity

TEST(OcsfMapper, TheTypeIsThatOfItsTable) {
  const auto type_of = [](const std::string& members) { return at(mapped(members), "/type_uid"); };
  EXPECT_EQ(type_of(R"("op":"Login")"), "300201");
  EXPECT_EQ(type_of(R"("op":"StoryCreation")"), "600301");
  EXPECT_EQ(type_of(R"("op":"creation")"), "600399");
  EXPECT_EQ(type_of(R"("op":"")"), "600300");
  EXPECT_EQ(type_of(R"("op":null)"), "600300");
  EXPECT_EQ(type_of(R"("op":{"a":1})"), "600300") << "an object is no value";
  EXPECT_EQ(type_of(R"("op":17)"), "600399") << "a number is the text of its digits";
}

TEST(OcsfMapper, ClassAndActivityFitTheType) {
  const Mapped result = mapped(R"("op":"Login")");
  EXPECT_EQ(at(result, "/class_uid"), "3002");
  EXPECT_EQ(at(result, "/category_uid"), "3");
  EXPECT_EQ(at(result, "/activity_id"), "1");
  EXPECT_EQ(at(result, "/activity_name"), "Logon");
  EXPECT_EQ(at(mapped(R"("op":"Frobnicate")"), "/activity_name"), "Frobnicate")
      << "other, in the vendor's words";
}

TEST(OcsfMapper, EqualWinsOverPrefixOverSuffixAndLongerOverShorter) {
  const Mapper mapper = mapper_of(
      "type: {from: /op, equals: {abc: api_activity/create}, prefix: {a: api_activity/read, ab: api_activity/update},"
      " suffix: {c: api_activity/delete, xc: api_activity/other}}");
  const auto type_of = [&](const std::string& op) {
    return at(mapper.map(event(R"("op":")" + op + "\""), now), "/type_uid");
  };
  EXPECT_EQ(type_of("abc"), "600301");
  EXPECT_EQ(type_of("abbc"), "600303");
  EXPECT_EQ(type_of("ac"), "600302");
  EXPECT_EQ(type_of("bc"), "600304");
  EXPECT_EQ(type_of("bxc"), "600399");
  EXPECT_EQ(type_of("b"), "0");
}

// --- Who

TEST(OcsfMapper, TheActorIsAUser) {
  const Mapped result = mapped(R"("op":"x","user":{"id":7642,"name":"Jo","email":"jo@example.org"})");
  EXPECT_EQ(at(result, "/actor/user/uid"), "7642");
  EXPECT_THAT(result.event, HasSubstr(R"("uid":"7642")")) << "a text, although the vendor's is a number";
  EXPECT_EQ(at(result, "/actor/user/name"), "Jo");
  EXPECT_EQ(at(result, "/actor/user/email_addr"), "jo@example.org");
}

TEST(OcsfMapper, AnUnknownActorIsSaidToBeUnknownWhereTheClassWantsOne) {
  for (const char* members :
       {R"("op":"x")", R"("op":"x","user":{})", R"("op":"x","user":"Jo")",
        R"("op":"x","user":{"id":{"a":1},"name":[],"email":null})", R"("op":"x","user":{"id":""})"}) {
    const Mapped result = mapped(members);
    EXPECT_EQ(result.problem, "") << members;
    EXPECT_EQ(at(result, "/actor/user/name"), "Unknown") << members;
    EXPECT_EQ(at(result, "/actor/user/type_id"), "0") << members;
  }
  const Mapped login = mapped(R"("op":"Login")");
  EXPECT_EQ(at(login, "/user/name"), "Unknown");
  EXPECT_THAT(login.event, Not(HasSubstr("actor")));
}

TEST(OcsfMapper, WhoLogsInIsTheActor) {
  const Mapped result = mapped(R"("op":"Login","user":{"id":1})");
  EXPECT_EQ(at(result, "/user/uid"), "1");
  EXPECT_EQ(at(result, "/actor/user/uid"), "1");
  EXPECT_EQ(at(result, "/service/name"), "Tines");
}

TEST(OcsfMapper, WhoseAccountChangesIsNotTheActor) {
  const Mapped result = mapped(R"("op":"Gone","user":{"id":1})");
  EXPECT_EQ(at(result, "/actor/user/uid"), "1");
  EXPECT_EQ(at(result, "/user/uid"), "(none)");
  EXPECT_EQ(at(result, "/user/name"), "Unknown");
}

TEST(OcsfMapper, AnAddressThatIsNoneIsLeftOutOrIsTheName) {
  const Mapped with_name = mapped(R"("user":{"name":"Jo","email":"jo at example"})");
  EXPECT_EQ(at(with_name, "/actor/user/email_addr"), "(none)");
  const Mapped alone = mapped(R"("user":{"email":"jo@localhost"})");
  EXPECT_EQ(at(alone, "/actor/user/name"), "jo@localhost");
  EXPECT_EQ(at(alone, "/actor/user/email_addr"), "(none)");
  EXPECT_EQ(at(mapped(R"("user":{"email":"j+o@ex-ample.co.uk"})"), "/actor/user/email_addr"),
            "j+o@ex-ample.co.uk");
  for (const char* wrong : {"@a.b", "a@.b", "a@b.", "a@@b.c", "a b@c.d", "a@b_c.d", "jö@b.c"}) {
    EXPECT_EQ(at(mapped(R"("user":{"email":")" + std::string(wrong) + "\"}"), "/actor/user/email_addr"),
              "(none)")
        << wrong;
  }
}

TEST(OcsfMapper, LongAndHostileTextsStayWhatTheyAre) {
  const std::string name(10'000, 'x');
  EXPECT_EQ(at(mapped(R"("user":{"name":")" + name + "\"}"), "/actor/user/name"), name);
  const Mapped result = mapped(R"("op":"\u001b[2J\u0000\n\u009b","user":{"name":"\u001b]0;x\u0007"})");
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(at(result, "/metadata/event_code"), std::string("\x1b[2J\0\n\xc2\x9b", 8));
  for (const char c : result.event) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  EXPECT_THAT(result.event, Not(HasSubstr("\xc2\x9b")));
}

TEST(OcsfMapper, TheFirstActorOfWhomAnythingIsKnownCountsAlone) {
  const Mapper mapper =
      mapper_of("type: api_activity/read\nactor: [{uid: /a/id, name: /a/name}, {uid: /b/id, name: /b/name}]");
  const Mapped first = mapper.map(event(R"("a":{"id":1},"b":{"id":2,"name":"B"})"), now);
  EXPECT_EQ(at(first, "/actor/user/uid"), "1");
  EXPECT_EQ(at(first, "/actor/user/name"), "(none)") << "not of another person";
  const Mapped second = mapper.map(event(R"("a":{"id":null},"b":{"id":2,"name":"B"})"), now);
  EXPECT_EQ(at(second, "/actor/user/name"), "B");
}

TEST(OcsfMapper, AnApplicationMayBeTheActor) {
  const Mapper mapper = mapper_of("type: api_activity/read\nactor: {app_uid: /key/id, app_name: /key/name}");
  const Mapped result = mapper.map(event(R"("key":{"id":"k1","name":"Nightly"})"), now);
  EXPECT_EQ(at(result, "/actor/app_uid"), "k1");
  EXPECT_EQ(at(result, "/actor/app_name"), "Nightly");
  EXPECT_EQ(at(result, "/actor/user/name"), "(none)");
}

TEST(OcsfMapper, AClaimIsReadFromAListOfTexts) {
  const Mapper mapper = mapper_of("type: api_activity/read\nactor: {name: {claim: user, in: /spec/claims}}");
  const auto name_of = [&](const std::string& claims) {
    return at(mapper.map(event(R"("spec":{"claims":)" + claims + "}"), now), "/actor/user/name");
  };
  EXPECT_EQ(name_of(R"(["tenant=acme","user=jo@example.org@google","user=second"])"),
            "jo@example.org@google");
  EXPECT_EQ(name_of(R"(["superuser=x"])"), "Unknown");
  EXPECT_EQ(name_of(R"(["user="])"), "Unknown");
  EXPECT_EQ(name_of(R"([{"user":"jo"},["user=nested"],7,null])"), "Unknown");
  EXPECT_EQ(name_of(R"("user=jo")"), "Unknown") << "not a list";
  EXPECT_EQ(name_of("[]"), "Unknown");
}

// --- From where, with what outcome, on what, for whom

TEST(OcsfMapper, OnlyAnAddressIsAnAddress) {
  const auto address_of = [](const std::string& ip) {
    const Mapped result = mapped(R"("op":"x","ip":)" + ip);
    const std::string address = at(result, "/src_endpoint/ip");
    EXPECT_EQ(at(result, "/src_endpoint/name"), address == "(none)" ? "Unknown" : "(none)") << ip;
    return address;
  };
  EXPECT_EQ(address_of(R"("192.0.2.1")"), "192.0.2.1");
  EXPECT_EQ(address_of(R"("2001:db8::1")"), "2001:db8::1");
  EXPECT_EQ(address_of(R"("::ffff:192.0.2.1")"), "::ffff:192.0.2.1");
  EXPECT_EQ(address_of(R"("0000:0000:0000:0000:0000:ffff:192.168.100.228")"), "(none)")
      << "longer than OCSF's 40";
  EXPECT_EQ(address_of(R"("192.0.2.1, 198.51.100.1")"), "(none)");
  EXPECT_EQ(address_of(R"("192.0.2.1\u0000x")"), "(none)");
  EXPECT_EQ(address_of(R"("localhost")"), "(none)");
  EXPECT_EQ(address_of("3221225985"), "(none)");
  EXPECT_EQ(address_of("null"), "(none)");
  EXPECT_EQ(at(mapped(R"("op":"Login")"), "/src_endpoint/name"), "(none)") << "a login need not have one";
}

TEST(OcsfMapper, TheOutcomeIsUnknownUnlessItIsTold) {
  const auto outcome_of = [](const std::string& members) { return at(mapped(members), "/status_id"); };
  EXPECT_EQ(outcome_of(""), "0");
  EXPECT_EQ(outcome_of(R"("status":"200")"), "1");
  EXPECT_EQ(outcome_of(R"("status":404)"), "2");
  EXPECT_EQ(outcome_of(R"("status":"teapot")"), "0");
  EXPECT_EQ(at(mapped(R"("status":404)"), "/status_code"), "404");
}

TEST(OcsfMapper, AResourceHasAnIdOrAName) {
  const Mapped result = mapped(R"("op":"x","resource":{"uid":108,"name":"N","type":"T"})");
  EXPECT_EQ(at(result, "/resources/0/uid"), "108");
  EXPECT_EQ(at(result, "/resources/0/name"), "N");
  EXPECT_EQ(at(result, "/resources/0/type"), "T");
  EXPECT_THAT(mapped(R"("op":"x","resource":{"type":"T"})").event, Not(HasSubstr("resources")));
  EXPECT_THAT(mapped(R"("op":"Login","resource":{"uid":1})").event, Not(HasSubstr("resources")))
      << "the class has none";
}

TEST(OcsfMapper, TheRestOfTheAttributes) {
  const Mapped result = mapped(R"("op":"x","agent":"curl/8","service":"Lists","org":"o1")");
  EXPECT_EQ(at(result, "/http_request/user_agent"), "curl/8");
  EXPECT_EQ(at(result, "/api/operation"), "x");
  EXPECT_EQ(at(result, "/api/service/name"), "Lists");
  EXPECT_EQ(at(result, "/metadata/tenant_uid"), "o1");
  EXPECT_EQ(at(mapped(R"("tenant":"t","org":"o1")"), "/metadata/tenant_uid"), "t")
      << "the first that is present";
  EXPECT_EQ(at(mapped(""), "/api/operation"), "Unknown");
}

TEST(OcsfMapper, AMappingMayCallForABaseEvent) {
  const Mapped result = mapped(R"("op":"Base","user":{"id":1},"ip":"192.0.2.1")");
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(at(result, "/type_uid"), "99");
  EXPECT_EQ(at(result, "/time"), "1795082400500");
  EXPECT_THAT(result.event, Not(HasSubstr("\"actor\"")));
}

}  // namespace
}  // namespace auditstream::ocsf
