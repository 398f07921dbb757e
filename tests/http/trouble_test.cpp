// What comes out of CurlClient when servers, names and networks misbehave.
#include <gmock/gmock.h>

#include "http/exchange.h"
#include "http/resolver.h"
#include "http/scripted_server.h"

namespace auditstream::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// One answer to the first request, then the end of the connection.
Response answer_of(const std::string& bytes, bool reset = false, CurlClient::Limits limits = {}) {
  ScriptedServer server([&bytes, reset](Peer& peer, const std::string&) {
    peer.write(bytes);
    if (reset) peer.reset();
    return false;
  });
  CurlClient client(limits, "auditstream/test");
  return fetch(client, get(server.url()));
}

void expect_no_answer(const Response& response, Transport transport) {
  EXPECT_EQ(response.transport, transport) << response.transport_detail;
  EXPECT_NE(response.transport_detail, "");
  EXPECT_EQ(response.status, 0);
  EXPECT_TRUE(response.headers.empty());
  EXPECT_TRUE(response.body->empty());
}

TEST(Trouble, ABodyShorterThanItsLengthIsAReset) {
  expect_no_answer(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"events\":["),
                   Transport::reset);
}

TEST(Trouble, AMissingLastChunkIsAReset) {
  expect_no_answer(answer_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
                   Transport::reset);
}

TEST(Trouble, RstInTheMiddleOfABody) {
  expect_no_answer(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", true), Transport::reset);
}

TEST(Trouble, ClosedWithoutAWord) { expect_no_answer(answer_of(""), Transport::reset); }

TEST(Trouble, GarbageInsteadOfHttp) {
  expect_no_answer(answer_of("220 mail.example ESMTP\r\n"), Transport::reset);
  expect_no_answer(answer_of("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}"), Transport::reset);
}

TEST(Trouble, AnEncodingThatCantBeUndoneIsNamed) {
  const Response unasked = answer_of(ok("\x8b\x02\x80{}\x03", "Content-Encoding: BR\r\n"));
  expect_no_answer(unasked, Transport::encoding);
  EXPECT_THAT(unasked.transport_detail,
              AllOf(HasSubstr("Content-Encoding \"br\""), HasSubstr("not asked for")));
  const Response twice =
      answer_of(ok("{}", "Content-Encoding: identity, gzip\r\nContent-Encoding: zstd\r\n"));
  expect_no_answer(twice, Transport::encoding);
  EXPECT_THAT(twice.transport_detail, HasSubstr("\"gzip, zstd\""));
  const Response plain = answer_of(ok("{\"events\":[]}", "Content-Encoding: gzip\r\n"));
  expect_no_answer(plain, Transport::encoding);
  EXPECT_THAT(plain.transport_detail, HasSubstr("\"gzip\""));
  expect_no_answer(answer_of(ok(gzip("{}") + "{}", "Content-Encoding: gzip\r\n")), Transport::encoding);
}

TEST(Trouble, ARefusalWhosePageCantBeUnpackedIsARefusal) {
  for (const std::string encoding : {"br", "gzip"}) {
    const Response response = answer_of("HTTP/1.1 401 Unauthorized\r\nContent-Encoding: " + encoding +
                                        "\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nnope!");
    EXPECT_EQ(response.transport, Transport::none) << response.transport_detail;
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.header("retry-after"), "7");
    EXPECT_EQ(*response.body, "");
  }
}

TEST(Trouble, GzipThatEndsTooSoonIsAReset) {
  const std::string packed = gzip("{\"events\":[]}");
  expect_no_answer(answer_of(ok(packed.substr(0, packed.size() - 1), "Content-Encoding: gzip\r\n")),
                   Transport::reset);
}

TEST(Trouble, AnEndlessBodyThatUnpacksToNothingStopsAtTheLimit) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
    std::string nothings;
    for (int i = 0; i < 1000; ++i) nothings += gzip("");
    while (peer.write(nothings)) {
    }
    return false;
  });
  CurlClient client({.response_bytes_max = 1 << 20}, "auditstream/test");
  expect_no_answer(fetch(client, get(server.url())), Transport::too_large);
}

TEST(Trouble, AnAnnouncedSizeAboveTheLimitIsRefusedBeforeTheBody) {
  expect_no_answer(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 5000000000000\r\n\r\n"),
                   Transport::too_large);
}

TEST(Trouble, AnEndlessBodyStopsAtTheLimit) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.write(std::string(64 << 10, ' '))) {
    }
    return false;
  });
  CurlClient client({.response_bytes_max = 4 << 20}, "auditstream/test");
  expect_no_answer(fetch(client, get(server.url())), Transport::too_large);
}

TEST(Trouble, EndlessHeadersStopAtTheLimit) {
  const auto endless = [](const char* status, const char* line) {
    ScriptedServer server([status, line](Peer& peer, const std::string&) {
      peer.write("HTTP/1.1 " + std::string(status) + "\r\n");
      while (peer.write(line)) {
      }
      return false;
    });
    CurlClient client({}, "auditstream/test");
    return fetch(client, get(server.url()));
  };
  expect_no_answer(endless("200 OK", "X-Short: 1\r\n"), Transport::reset);
  expect_no_answer(endless("200 OK", "a line that never ends "), Transport::reset);
  expect_no_answer(endless("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0", "X-Trailer: 1\r\n"),
                   Transport::reset);
  expect_no_answer(endless("100 Continue", "\r\nHTTP/1.1 100 Continue\r\n"), Transport::reset);
}

TEST(Trouble, HeadersAreBoundedByNumberAndBytes) {
  std::string lines;
  for (int i = 0; i < 255; ++i) lines += "X-Many: " + std::to_string(i) + "\r\n";
  EXPECT_EQ(answer_of(ok("{}", lines)).headers.size(), 256u);  // with Content-Length
  const Response many = answer_of(ok("{}", lines + "X-One-More: 1\r\n"));
  expect_no_answer(many, Transport::reset);
  EXPECT_THAT(many.transport_detail, HasSubstr("headers"));
  expect_no_answer(answer_of(ok("{}", "X-Huge: " + std::string(70'000, 'x') + "\r\n")), Transport::reset);
}

TEST(Trouble, AnAnswerThatNeverComesIsATimeout) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  CurlClient client({}, "auditstream/test");
  Request request = get(server.url());
  request.timeout = 100ms;
  const Response response = fetch(client, request);
  expect_no_answer(response, Transport::timeout);
  EXPECT_GE(response.latency, 100ms);
}

TEST(Trouble, ABodyThatDriesUpIsATimeoutLongBeforeTheWholeExchangeIsOne) {
  ScriptedServer server([](Peer& peer, const std::string&) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    peer.wait_for_close();
    return false;
  });
  CurlClient client({.trickle_max = 1s}, "auditstream/test");
  Request request = get(server.url());
  request.timeout = 1h;
  expect_no_answer(fetch(client, request), Transport::timeout);
}

TEST(Trouble, RefusedPort) {
  int port = 0;
  {
    const ScriptedServer gone([](Peer&, const std::string&) { return false; });
    port = gone.port();
  }
  CurlClient client({}, "auditstream/test");
  expect_no_answer(fetch(client, get("http://127.0.0.1:" + std::to_string(port) + "/")), Transport::connect);
}

TEST(Trouble, UnknownHost) {
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get("http://nowhere.invalid/?key=secret"));
  expect_no_answer(response, Transport::dns);
  EXPECT_THAT(response.transport_detail, HasSubstr("nowhere.invalid"));
  EXPECT_THAT(response.transport_detail, Not(HasSubstr("secret")));
}

TEST(Trouble, AResolverThatHangsStopsNobodyElse) {
  Resolver& resolver = Resolver::instance();
  resolver.hang();
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({.connect_timeout = 100ms}, "auditstream/test");
  client.send(1, get("http://stuck.invalid/"));
  client.send(2, get("http://stuck.invalid/"));
  expect_no_answer(collect(client, 2)[1], Transport::timeout);
  client.send(3, get("http://stuck.invalid/"));
  EXPECT_TRUE(client.wait(0s).empty());
  client.cancel(3);
  EXPECT_EQ(fetch(client, get(server.url())).status, 200);

  EXPECT_GT(resolver.hanging(), 0);  // all of the above happened while the resolver hung
  resolver.answer();
}

TEST(Trouble, WhatCannotBeSentIsAnsweredNotThrown) {
  ScriptedServer server([](Peer& peer, const std::string&) { return peer.write(ok("{}")); });
  CurlClient client({}, "auditstream/test");
  const std::string too_long = "http://127.0.0.1/" + std::string(9'000'000, 'x');
  const std::string with_nul = server.url("/cut") + std::string("\0off", 4);
  for (const std::string& url : {std::string{}, std::string{"no url"}, std::string{"http://[/"}, too_long,
                                 with_nul, std::string{"http://user:secret@127.0.0.1/"}}) {
    const Response response = fetch(client, get(url));
    expect_no_answer(response, Transport::connect);
    EXPECT_THAT(response.transport_detail, Not(HasSubstr("secret")));
  }
  expect_no_answer(fetch(client, get("ftp://127.0.0.1/")), Transport::reset);

  Request split = get(server.url());
  split.headers = {{"X-Api-Key", "secret\r\nX-Other: 1"}};
  const Response response = fetch(client, split);
  expect_no_answer(response, Transport::connect);
  EXPECT_THAT(response.transport_detail, HasSubstr("X-Api-Key"));
  EXPECT_THAT(response.transport_detail, Not(HasSubstr("secret")));
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace auditstream::http
