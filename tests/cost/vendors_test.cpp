// No answer costs more than its length says, whatever it is made of: a page that takes the square of its size
// would end the process by its watchdog, and its successor's too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "core/answer.h"
#include "cost/growth.h"
#include "simvendors/api.h"
#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"
#include "vendor_apis/toolkit.h"

namespace auditstream {
namespace {

using test::repeated;

constexpr std::size_t small = 4 << 10;

// The value at a JSON pointer, as a member of the event that the pointer is for.
std::string member(const std::string& pointer, const std::string& value) {
  const std::size_t slash = pointer.find('/', 1);
  const std::string rest = slash == pointer.npos ? value : "{" + member(pointer.substr(slash), value) + "}";
  return "\"" + pointer.substr(1, slash - 1) + "\":" + rest;
}

// An event as each of the vendors could have it, around something.
std::string event(const std::string& id, const std::string& what) {
  std::map<std::string, std::string> members;
  for (const sim::Api* api : sim::apis()) {
    members[api->profile().id] = id;
    members[api->profile().time] = "\"2025-01-01T00:00:00Z\"";
  }
  std::string text = "{";
  for (const auto& [pointer, value] : members) text += member(pointer, value) + ",";
  return text + "\"x\":" + what + "}";
}

std::string list(std::string_view item, std::size_t size) { return "[" + repeated(item, size) + "0]"; }

using Make = std::function<std::string(std::size_t)>;

// Answers with 200, by what is in them: events, and what stands for the link to the next page.
const std::map<std::string, std::pair<Make, Make>>& contents() {
  const Make none = [](std::size_t) { return "null"; };
  const auto in_event = [none](const Make& what) {
    return std::pair<Make, Make>{[what](std::size_t size) { return event("\"a\"", what(size)); }, none};
  };
  const auto as_id = [none](const Make& id) {
    return std::pair<Make, Make>{[id](std::size_t size) { return event(id(size), "1"); }, none};
  };
  const auto beside = [none](const std::string& flaw, const std::string& item) {
    return std::pair<Make, Make>{
        [=](std::size_t size) { return event("\"a\"", "[" + flaw + "," + list(item, size) + "]"); }, none};
  };
  const auto rows = [none](const std::string& first, const std::string& row) {
    return std::pair<Make, Make>{[=](std::size_t size) { return first + repeated("," + row, size); }, none};
  };
  const auto link = [](const Make& next) {
    return std::pair<Make, Make>{[](std::size_t) { return event("\"a\"", "1"); },
                                 [next](std::size_t size) { return "\"" + next(size) + "\""; }};
  };
  static const std::map<std::string, std::pair<Make, Make>> all{
      {"numbers beside half a pair", beside(R"("\ud800")", "1,")},
      {"numbers beside a huge one", beside("1e400", "1,")},
      {"points beside a huge one", beside("1e400", "1.5,")},
      {"huge ones", beside("1e400", "1e400,")},
      {"long numbers", beside("1e400", std::string(400, '7') + ",")},
      {"long numbers with a point", beside("1e400", std::string(400, '7') + ".5,")},
      {"one number", in_event([](std::size_t size) { return repeated("7", size); })},
      {"one number beside a huge one",
       in_event([](std::size_t size) { return "[1e400," + repeated("7", size) + "]"; })},
      {"one fraction beside a huge one",
       in_event([](std::size_t size) { return "[1e400,0." + repeated("7", size) + "]"; })},
      {"halves of pairs",
       in_event([](std::size_t size) { return "\"" + repeated(R"(\ud800)", size) + "\""; })},
      {"lists of halves of pairs", beside(R"("\ud800")", R"("\udc00",)")},
      {"backslashes", in_event([](std::size_t size) { return "\"" + repeated(R"(\\)", size) + "\""; })},
      {"quotes", in_event([](std::size_t size) { return "\"" + repeated(R"(\")", size) + "\""; })},
      {"names", in_event([](std::size_t size) { return "{" + repeated(R"("id":1,)", size) + "\"y\":1}"; })},
      {"empty lists", in_event([](std::size_t size) { return list("[],", size); })},
      {"white space", in_event([](std::size_t size) { return "[" + repeated(" \n", size) + "]"; })},
      {"a long id", as_id([](std::size_t size) { return "\"" + repeated("i", size) + "\""; })},
      {"an id of replacement characters",
       as_id([](std::size_t size) { return "\"" + repeated("\xef\xbf\xbd", size) + "\""; })},
      {"an id of halves of pairs",
       as_id([](std::size_t size) { return "\"" + repeated(R"(\ud800)", size) + "\""; })},
      {"an id of backslashes and half a pair",
       as_id([](std::size_t size) { return "\"" + repeated(R"(\\)", size) + R"(\ud800")"; })},
      {"an id of quotes and half a pair",
       as_id([](std::size_t size) { return "\"" + repeated(R"(\")", size) + R"(\ud800")"; })},
      {"small events", rows("1", event("\"b\"", "1"))},
      {"events with halves of pairs", rows("1", event(R"("b\ud800")", R"("\ud800")"))},
      {"events after a broken one", rows(event("\"a\"", "NaN"), event("\"b\"", "1"))},
      {"events after one with a wrong byte", rows(event("\"a\"", "\"\xff\""), event("\"b\"", "1"))},
      {"broken events", rows(event("\"a\"", "NaN"), event("\"b\"", "NaN"))},
      {"broken and nearly empty events", rows("NaN", "NaN")},
      {"lists of broken values", beside("NaN", "NaN,")},
      {"lists of broken texts", beside("NaN", "\"\xff\",")},
      {"lists after a broken value", beside("NaN", "1,")},
      {"texts after a broken value", beside("NaN", "\"\xc3\xbc\",")},
      {"a broken event that is too deep",
       in_event([](std::size_t size) { return repeated("[", size) + repeated("]", size); })},
      {"events after a missing quote", rows(event("\"a", "1"), event("\"b\"", "1"))},
      {"commas", rows("1", "")},
      {"a cut list", in_event([](std::size_t size) { return repeated("[1,", size); })},
      {"a link of parameters",
       link([](std::size_t size) { return "/x?" + repeated("a=1&", size) + "offset=7&page[cursor]=x"; })},
      {"a link of percent signs",
       link([](std::size_t size) { return "/x?page[cursor]=" + repeated("%41%", size); })},
      {"a link of halves of pairs", link([](std::size_t size) { return repeated(R"(\ud800)", size); })},
      {"a link of digits", link([](std::size_t size) { return repeated("7", size); })}};
  return all;
}

// Everything that is read of an answer, and what is asked next.
void read_all(const Vendor& vendor, const http::Response& response) {
  const Source source = vendor_apis::any_source(vendor);
  PageRequest ask = vendor_apis::any_ask(vendor);
  const Secrets secrets = vendor_apis::given_secrets(vendor);
  const Answer answer =
      core::read_answer(vendor, source, secrets, vendor_apis::given_token(vendor), ask, response);
  if (const Page* page = std::get_if<Page>(&answer)) {
    ask.token = page->next;
    (void)vendor.request(source, secrets, vendor_apis::given_token(vendor), ask);
  }
  if (vendor.exchanges_token()) (void)core::read_token(vendor, source, secrets, response, Time{});
}

TEST(Cost, OfAPageGrowsWithItsSize) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    const sim::Envelope& page = sim::api_of(vendor->name()).profile().page;
    for (const auto& [name, content] : contents()) {
      const double times = test::growth(
          small,
          [&](std::size_t size) {
            const std::string events = page.before + content.first(size) + page.between;
            const std::string link = content.second(size);
            if (page.link_header.empty()) return vendor_apis::given_response(200, events + link + page.after);
            return vendor_apis::given_response(200, events + page.after,
                                               {{page.link_header, "<" + link + ">; rel=\"next\""}});
          },
          [&](const http::Response& response) { read_all(*vendor, response); });
      EXPECT_LT(times, test::cost_growth_max) << vendor->name() << ": " << name;
    }
  }
}

TEST(Cost, OfARefusalGrowsWithItsSize) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    const std::string secret = vendor_apis::secret_texts(*vendor).front();
    const std::map<std::string, Make> bodies{
        {"the secret", [&](std::size_t size) { return repeated(secret, size); }},
        {"the secret in HTML", [&](std::size_t size) { return "<p>" + repeated(secret + " ", size); }},
        {"the secret in JSON",
         [&](std::size_t size) { return "[" + repeated("\"" + secret + "\",", size) + "1]"; }},
        {"brackets", [](std::size_t size) { return repeated("[", size); }},
        {"JSON", [](std::size_t size) { return list("1,", size); }},
        {"numbers beside a huge one",
         [](std::size_t size) { return "[1e400," + repeated("1,", size) + "1]"; }},
        {"a code", [](std::size_t size) { return R"({"code":)" + repeated("1", size) + "}"; }},
        {"a token", [](std::size_t size) { return R"({"token":"a.)" + repeated("e", size) + R"(.b"})"; }},
        {"dots", [](std::size_t size) { return R"({"token":")" + repeated(".", size) + R"("})"; }},
        {"a life",
         [](std::size_t size) { return R"({"token":"a","ttl":")" + repeated("1", size) + R"("})"; }},
        {"an end", [](std::size_t size) {
           return R"({"token":"a","expiration_time":"2025-01-01T00:00:00.)" + repeated("1", size) + R"(Z"})";
         }}};
    for (const auto& [name, make] : bodies) {
      for (const int status : {200, 303, 401, 403, 500}) {
        const double times = test::growth(
            small, [&](std::size_t size) { return vendor_apis::given_response(status, make(size)); },
            [&](const http::Response& response) { read_all(*vendor, response); });
        EXPECT_LT(times, test::cost_growth_max) << vendor->name() << " " << status << ": " << name;
      }
    }
  }
}

TEST(Cost, OfHeadersGrowsWithTheirSize) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    const std::string secret = vendor_apis::secret_texts(*vendor).front();
    for (const char* header : {"retry-after", "date", "location", "content-type", "x-request-id"}) {
      for (const std::string& item : {std::string("1"), std::string(" "), std::string("/x?"), secret}) {
        for (const int status : {303, 429, 503}) {
          const double times = test::growth(
              small,
              [&](std::size_t size) {
                return vendor_apis::given_response(status, "no", {{header, repeated(item, size)}});
              },
              [&](const http::Response& response) { read_all(*vendor, response); });
          EXPECT_LT(times, test::cost_growth_max)
              << vendor->name() << " " << status << " " << header << ": " << item;
        }
      }
    }
  }
}

TEST(Cost, OfAnUrlGrowsWithItsSize) {
  for (const char* item : {"a", "%", "/", "[", "&a=1", "@", ":", "#", "://"}) {
    const double times = test::growth(
        small, [&](std::size_t size) { return "/x?" + repeated(item, size); },
        [](const std::string& text) {
          (void)vendor_apis::toolkit::percent_encode(text);
          (void)vendor_apis::toolkit::origin_of("https://" + text);
          (void)vendor_apis::toolkit::origin_of(text);
          (void)vendor_apis::toolkit::on_own_origin("https://example.com", text);
          (void)vendor_apis::toolkit::query_parameter(text, "page[cursor]");
          (void)vendor_apis::toolkit::excerpt(text);
        });
    EXPECT_LT(times, test::cost_growth_max) << item;
  }
}

}  // namespace
}  // namespace auditstream
