// The laws for every vendor in the registry, whoever wrote it. A vendor without transcripts breaks the first
// one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

#include "base/hash.h"
#include "base/printable.h"
#include "paths.h"
#include "simvendors/api.h"
#include "vendor_apis/given.h"
#include "vendor_apis/names.h"
#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"
#include "vendor_apis/transcript.h"
#include "vendor_apis/transcript_check.h"

namespace auditstream::vendor_apis {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class EveryVendor : public ::testing::TestWithParam<const Vendor*> {
 protected:
  const Vendor& vendor() const { return *GetParam(); }

  http::Request ask(const Source& source, const PageRequest& ask) const {
    return vendor().request(source, given_secrets(vendor()), given_token(vendor()), ask);
  }
};

std::string text_of(const Refusal& refusal) { return refusal.message + " | " + refusal.remedy; }

http::Response with_body(const http::Response& response, std::string body) {
  http::Response changed = response;
  changed.body = std::make_shared<const std::string>(std::move(body));
  return changed;
}

// Some answer with a bare array of events, as their transcripts then say.
bool answers_with_an_array(const Vendor& vendor) {
  for (const Transcript& transcript : transcripts_of(vendor)) {
    for (const Exchange& exchange : transcript.exchanges) {
      if (!std::holds_alternative<ExpectedPage>(exchange.expected)) continue;
      const std::size_t first = exchange.response.body->find_first_not_of(" \r\n");
      if (first != std::string::npos && (*exchange.response.body)[first] == '[') return true;
    }
  }
  return false;
}

// With key: actor each event names what happened and who acted; with any other key nobody is looked for.
TEST_P(EveryVendor, TellsWhatHappenedAndWhoActedAsItsTranscriptsSay) {
  int actions = 0, actors = 0;
  for (const Transcript& transcript : transcripts_of(vendor())) {
    Source by_actor = transcript.source;
    by_actor.key = "actor";
    for (const Exchange& exchange : transcript.exchanges) {
      const auto* expected = std::get_if<ExpectedPage>(&exchange.expected);
      if (expected == nullptr) continue;
      SCOPED_TRACE(transcript.file + " token \"" + exchange.ask.token + "\"");
      const Answer answer = vendor().read(by_actor, exchange.ask, exchange.response);
      const Answer by_id = vendor().read(transcript.source, exchange.ask, exchange.response);
      const std::vector<Event>& events = std::get<Page>(answer).events;
      ASSERT_EQ(events.size(), expected->events.size());
      for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& [id, time, action, actor] = expected->events[i];
        if (action) {
          EXPECT_EQ(events[i].action(), *action) << id;
        }
        if (actor) {
          EXPECT_EQ(events[i].actor, *actor) << id;
        }
        actions += action && !action->empty() ? 1 : 0;
        actors += actor && !actor->empty() ? 1 : 0;
        EXPECT_EQ(std::get<Page>(by_id).events[i].action(), events[i].action());
        EXPECT_EQ(std::get<Page>(by_id).events[i].actor, "");
      }
    }
  }
  EXPECT_GT(actions, 0) << "no transcript says what happened in an event";
  EXPECT_GT(actors, 0) << "no transcript says who acted in an event";
}

// Whatever the vendor puts where its actor and its action are: the key stays short and printable, the header
// too, and the event keeps its bytes.
TEST_P(EveryVendor, TakesNoOddActorOrAction) {
  for (const Transcript& transcript : transcripts_of(vendor())) {
    Source source = transcript.source;
    source.key = "actor";
    for (const Exchange& exchange : transcript.exchanges) {
      const auto* expected = std::get_if<ExpectedPage>(&exchange.expected);
      if (expected == nullptr) continue;
      const Answer answer = vendor().read(source, exchange.ask, exchange.response);
      for (const Event& event : std::get<Page>(answer).events) {
        for (const std::string& part : {event.actor, std::string(event.action())}) {
          const std::string json = "\"" + part + "\"";
          const std::size_t at = event.raw.find(json);
          if (part.empty() || at == std::string::npos) continue;
          for (const std::string& odd :
               {std::string("null"), std::string("{}"), std::string("[\"x\",7]"), std::string("true"),
                std::string("-1.5e3"), std::string("\"\""), std::string(R"("a\nb\u0000\u009b@x.y")"),
                std::string(R"("half a pair \ud83d")"), std::string(R"("\u202e@x.y")"),
                std::string("\"\xff@x.y\""), std::string("\"a\x01@x.y\""),
                "\"" + std::string(10'000, 'l') + "\"", "\"" + std::string(10'000, 'l') + "@x.y\""}) {
            std::string body = *exchange.response.body;
            body.replace(static_cast<std::size_t>(event.raw.data() - exchange.response.body->data()) + at,
                         json.size(), odd);
            const Answer read = vendor().read(source, exchange.ask, with_body(exchange.response, body));
            ASSERT_TRUE(std::holds_alternative<Page>(read)) << odd << text_of(std::get<Refusal>(read));
            for (const Event& changed : std::get<Page>(read).events) {
              EXPECT_LE(changed.actor.size(), 256u) << odd;
              EXPECT_EQ(changed.actor, printable(changed.actor)) << odd;
              EXPECT_LE(changed.action().size(), 128u) << odd;
              EXPECT_EQ(changed.action(), printable(changed.action(), Charset::ascii)) << odd;
            }
          }
        }
      }
    }
  }
}

// docs/consuming.md has the vendor's line, as `auditstream vendors` prints it.
TEST_P(EveryVendor, IsDocumentedForConsumers) {
  std::ifstream in(std::string(PROJECT_DIR) + "/docs/consuming.md");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const Traits& traits = vendor().traits();
  ASSERT_FALSE(traits.actor.empty());
  ASSERT_FALSE(traits.action.empty());
  EXPECT_THAT(
      text, HasSubstr("\n| " + std::string(vendor().title()) + " | `" + std::string(traits.action) + "` | " +
                      std::string(traits.actor) + " | " + std::to_string(traits.time_digits) + " |\n"));
}

TEST_P(EveryVendor, SpellsTimesWithEnoughDigits) {
  const Traits& traits = vendor().traits();
  EXPECT_THAT(traits.time_digits, AnyOf(3, 6));
  EXPECT_GE(traits.precision, traits.time_digits == 3 ? Duration{1ms} : Duration{1us});
}

TEST_P(EveryVendor, AsksAndReadsAsItsTranscriptsSay) {
  const std::vector<Transcript> transcripts = transcripts_of(vendor());
  ASSERT_FALSE(transcripts.empty()) << "no transcript in tests/vendor_apis/transcripts/" << vendor().name();
  for (const Transcript& transcript : transcripts) expect_as_it_says(vendor(), transcript);
}

// Reads on from a token until the last page, from a server that answers nothing but the requests of the
// transcript.
std::multiset<std::string> read_on(const Vendor& vendor, const Transcript& transcript, PageRequest ask) {
  std::map<std::string, const http::Response*> server;
  for (const Exchange& exchange : transcript.exchanges) server[exchange.request] = &exchange.response;
  std::multiset<std::string> raws;
  for (std::size_t pages = 0; pages <= transcript.exchanges.size(); ++pages) {
    const std::string request = request_text(
        vendor, vendor.request(transcript.source, given_secrets(vendor), given_token(vendor), ask));
    const auto found = server.find(request);
    if (found == server.end()) {
      ADD_FAILURE() << "the transcript has no answer to " << request;
      return raws;
    }
    const Answer answer = vendor.read(transcript.source, ask, *found->second);
    const Page* page = std::get_if<Page>(&answer);
    if (page == nullptr) {
      ADD_FAILURE() << text_of(std::get<Refusal>(answer));
      return raws;
    }
    for (const Event& event : page->events) raws.emplace(event.raw);
    if (page->next.empty()) return raws;
    ask.token = page->next;
  }
  ADD_FAILURE() << "the walk does not end";
  return raws;
}

// Three pages or more, each the next of the one before, to the end.
bool is_walk(const Transcript& transcript) {
  const std::vector<Exchange>& exchanges = transcript.exchanges;
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    const auto* page = std::get_if<ExpectedPage>(&exchanges[i].expected);
    if (page == nullptr) return false;
    const bool last = i + 1 == exchanges.size();
    if (page->next != (last ? "" : exchanges[i + 1].ask.token)) return false;
  }
  return exchanges.size() >= 3;
}

TEST_P(EveryVendor, ResumesAfterAnyPageWithTheSameSet) {
  int walks = 0;
  for (const Transcript& transcript : transcripts_of(vendor())) {
    if (!is_walk(transcript)) continue;
    ++walks;
    SCOPED_TRACE(transcript.file);
    const std::multiset<std::string> whole = read_on(vendor(), transcript, transcript.exchanges.front().ask);
    std::multiset<std::string> before;
    for (const Exchange& exchange : transcript.exchanges) {
      std::multiset<std::string> resumed = before;
      resumed.merge(read_on(vendor(), transcript, exchange.ask));
      EXPECT_EQ(resumed, whole) << "resumed with token \"" << exchange.ask.token << "\"";
      const Answer answer = vendor().read(transcript.source, exchange.ask, exchange.response);
      for (const Event& event : std::get<Page>(answer).events) before.emplace(event.raw);
    }
  }
  EXPECT_GT(walks, 0) << "no transcript walks over three pages";
}

// The page's body without its events.
http::Response emptied(const Exchange& exchange, const Page& page) {
  std::string body = *exchange.response.body;
  if (!page.events.empty()) {
    const std::string_view first = page.events.front().raw, last = page.events.back().raw;
    body.erase(static_cast<std::size_t>(first.data() - exchange.response.body->data()),
               static_cast<std::size_t>(last.data() + last.size() - first.data()));
  }
  http::Response response = exchange.response;
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

// A filter or a permission may leave nothing of a page amid the others. Who goes on from the last row that
// came, for want of a link, has to take an empty page for the end.
TEST_P(EveryVendor, GoesOnAfterAnEmptyPageThatLeadsOn) {
  const bool goes_on_from_last_row = sim::api_of(vendor().name()).profile().goes_on_from_last_row;
  int led_on = 0;
  for (const Transcript& transcript : transcripts_of(vendor())) {
    if (!is_walk(transcript)) continue;
    SCOPED_TRACE(transcript.file);
    for (std::size_t i = 0; i + 1 < transcript.exchanges.size(); ++i) {
      const Exchange& exchange = transcript.exchanges[i];
      const Answer answer = vendor().read(transcript.source, exchange.ask, exchange.response);
      const Page& full = std::get<Page>(answer);
      if (goes_on_from_last_row || full.next.empty()) continue;
      ++led_on;
      Transcript sparse = transcript;
      sparse.exchanges[i].response = emptied(exchange, full);
      const Answer read = vendor().read(transcript.source, exchange.ask, sparse.exchanges[i].response);
      ASSERT_TRUE(std::holds_alternative<Page>(read)) << text_of(std::get<Refusal>(read));
      const Page& empty = std::get<Page>(read);
      EXPECT_TRUE(empty.events.empty());
      EXPECT_FALSE(empty.next.empty()) << "token \"" << exchange.ask.token << "\"";
      // CaptivateIQ goes no further than the rows that came, so not always to where the full page led.
      if (empty.next != full.next) continue;
      std::multiset<std::string> expected = read_on(vendor(), transcript, transcript.exchanges.front().ask);
      for (const Event& event : full.events) expected.erase(expected.find(std::string(event.raw)));
      EXPECT_EQ(read_on(vendor(), sparse, transcript.exchanges.front().ask), expected);
    }
  }
  EXPECT_EQ(led_on > 0, !goes_on_from_last_row);
}

// The exchange of a transcript whose page has the most events.
const Exchange& richest(const std::vector<Transcript>& transcripts, const Vendor& vendor, Source& source) {
  const Exchange* richest = nullptr;
  std::size_t most = 0;
  for (const Transcript& transcript : transcripts) {
    for (const Exchange& exchange : transcript.exchanges) {
      const Answer answer = vendor.read(transcript.source, exchange.ask, exchange.response);
      const Page* page = std::get_if<Page>(&answer);
      if (page == nullptr || page->events.size() <= most) continue;
      if (!page->events.front().time ||
          page->events.front().raw.find(page->events.front().id) == std::string::npos)
        continue;
      richest = &exchange;
      most = page->events.size();
      source = transcript.source;
    }
  }
  if (most < 2) {
    throw std::runtime_error("no transcript of " + std::string(vendor.name()) +
                             " has a page of two events, the first of them with id and time");
  }
  return *richest;
}

// Half a surrogate pair is nothing that Unicode text can say. Two ids that differ in nothing else are two
// ids.
TEST_P(EveryVendor, TakesAnIdForWhatItsBytesAre) {
  const std::vector<Transcript> transcripts = transcripts_of(vendor());
  Source source;
  const Exchange& exchange = richest(transcripts, vendor(), source);
  const Answer whole = vendor().read(source, exchange.ask, exchange.response);
  const Event& event = std::get<Page>(whole).events.front();
  const auto with_id = [&event](const std::string& json) {
    std::string raw(event.raw);
    const bool quoted = raw[raw.find(event.id) - 1] == '"';
    return raw.replace(raw.find(event.id) - (quoted ? 1 : 0), event.id.size() + (quoted ? 2 : 0), json);
  };
  const std::vector<std::pair<std::string, std::string>> ids{
      {R"("s\ud800")", R"("s\ud800")"},
      {R"("s\ud801")", R"("s\ud801")"},
      {R"("s\uD800")", R"("s\uD800")"},
      {R"("s\ufffd")", "s\ufffd"},
      {R"("s\\ud800")", R"(s\ud800)"},
      {R"("s\ud83d\ude00")", "s\U0001f600"},
      {R"("s\u0000")", std::string("s\0", 2)},
      {"1", "1"},
      {"1.0", "1.0"},
      {"1e0", "1e0"},
      {R"("\u0061")", "a"},
      {R"(" ")", " "},
      {"\"" + std::string(100'000, 'l') + "\"", std::string(100'000, 'l')}};
  for (const auto& [json, id] : ids) {
    std::string body = *exchange.response.body;
    body.replace(static_cast<std::size_t>(event.raw.data() - exchange.response.body->data()),
                 event.raw.size(), with_id(json));
    const Answer answer = vendor().read(source, exchange.ask, with_body(exchange.response, body));
    ASSERT_TRUE(std::holds_alternative<Page>(answer)) << json << ": " << text_of(std::get<Refusal>(answer));
    EXPECT_EQ(std::get<Page>(answer).events.front().id, id);
    EXPECT_EQ(std::get<Page>(answer).events.front().raw, with_id(json));
  }
}

// One event that is no valid JSON is told from the others as long as its borders are clear.
TEST_P(EveryVendor, ReadsOnPastABrokenEvent) {
  const std::vector<Transcript> transcripts = transcripts_of(vendor());
  Source source;
  const Exchange& exchange = richest(transcripts, vendor(), source);
  const Answer answer = vendor().read(source, exchange.ask, exchange.response);
  const Page& whole = std::get<Page>(answer);
  const auto begin =
      static_cast<std::size_t>(whole.events.front().raw.data() - exchange.response.body->data());
  const auto broken_by = [&](const std::string& member) {
    std::string body = *exchange.response.body;
    return vendor().read(source, exchange.ask, with_body(exchange.response, body.insert(begin + 1, member)));
  };
  for (const std::string& member :
       {std::string("\"x\":NaN,"), std::string("\"x\":-Infinity,"), std::string("\"x\":\"caf\xe9\","),
        std::string("\"x\":\"tab\there\","), std::string("\"x\":\"line\nbreak\","),
        std::string("\"x\":\"nul\0here\",", 15), std::string("\"x\":\"C:\\dir\","), std::string("\"x\":01,"),
        "\"x\":" + std::string(500, '[') + std::string(500, ']') + ","}) {
    const Answer read = broken_by(member);
    ASSERT_TRUE(std::holds_alternative<Page>(read)) << member << text_of(std::get<Refusal>(read));
    const Page& page = std::get<Page>(read);
    ASSERT_EQ(page.events.size(), whole.events.size()) << member;
    EXPECT_EQ(page.next, whole.next);
    EXPECT_EQ(page.total, whole.total);
    for (std::size_t i = 0; i < page.events.size(); ++i) {
      EXPECT_EQ(page.events[i].position(), whole.events[i].position()) << member;
      std::string raw(whole.events[i].raw);
      EXPECT_EQ(page.events[i].raw, i == 0 ? raw.insert(1, member) : raw);
      EXPECT_EQ(page.events[i].flaw != nullptr, i == 0) << member;
    }
    EXPECT_THAT(*page.events.front().flaw, HasSubstr(" at byte ")) << member;
  }
  // Where it ends is a guess: what is refused is quoted where it is wrong.
  const Answer refused = broken_by("\"here\":\"it\" is\",");
  ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
  EXPECT_EQ(std::get<Refusal>(refused).kind, RefusalKind::malformed);
  EXPECT_THAT(std::get<Refusal>(refused).message, HasSubstr("\"here\":\"it\" is"));
}

TEST_P(EveryVendor, GivesTheSameOutputForTheSameInput) {
  for (const Transcript& transcript : transcripts_of(vendor())) {
    for (const Exchange& exchange : transcript.exchanges) {
      EXPECT_EQ(request_text(vendor(), ask(transcript.source, exchange.ask)),
                request_text(vendor(), ask(transcript.source, exchange.ask)));
      const Answer once = vendor().read(transcript.source, exchange.ask, exchange.response);
      const Answer twice = vendor().read(transcript.source, exchange.ask, exchange.response);
      ASSERT_EQ(once.index(), twice.index());
      if (const auto* refusal = std::get_if<Refusal>(&once)) {
        EXPECT_EQ(text_of(*refusal), text_of(std::get<Refusal>(twice)));
        continue;
      }
      const Page &first = std::get<Page>(once), &second = std::get<Page>(twice);
      EXPECT_EQ(first.next, second.next);
      ASSERT_EQ(first.events.size(), second.events.size());
      for (std::size_t i = 0; i < first.events.size(); ++i) {
        EXPECT_EQ(first.events[i].position(), second.events[i].position());
        EXPECT_EQ(first.events[i].raw, second.events[i].raw);
      }
    }
  }
}

TEST_P(EveryVendor, TakesNoHostileAnswerForAPage) {
  const Source source = any_source(vendor());
  const std::string deep(100'000, '[');
  // For a vendor that answers with an array these are pages: without events, and with one without a time.
  const std::set<std::string> arrays{"[]", R"([{"id":1}])"};
  const bool array = answers_with_an_array(vendor());
  for (const std::string& body : {std::string(),
                                  std::string(" \r\n"),
                                  std::string("{}"),
                                  std::string("[]"),
                                  std::string("null"),
                                  std::string("7"),
                                  std::string("\"data\""),
                                  std::string("{\"error\":\"no\"}"),
                                  std::string("{\"data\":null}"),
                                  std::string("{\"data\":{}}"),
                                  std::string("{\"data\":\"\"}"),
                                  std::string("{\"audit_logs\":{}}"),
                                  std::string("{\"audit_logs\":7}"),
                                  std::string("{\"list\":null}"),
                                  std::string("{\"list\":[]}"),
                                  std::string("{\"list\":{\"objects\":{}}}"),
                                  std::string("{\"list\":{\"objects\":7}}"),
                                  std::string("[1,2,3,4,5]"),
                                  std::string("[{\"id\":1}]"),
                                  std::string("{\"x\":1e99999999999999999999}"),
                                  std::string("<!DOCTYPE html><html><body>Sign in</body></html>"),
                                  std::string("\xff\xfe"),
                                  deep,
                                  "{\"data\":" + deep,
                                  "{\"audit_logs\":" + deep,
                                  "{\"list\":{\"objects\":" + deep,
                                  std::string("{\"x\":") + std::string(5000, '9') + "}"}) {
    const Answer answer = vendor().read(source, any_ask(vendor()), given_response(200, body));
    if (array && arrays.contains(body)) {
      // Unless the vendor's pages always come with a header, which is missing here.
      const auto* const refusal = std::get_if<Refusal>(&answer);
      EXPECT_TRUE(refusal == nullptr || refusal->kind == RefusalKind::malformed) << body;
      continue;
    }
    ASSERT_TRUE(std::holds_alternative<Refusal>(answer)) << body.substr(0, 60);
    const Refusal& refusal = std::get<Refusal>(answer);
    EXPECT_EQ(refusal.kind, RefusalKind::malformed) << body.substr(0, 60);
    EXPECT_FALSE(refusal.message.empty());
    EXPECT_FALSE(refusal.remedy.empty());
  }
}

TEST_P(EveryVendor, TakesNoDamagedPageForAPage) {
  for (const Transcript& transcript : transcripts_of(vendor())) {
    for (const Exchange& exchange : transcript.exchanges) {
      const std::string& body = *exchange.response.body;
      if (!std::holds_alternative<ExpectedPage>(exchange.expected) || body.empty()) continue;
      SCOPED_TRACE(transcript.file);
      const auto refused = [&](const std::string& damaged) {
        http::Response response = exchange.response;
        response.body = std::make_shared<const std::string>(damaged);
        return std::holds_alternative<Refusal>(vendor().read(transcript.source, exchange.ask, response));
      };
      const std::size_t end = body.find_last_not_of(" \r\n");
      for (std::size_t size = 0; size <= end; ++size)
        ASSERT_TRUE(refused(body.substr(0, size))) << "cut at " << size;
      EXPECT_TRUE(refused(body + body)) << "two documents";
      const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
      if (answers_with_an_array(vendor())) {  // all that is within belongs to some event
        for (const std::string& more : {std::string("\xc3\x28"), "," + deep, deep}) {
          EXPECT_TRUE(refused(body + more)) << "more behind the array: " << more.substr(0, 2);
          EXPECT_TRUE(refused(more + body)) << "more before the array: " << more.substr(0, 2);
        }
        continue;
      }
      const std::size_t quote = body.find('"');
      ASSERT_TRUE(quote != std::string::npos) << "a page that names nothing: " << body;
      EXPECT_TRUE(refused(body.substr(0, quote + 1) + "\xc3\x28" + body.substr(quote + 1)))
          << "invalid UTF-8";
      EXPECT_TRUE(refused(body.substr(0, quote) + "\"x\":" + deep + "," + body.substr(quote)))
          << "nested too deep";
    }
  }
}

TEST_P(EveryVendor, SendsTheCredentialToItsOwnOriginOnly) {
  const auto expect_own = [this](const Source& source, const http::Request& request) {
    EXPECT_EQ(toolkit::origin_of(request.url), toolkit::origin_of(source.base_url)) << request.url;
    EXPECT_THAT(request.url, Not(ContainsRegex("[][ \r\n\"<>]")));
    for (const std::string& secret : secret_texts(vendor())) EXPECT_THAT(request.url, Not(HasSubstr(secret)));
    for (const http::Header& header : request.headers)
      EXPECT_THAT(header.value, Not(ContainsRegex("[\r\n]"))) << header.name;
  };
  // A redirect's address, which transcripts spell out, is the only one elsewhere.
  const auto expect_no_secret = [this](const http::Request& request) {
    EXPECT_TRUE(request.url.starts_with("https://")) << request.url;
    EXPECT_THAT(request_text(vendor(), request), Not(HasSubstr("{"))) << "holds a {setting}";
  };
  const Source source = any_source(vendor());
  for (const char* token :
       {"https://evil.example/x", "//evil.example", "@evil.example/", ".evil.example", "\\\\evil.example",
        "1\r\nHost: evil.example", "1&page=2#[x]", "a:https://evil.example/"}) {
    expect_own(source, ask(source, any_ask(vendor(), token)));
  }
  // Links in a page or in its headers that were moved to another host.
  for (const Transcript& transcript : transcripts_of(vendor())) {
    for (const Exchange& exchange : transcript.exchanges) {
      const http::Request request = ask(transcript.source, exchange.ask);
      if (toolkit::origin_of(request.url) == toolkit::origin_of(transcript.source.base_url)) {
        expect_own(transcript.source, request);
      } else {
        expect_no_secret(request);
      }
      if (exchange.response.status != 200) continue;  // a redirect may lead elsewhere, see above
      const auto moved = [&own = transcript.source.base_url](std::string text) {
        for (std::size_t at = text.find(own); at != std::string::npos; at = text.find(own, at + 1)) {
          text.replace(at, own.size(), "https://evil.example");
        }
        return text;
      };
      http::Response response = with_body(exchange.response, moved(*exchange.response.body));
      for (http::Header& header : response.headers) header.value = moved(header.value);
      const Answer answer = vendor().read(transcript.source, exchange.ask, response);
      const Page* page = std::get_if<Page>(&answer);
      if (page == nullptr || page->next.empty()) continue;
      PageRequest next = exchange.ask;
      next.token = page->next;
      expect_own(transcript.source, ask(transcript.source, next));
    }
  }
}

TEST_P(EveryVendor, TellsNoSecretInARefusal) {
  Source source = any_source(vendor());
  for (const auto& [name, secret] : given_secrets(vendor())) source.secret_templates[name] = secret;
  std::string all;
  for (const std::string& secret : secret_texts(vendor())) all += " " + secret;
  for (const bool in_clear : {true, false}) {
    if (!in_clear) source.secret_templates.clear();
    for (const int status : {200, 204, 301, 400, 401, 403, 404, 408, 418, 422, 429, 500, 502, 503, 504}) {
      for (const std::string& body :
           {"{\"message\":\"bad key" + all + "\"}", "<html>blocked:" + all + "</html>", all}) {
        const http::Response response = given_response(
            status, body,
            {{"content-type", "text/html;" + all}, {"location", "https://login.example/?key=" + all}});
        const Answer answer = vendor().read(source, any_ask(vendor()), response);
        ASSERT_TRUE(std::holds_alternative<Refusal>(answer)) << status;
        for (const std::string& secret : secret_texts(vendor())) {
          EXPECT_THAT(text_of(std::get<Refusal>(answer)), Not(HasSubstr(secret)));
        }
      }
    }
  }
}

TEST_P(EveryVendor, NamesEachTroubleByItsKind) {
  const Source source = any_source(vendor());
  const auto refusal = [&](const http::Response& response) {
    const Answer answer = vendor().read(source, any_ask(vendor()), response);
    EXPECT_TRUE(std::holds_alternative<Refusal>(answer));
    const Refusal refusal = std::holds_alternative<Refusal>(answer) ? std::get<Refusal>(answer) : Refusal{};
    EXPECT_FALSE(refusal.message.empty());
    EXPECT_FALSE(refusal.remedy.empty());
    EXPECT_EQ(refusal.status, response.status);
    return refusal;
  };
  const std::string json = "{\"message\":\"no\"}", html = "<html>Request blocked</html>";
  EXPECT_EQ(refusal(given_response(401, json)).kind, RefusalKind::unauthorized);
  EXPECT_EQ(refusal(given_response(401, "")).kind, RefusalKind::unauthorized);
  EXPECT_EQ(refusal(given_response(403, json)).kind, RefusalKind::forbidden);
  EXPECT_EQ(refusal(given_response(404, html)).kind, RefusalKind::not_found);
  EXPECT_EQ(refusal(given_response(429, "")).kind, RefusalKind::throttled);
  EXPECT_EQ(refusal(given_response(503, html)).kind, RefusalKind::transient);
  EXPECT_EQ(refusal(given_response(503, html, {{"retry-after", "7"}})).kind, RefusalKind::throttled);
  EXPECT_EQ(refusal(given_response(500, json)).kind, RefusalKind::transient);
  EXPECT_EQ(refusal(given_response(502, html)).kind, RefusalKind::transient);
  EXPECT_EQ(refusal(given_response(408, "")).kind, RefusalKind::transient);
  EXPECT_THAT(refusal(given_response(504, "")).kind, AnyOf(RefusalKind::transient, RefusalKind::too_slow));
  EXPECT_EQ(refusal(given_response(418, json)).kind, RefusalKind::malformed);
  EXPECT_EQ(refusal(given_response(301, "")).kind, RefusalKind::malformed);
  for (const int status : {401, 403}) {
    const Refusal firewall = refusal(given_response(status, html));
    EXPECT_EQ(firewall.kind, RefusalKind::transient);
    EXPECT_TRUE(firewall.firewall);
    EXPECT_FALSE(refusal(given_response(status, json)).firewall);
  }
  EXPECT_EQ(refusal(given_failure(http::Transport::dns, "")).kind, RefusalKind::transient);
  EXPECT_EQ(refusal(given_failure(http::Transport::reset, "")).kind, RefusalKind::transient);
  EXPECT_EQ(refusal(given_failure(http::Transport::too_large, "")).kind, RefusalKind::too_large);
  const Refusal packed = refusal(given_failure(http::Transport::encoding, "Content-Encoding \"br\""));
  EXPECT_EQ(packed.kind, RefusalKind::malformed);
  EXPECT_THAT(packed.message, HasSubstr("Content-Encoding \"br\""));
  EXPECT_THAT(packed.remedy, HasSubstr("gzip"));
  EXPECT_THAT(refusal(given_failure(http::Transport::tls, "")).remedy, HasSubstr("ca_file"));
  using enum http::CertificateFault;
  for (const auto& [fault, words, remedy] :
       {std::tuple{authority, "nobody who is trusted", "ca_file"},
        std::tuple{name, "another host", "base_url"}, std::tuple{expired, "has expired", "renew"},
        std::tuple{not_yet_valid, "not valid yet", "clock"},
        std::tuple{ours, "client's certificate", "base_url"}}) {
    http::Response refused = given_failure(http::Transport::tls, "");
    refused.certificate = fault;
    EXPECT_THAT(refusal(refused).message, HasSubstr(words));
    EXPECT_THAT(refusal(refused).remedy, HasSubstr(remedy));
  }
  EXPECT_THAT(refusal(given_failure(http::Transport::proxy, "")).remedy, HasSubstr("proxy"));
}

TEST_P(EveryVendor, DescribesItselfCompletely) {
  EXPECT_EQ(find_vendor(vendor().name()), &vendor());
  for (const auto& [name, title] : vendor_names) {
    if (name != vendor().name()) continue;
    EXPECT_EQ(vendor().title(), title) << "vendors.inc calls it otherwise";
  }
  const Traits& traits = vendor().traits();
  EXPECT_GT(traits.page_size, 0u);
  EXPECT_LE(traits.page_size, traits.page_size_max);
  EXPECT_FALSE(traits.rate_limit.empty());
  EXPECT_GT(traits.precision, Duration::zero());
  EXPECT_LE(traits.precision, Duration(1s));
  EXPECT_TRUE(vendor().mistakes(any_source(vendor())).empty());
  EXPECT_FALSE(vendor().empty_hints(any_source(vendor())).empty());
  EXPECT_FALSE(toolkit::origin_of(vendor().default_base_url(any_source(vendor()))).empty());

  std::vector<std::string> secrets;
  for (const Setting& setting : vendor().settings()) {
    EXPECT_FALSE(setting.meaning.empty()) << setting.name;
    EXPECT_TRUE(setting.fallback.empty() || !setting.required) << setting.name;
    if (setting.type == Setting::Type::secret) secrets.push_back(setting.name);
  }
  ASSERT_FALSE(secrets.empty());
  // The remedy for a refused credential names the setting that holds it.
  const Answer answer = vendor().read(any_source(vendor()), any_ask(vendor()), given_response(401, "{}"));
  const std::string remedy = std::get<Refusal>(answer).remedy;
  EXPECT_TRUE(std::any_of(secrets.begin(), secrets.end(), [&remedy](const std::string& name) {
    return remedy.find(name) != std::string::npos;
  })) << remedy;
}

TEST(Registry, CallsEachVendorAsItCallsItself) {
  for (const auto& [name, title] : vendor_names) {
    EXPECT_NE(find_vendor(name), nullptr) << "the name() in src/vendor_apis/" << name << ".cpp is another";
  }
}

TEST(Registry, IsSortedByName) {
  EXPECT_FALSE(vendors().empty());
  EXPECT_TRUE(std::is_sorted(vendors().begin(), vendors().end(),
                             [](const Vendor* a, const Vendor* b) { return a->name() < b->name(); }));
  EXPECT_EQ(find_vendor("nobody"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryVendor, ::testing::ValuesIn(vendors()),
                         [](const auto& info) { return std::string(info.param->name()); });

}  // namespace
}  // namespace auditstream::vendor_apis
