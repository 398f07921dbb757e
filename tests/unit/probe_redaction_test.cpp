// What identifies people or a tenant does not get into a transcript.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/json_strings.h"
#include "probe/personal.h"
#include "probe/redaction.h"
#include "vendor_apis/registry.h"

namespace auditstream::probe {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

std::vector<std::string> personal_in(const std::string& text) {
  std::vector<std::string> found;
  for (const Personal& personal : find_personal(text))
    found.push_back(text.substr(personal.at, personal.size));
  return found;
}

TEST(Personal, IsFoundInAnyText) {
  EXPECT_THAT(personal_in("Ann <ann.smith+x@acme.example> from 203.0.113.7."),
              ElementsAre("ann.smith+x@acme.example", "203.0.113.7"));
  EXPECT_THAT(personal_in("user=ann@acme.example@google"), ElementsAre("ann@acme.example"));
  EXPECT_THAT(personal_in("1.2.3.4@acme.example"), ElementsAre("1.2.3.4@acme.example"));
  EXPECT_THAT(personal_in("[2001:db8::17]:443 ::1 fe80::a"), ElementsAre("2001:db8::17", "::1", "fe80::a"));
  EXPECT_THAT(personal_in("\"203.0.113.7\",\"203.0.113.8\""), ElementsAre("203.0.113.7", "203.0.113.8"));
}

TEST(Personal, IsNoTimeNumberOrMention) {
  for (const char* text : {"2026-11-20T10:20:30Z", "10:20:30.123", "1.2.3", "1.2.3.4.5a", "256.1.1.1", "@ann",
                           "ann@", "a@b", "v1.2.3-4.5", "8f::zz", "std::string", "a:b:c", ""}) {
    EXPECT_THAT(personal_in(text), ElementsAre()) << text;
  }
}

TEST(Personal, TakesTimeInProportionToTheText) {
  for (const char* piece : {"a", "@", "a@", "1.", ":", "a@b.", "1:"}) {
    std::string text;
    while (text.size() < 2'000'000) text += piece;
    find_personal(text);  // or the test's time is over
  }
}

TEST(JsonStrings, AreVisitedWhereTheyStand) {
  std::vector<std::string> found;
  const std::string json = R"({"a":"x","b":{"c/d":["y",{"e":"z\"\\"}],"n":1},"f":["u"],"a":"again"})";
  for_each_string(json, [&](const JsonString& string) {
    found.push_back(string.pointer + "|" + std::string(string.key) + "|" + std::string(string.text));
    EXPECT_EQ(json.substr(string.at, string.text.size()), string.text);
  });
  EXPECT_THAT(found,
              ElementsAre("/a|a|x", "/b/c~1d/0|c/d|y", "/b/c~1d/1/e|e|z\\\"\\\\", "/f/0|f|u", "/a|a|again"));
  for (const char* broken : {"", "{", "[\"", "{\"a\":\"x", "]]]]", "\"\\", "{\"a\"}", "\"a\":"}) {
    for_each_string(broken, [](const JsonString&) {});
  }
}

struct Redacted {
  Redacted() {
    source.api = vendor_apis::find_vendor("tines");
    source.vendor = "tines";
    source.settings["tenant_domain"] = "secret-corp.tines.com";
    source.base_url = "https://secret-corp.tines.com";
  }
  Redaction redaction() const {
    Redaction made(source, {{"api_key", Secret("k3y+with/odd=chars")}});
    made.know_path("https://tenant.example.com/api/v1/audit_logs?page=1");
    return made;
  }
  Source source;
};

TEST(Redaction, KeepsWhatATestNeedsAndNothingElse) {
  Redaction redaction = Redacted().redaction();
  const std::string body = redaction.body(
      R"({"audit_logs":[{"id":"a1","created_at":"2026-11-20T10:00:00Z","operation_name":"Login","user_id":"7642",)"
      R"("user_name":"Ann Smith","user_email":"Ann@Secret.Example","other":"Ann Smith","request_ip":"198.18.0.7",)"
      R"("inputs":{"note":"call ann@secret.example at 0123 456789","n":1.50,"url":"https://bucket.example/x?signature=abc"}},)"
      R"({"id":"a2","created_at":"yesterday","user_name":"Ann Smith","user_email":"ann@secret.example","status":"ok"}],)"
      R"("meta":{"next_page":"https://secret-corp.tines.com/api/v1/audit_logs?page=2","next_page_number":2}})");
  EXPECT_EQ(
      body,
      R"({"audit_logs":[{"id":"a1","created_at":"2026-11-20T10:00:00Z","operation_name":"Login","user_id":"7642",)"
      R"("user_name":"Name 1","user_email":"person1@example.com","other":"text 1","request_ip":"192.0.2.1",)"
      R"("inputs":{"note":"text 2","n":1.50,"url":"https://elsewhere.example.com/1"}},)"
      R"({"id":"a2","created_at":"yesterday","user_name":"Name 1","user_email":"person1@example.com","status":"ok"}],)"
      R"("meta":{"next_page":"https://tenant.example.com/api/v1/audit_logs?page=2","next_page_number":2}})");
  EXPECT_EQ(redaction.source().base_url, "https://tenant.example.com");
}

TEST(Redaction, KeepsNoSentenceNoLoginAndNothingPrivate) {
  Redaction redaction = Redacted().redaction();
  for (const char* private_one : {R"("password_reset_code":"AB12-SECRET")",
                                  R"("passcode":"hunter2-pass")",
                                  R"("zip_code":"Springfield 12345")",
                                  R"("previous_name":"Jane Doe")",
                                  R"("nextApprover":"Bob Smith")",
                                  R"("landing_page":"Jane Roe private page")",
                                  R"("result":"Jane Roe was fired for theft")",
                                  R"("status":"Jane is ill")",
                                  R"("operation_name":"Login by Jane Roe")",
                                  R"("user_id":"jroe_login")",
                                  R"("id":"Jane Roe")",
                                  R"("cb":"/cb?token=abcdef0123456789")",
                                  R"("path":"/home/jane.roe/diary")",
                                  R"("pin":"4711")",
                                  R"("date_of_birth":"1980-05-17")",
                                  R"("uid":"jane.roe@m\u00fcller.de")",
                                  R"("guid":"j\u00f6rg@example.com")",
                                  R"("tenant_id":"secret-corp")",
                                  R"("user_id":"jroe80")",
                                  R"("id":"jane80roe1980")",
                                  R"("zip":"12345")",
                                  R"("code":"482913")",
                                  R"("reset_code":"482913")",
                                  R"("phone_number":"123456")",
                                  R"("birthdate":"1980-05-17")",
                                  R"("ssn":["123-45"])",
                                  R"("next":"jane")",
                                  R"("page":"/users/jane.roe")",
                                  R"("self":"/cb?token=abcdef")",
                                  R"("previous":"Jane Roe")",
                                  R"("status":"Jane, Roe")",
                                  R"("result":"4915112345678")",
                                  R"("uid":"j\u00e4ne@b.de")",
                                  R"("note":"\ud83d")",
                                  R"("type":"/home/jane.roe/diary")",
                                  R"("version":"secret-corp 1")"}) {
    const std::string body = redaction.body("{" + std::string(private_one) + "}");
    std::string value = body.substr(body.find(':') + 2, body.size() - body.find(':') - 4);
    if (value.starts_with('"')) value = value.substr(1, value.size() - 2);  // of an array
    EXPECT_THAT(value, MatchesRegex("(text|Name) [0-9]+|id-[0-9]+|/link/[0-9]+|person1@example.com"))
        << private_one << " became " << body;
  }
}

TEST(Redaction, KeepsWhatMachinesSay) {
  Redaction redaction = Redacted().redaction();
  for (
      const char* kept :
      {R"({"uuid":"66f1-00af"})", R"({"status_code":"OK"})", R"({"type":"user.login"})",
       R"({"next_page_token":"eyJ+/=="})",
       R"({"meta":{"nextCursor":"abc"},"links":{"next":"/api/v1/audit_logs?page=2"}})",
       R"({"statusCode":"E_17","error_code":"x.y","http_status_code":200,"code":16})",
       R"({"code":"unauthorized","next_page_number":2,"page":3,"per_page":"20"})",
       R"({"id":"6512f00a17bc","user_id":"01HF3K2Z9Q8R7T6Y5W4V","uuid":"2f1c6a52-3b1e-4b7e-9d3e-000000000001"})",
       R"({"at":"2026-11-20","when":"2026-11-20T10:00:00.123456Z","\u0069d":"17"})",
       R"({"operation_name":"StoryCreation"})"})
    EXPECT_EQ(redaction.body(kept), kept);
}

TEST(Redaction, NeverCutsAnEscape) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(redaction.body(R"({"j\u00f6rg@example.com":1})"), R"({"person1@example.com":1})");
  EXPECT_EQ(redaction.body(R"({"ann@m\u00fcller.de":1})"), R"({"person2@example.com":1})");
  const std::string long_one = std::string(R"(\u00f6)") + std::string(62, 'a');
  EXPECT_EQ(redaction.body("{\"" + long_one + "@example.com\":1}"), R"({"person3@example.com":1})");
}

TEST(Redaction, HidesSecretsHoweverTheyAreSpelled) {
  Redaction redaction = Redacted().redaction();
  const Secrets damaged{{"api_key", Secret("k3y+witX/odd=chars")}};
  redaction.hide(damaged, Token{Secret("bearer-of-everything"), Time::max()});
  for (const char* echo :
       {"k3y+with/odd=chars", "k3y%2Bwith%2Fodd%3Dchars", R"({"error":"k3y+with\/odd=chars"})",
        R"({"id":"k3y+witX/odd=chars"})", "<p>bearer-of-everything</p>", R"({"k3y+with/odd=chars":1})"}) {
    const std::string body = redaction.body(echo);
    EXPECT_THAT(body, AllOf(Not(HasSubstr("odd")), Not(HasSubstr("bearer")))) << echo;
  }
}

TEST(Redaction, OfALinkOnlyPagingStays) {
  Redaction redaction = Redacted().redaction();
  const auto link = [&](const std::string& url) {
    const std::string body = redaction.body("{\"next\":\"" + url + "\"}");
    return body.substr(9, body.size() - 11);
  };
  EXPECT_EQ(
      link("/api/v1/audit_logs?per_page=50&page[after]=a1&from=2026-11-20&q=jane&token=abcdef&pin=1#jane"),
      "/api/v1/audit_logs?per_page=50&page[after]=a1&from=2026-11-20&q=id-1&token=id-2&pin=id-3");
  EXPECT_EQ(link("https://secret-corp.tines.com/api/v1/audit_logs?user=jane&page=2"),
            "https://tenant.example.com/api/v1/audit_logs?user=id-1&page=2");
  EXPECT_EQ(link("https://secret-corp.tines.com/home/jane"), "https://tenant.example.com/link/1");
  EXPECT_EQ(link("/home/jane"), "/link/1");
  EXPECT_EQ(link("\\/api\\/v1\\/audit_logs?page=2"), "\\/api\\/v1\\/audit_logs?page=2");
  EXPECT_EQ(link("https://secret-corp.tines.com.evil.example/jane"), "https://elsewhere.example.com/1");
  EXPECT_EQ(redaction.body(R"({"url":"https://secret-corp.tines.com/api/v1/audit_logs?page=2"})"),
            R"({"url":"https://elsewhere.example.com/2"})");
}

TEST(Redaction, NamesOfMembersMayBePeoples) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(
      redaction.body(R"({"Jane Roe":{"jane@home":1},"ann@acme.example":2,"secret-corp":"x","J\u00f6rg":4})"),
      R"({"Name 1":{"Name 2":1},"person1@example.com":2,"tenant":"text 1","Name 3":4})");
  EXPECT_EQ(redaction.body(R"({"Jane Roe":{"p\u0069n":"4711","other":4711}})"),
            R"({"Name 1":{"p\u0069n":"text 2","other":4711}})");
}

TEST(Redaction, PrivateNumbersAreReplacedWhereverTheyStand) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(redaction.body(
                R"({"pin":4711,"ssn":[123456789,4711],"phone":{"number":4915112345678,"x":true},"n":4711})"),
            R"({"pin":1,"ssn":[2,1],"phone":{"number":3,"x":true},"n":4711})");
  EXPECT_EQ(redaction.body(R"({"code":482913,"status_code":482913})"), R"({"code":4,"status_code":482913})");
}

TEST(Redaction, TheTenantsNameIsFoundAloneAndInAnyCase) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(redaction.text("at SECRET-corp or secret-corp.tines.com"), "at tenant or tenant.example.com");
  EXPECT_EQ(redaction.body(R"({"type":"secret-corp:login"})"), R"({"type":"tenant:login"})");
  Redacted with_short_name;
  with_short_name.source.settings["tenant_domain"] = "hp.tines.com";
  with_short_name.source.base_url = "https://hp.tines.com";
  EXPECT_EQ(with_short_name.redaction().text("hp php hp.tines.com"), "tenant php tenant.example.com");
  with_short_name.source.settings["tenant_domain"] = "example.tines.com";
  with_short_name.source.base_url = "https://example.tines.com";
  EXPECT_EQ(with_short_name.redaction().text("https://example.tines.com"), "https://tenant.example.com");
}

TEST(Redaction, BrokenJsonHidesNobody) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(redaction.body(R"({"id":1}]{"user":"Jane Roe"})"), R"({"id":1}]{"user":"text 1"})");
  EXPECT_EQ(redaction.body(R"({"id":1,"user":"Jane R)"), R"({"id":1,"user":")");
  EXPECT_EQ(redaction.body("{user: Jane, n: NaN, m: -1.5e3}"), "{x: x, x: x, x: -1.5e3}");
  const std::string deep(1000, '[');
  EXPECT_EQ(redaction.body(deep + R"("Jane Roe")"), deep + R"("text 1")");
  EXPECT_EQ(redaction.body("Jane Roe is not permitted"), "text 2");
  EXPECT_EQ(redaction.body("<p>Jane Roe</p>"), "<html><title>text 3</title></html>");
  EXPECT_EQ(redaction.body("unauthorized"), "unauthorized");
  EXPECT_EQ(redaction.body("  "), "  ");
}

TEST(Redaction, ListsOfPeopleAreReplaced) {
  Redacted redacted;
  redacted.source.lists["user_ids"] = {"7642", "jroe", "ann@acme.example"};
  redacted.source.lists["operation_names"] = {"Login", "By Jane"};
  const Redaction redaction = redacted.redaction();
  EXPECT_THAT(redaction.source().lists.at("user_ids"), ElementsAre("7642", "id-2", "person1@example.com"));
  EXPECT_THAT(redaction.source().lists.at("operation_names"), ElementsAre("Login", "id-1"));
}

TEST(Redaction, AnAddressOnAnotherHostIsReplacedWhole) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(redaction.address("https://bucket.example/a?signature=s"), "https://elsewhere.example.com/1");
  EXPECT_EQ(redaction.address("https://bucket.example/b"), "https://elsewhere.example.com/2");
  EXPECT_EQ(redaction.address("https://bucket.example/a?signature=s"), "https://elsewhere.example.com/1");
  EXPECT_EQ(redaction.address("https://secret-corp.tines.com/a"), "https://tenant.example.com/link/1");
}

TEST(Redaction, AClaimKeepsItsFrame) {
  Redaction redaction = Redacted().redaction();
  EXPECT_EQ(redaction.body(R"({"claims":["user=ann@secret.example@google","group=night watch"]})"),
            R"({"claims":["user=person1@example.com@google","text 1"]})");
}

}  // namespace
}  // namespace auditstream::probe
