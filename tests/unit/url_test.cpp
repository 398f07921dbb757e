// URLs and hosts as people, vendors and browsers write them.
#include "base/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace auditstream {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using namespace std::string_literals;

TEST(SplitUrl, TakesSchemeAuthorityAndRestApart) {
  const UrlParts parts = split_url("HTTPS://Host.example:8083/a?b=c://d#e");
  EXPECT_EQ(parts.scheme, "https");
  EXPECT_EQ(parts.authority, "Host.example:8083");
  EXPECT_EQ(parts.rest, "/a?b=c://d#e");
  EXPECT_EQ(split_url("http://host\\@evil.example").authority, "host");
  for (const char* relative : {"", "/a", "host:80", "/a?u=http://host", "a#http://host"}) {
    EXPECT_EQ(split_url(relative).scheme, "") << relative;
    EXPECT_EQ(split_url(relative).authority, "") << relative;
    EXPECT_EQ(split_url(relative).rest, relative);
  }
}

TEST(SplitAuthority, TellsThePort) {
  EXPECT_EQ(split_authority("host:80").host, "host");
  EXPECT_EQ(split_authority("host:80").port, "80");
  EXPECT_EQ(split_authority("[::1]:80").host, "[::1]");
  EXPECT_EQ(split_authority("[::1]:80").port, "80");
  EXPECT_EQ(split_authority(":").port, "");
  for (const char* host : {"", "host", "[::1]"}) {
    EXPECT_EQ(split_authority(host).host, host);
    EXPECT_EQ(split_authority(host).port, std::nullopt) << host;
  }
}

TEST(HostPort, ComesBackInLowerCase) {
  const std::pair<const char*, const char*> expected[] = {
      {"Host.Example:8083", "host.example:8083"},
      {"host", "host"},
      {"a-1.b", "a-1.b"},
      {"10.0.0.7:0", "10.0.0.7:0"},
      {"host:080", "host:80"},
      {"[FD00::7]:65535", "[fd00::7]:65535"},
      {"[::1]", "[::1]"},
  };
  for (const auto& [text, spelled] : expected) {
    const std::optional<HostPort> at = parse_host_port(text);
    ASSERT_TRUE(at) << text;
    EXPECT_EQ(at->text(), spelled);
  }
}

TEST(HostPort, IsNothingElse) {
  for (const std::string& text : {""s,
                                  ":80"s,
                                  "host:"s,
                                  "host:65536"s,
                                  "host:-1"s,
                                  "host:+1"s,
                                  "host: 1"s,
                                  "host:1x"s,
                                  "a:b:1"s,
                                  "::1"s,
                                  "[::1"s,
                                  "[::1]x"s,
                                  "[::1]x:1"s,
                                  "[x]:1"s,
                                  "[a]b]:1"s,
                                  "[]"s,
                                  "10.0.0"s,
                                  "10.0.0.256"s,
                                  "127.1"s,
                                  "010.0.0.1"s,
                                  "a..b"s,
                                  "a."s,
                                  "-a"s,
                                  "a-"s,
                                  "a_b"s,
                                  "user@host"s,
                                  "host/"s,
                                  "127.0.0.1\0.evil.example"s,
                                  std::string(64, 'a'),
                                  "a b"s})
    EXPECT_FALSE(parse_host_port(text)) << text;
}

TEST(Loopback, IsThisMachineAlone) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const std::string& host : {""s, "0.0.0.0"s, "::"s, "10.0.0.1"s, "127.1"s, "127.evil.example"s,
                                  "localhost.evil.example"s, "api.localhost"s, "127.0.0.1\0"s})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(AmbiguousUser, IsOneThatMeansSomethingInAUrl) {
  for (const char* url : {"http://a:b@host", "a@host", "http://host/path?at#x", "host", "http://a%40b@host"})
    EXPECT_FALSE(has_ambiguous_user(url)) << url;
  for (const char* url : {"http://a:b@c@host", "http://a:#@host", "a/b@host", "http://a?b@host", "a\\b@host"})
    EXPECT_TRUE(has_ambiguous_user(url)) << url;
}

TEST(Percent, EscapesAreDecoded) {
  EXPECT_EQ(percent_decode("%41%4a%4A+%zz%4%"), "AJJ+%zz%4%");
  EXPECT_EQ(percent_decode("%+1%0x41% 1%-1"), "%+1%0x41% 1%-1");
  EXPECT_THAT(read_query("a=1&&b%3D=%20+%2B&c&=d&e=f=g"),
              ElementsAre(Pair("a", "1"), Pair("b=", "  +"), Pair("c", ""), Pair("", "d"), Pair("e", "f=g")));
  EXPECT_THAT(read_query(""), ElementsAre());
}

}  // namespace
}  // namespace auditstream
