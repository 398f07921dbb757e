// What a client sends to our HTTP server costs no more than its length says, up to the largest that is taken,
// however the network cuts it.
#include <gtest/gtest.h>

#include <map>

#include "admin/access_policy.h"
#include "admin/api.h"
#include "cost/growth.h"
#include "runtime/wire.h"

namespace auditstream {
namespace {

using test::repeated;

const std::string line = "PATCH /connectors/acme/offsets HTTP/1.1\r\nHost: localhost\r\n";

void hear(std::string_view left, std::size_t piece) {
  runtime::wire::Reader reader;
  const auto read = [&](auto step) {
    runtime::wire::Reader::State state = (reader.*step)();
    while (state == runtime::wire::Reader::State::hungry) {
      const std::size_t room = std::min(piece, reader.room().size());
      const std::size_t bytes = left.copy(static_cast<char*>(reader.room().data()), room);
      left.remove_prefix(bytes);
      reader.came(bytes);
      state = (reader.*step)();
    }
    return state;
  };
  if (read(&runtime::wire::Reader::read_head) != runtime::wire::Reader::State::done) return;
  (void)read(&runtime::wire::Reader::read_body);
}

TEST(Cost, OfBytesOfAConnectionGrowsWithTheirNumber) {
  constexpr std::size_t head = 1000;
  constexpr std::size_t body = 4000;
  struct Sent {
    std::string before, item, after;
    std::size_t small;
  };
  const std::map<std::string, Sent> all{
      {"a header", {line + "X: ", "a", "\r\n\r\n", head}},
      {"headers", {line, "X: a\r\n", "\r\n", head}},
      {"blanks", {line + "X:", " ", "a\r\n\r\n", head}},
      {"folded lines", {line + "X: a", "\r\n b", "\r\n\r\n", head}},
      {"a target", {"GET /", "a%20&", " HTTP/1.1\r\nHost: localhost\r\n\r\n", head}},
      {"a method", {"", "A", " / HTTP/1.1\r\n\r\n", head}},
      {"empty lines", {"", "\r\n", line + "\r\n", head}},
      {"a body", {line + "Content-Length: 65536\r\n\r\n", " ", "", body}},
      {"chunks", {line + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", "0\r\n\r\n", body}},
      {"an extension", {line + "Transfer-Encoding: chunked\r\n\r\n1;", "a=b;", "\r\na\r\n0\r\n\r\n", body}},
      {"trailers", {line + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: a\r\n", "\r\n", body}}};
  for (const auto& [name, sent] : all) {
    for (const std::size_t piece : {1, 100, 65536}) {
      const double times = test::growth(
          sent.small, [&](std::size_t size) { return sent.before + repeated(sent.item, size) + sent.after; },
          [&](const std::string& bytes) { hear(bytes, piece); });
      EXPECT_LT(times, test::cost_growth_max) << name << ", " << piece << " at a time";
    }
  }
}

TEST(Cost, OfARequestGrowsWithItsSize) {
  const std::string offset = R"({"partition":{"source":"acme"},"offset":null})";
  const std::map<std::string, std::array<std::string, 3>> bodies{
      {"brackets", {"", "[", ""}},
      {"objects", {"", R"({"a":)", ""}},
      {"offsets", {R"({"offsets":[)", offset + ",", offset + "]}"}},
      {"names", {"{", R"("offsets":[],)", R"("offsets":[]})"}},
      {"halves of pairs", {R"({"offsets":[")", R"(\ud800)", R"("]})"}},
      {"a watermark",
       {R"({"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":")", "1", R"("}}]})"}}};
  for (const auto& [name, body] : bodies) {
    const double times = test::growth(
        4096, [&](std::size_t size) { return body[0] + repeated(body[1], size) + body[2]; },
        [](const std::string& text) {
          admin::HttpRequest request{"PATCH", "/connectors/acme/offsets"};
          request.body = text;
          (void)admin::answer(
              request, admin::Identity{}, admin::KafkaView{}, admin::ConfigView{},
              [] {
                admin::SourceView view;
                auto source = std::make_shared<Source>();
                source->name = "acme";
                view.source = std::move(source);
                return std::vector{std::move(view)};
              },
              Time{});
        });
    EXPECT_LT(times, test::cost_growth_max) << name;
  }
  for (const char* item : {"a", "/", "%20", "%", "&a=1", "?", "=", "#"}) {
    const double times = test::growth(
        4096, [&](std::size_t size) { return "/connectors/acme?x" + repeated(item, size); },
        [](const std::string& text) {
          admin::HttpRequest request{"GET", ""};
          admin::read_target(text, request);
          (void)admin::refuse_access(request,
                                     admin::AccessPolicy{"0.0.0.0:8083", true, {}, {"known.example"}});
        });
    EXPECT_LT(times, test::cost_growth_max) << item;
  }
}

}  // namespace
}  // namespace auditstream
