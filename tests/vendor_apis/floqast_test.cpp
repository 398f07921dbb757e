// FloQast's own rules that no transcript can show: what is dropped from a page, and where a redirect may
// lead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Vendor& floqast() { return *find_vendor("floqast"); }

std::vector<std::string> ids(const Source& source) {
  const http::Response response = given_response(200, R"({"data":[
    {"id":"5e94d5b63f557b0014200001","uri":"/api/v1/audit-trail?page[size]=2"},
    {"id":"5e94d5b63f557b0014200002","uri":"/api/v1/audit-trails"},
    {"id":"5e94d5b63f557b0014200003","uri":"/api/v1/audit-trail"},
    {"id":"5e94d5b63f557b0014200004"}],"links":{}})");
  const Answer answer = floqast().read(source, any_ask(floqast()), response);
  std::vector<std::string> ids;
  for (const Event& event : std::get<Page>(answer).events) ids.push_back(event.id.substr(20));
  return ids;
}

TEST(FloQast, KeepsItsOwnRequestsUnlessTold) {
  EXPECT_THAT(ids(given_source(floqast(), {{"region", "us"}})), ElementsAre("0001", "0002", "0003", "0004"));
  EXPECT_THAT(ids(given_source(floqast(), {{"region", "us"}, {"exclude_own_requests", "true"}})),
              ElementsAre("0002", "0004"));
}

Answer redirected(const std::string& base_url, const std::string& location) {
  const Source source = given_source(floqast(), {{"region", "us"}, {"base_url", base_url}});
  return floqast().read(source, any_ask(floqast()), given_response(303, "", {{"location", location}}));
}

TEST(FloQast, FollowsPlainHttpOnThisMachineOnly) {
  const std::string local = "http://127.0.0.1:8080", remote = "https://fq-api.floqast.app";
  for (const char* location : {"http://127.0.0.2:9090/a", "http://localhost/a", "http://[::1]:9090/a",
                               "http://[0:0:0:0:0:0:0:1]/a"}) {
    EXPECT_EQ(std::get<Page>(redirected(local, location)).next, std::string("303 ") + location);
    EXPECT_TRUE(std::holds_alternative<Refusal>(redirected(remote, location))) << location;
  }
  for (const char* location : {"http://127.evil.example/a", "http://127.1/a", "http://127.0.0.999/a",
                               "http://[::2]/a", "http://localhost.evil.example/a", "//evil.example/a",
                               "ftp://127.0.0.1/a", "https://a@evil.example/", "https://x/ a", "a"}) {
    EXPECT_TRUE(std::holds_alternative<Refusal>(redirected(local, location))) << location;
  }
}

TEST(FloQast, TellsNoRedirectsAddress) {
  const Answer answer =
      redirected("https://fq-api.floqast.app", "http://store.example/a?X-Amz-Signature=abc");
  const Refusal& refusal = std::get<Refusal>(answer);
  EXPECT_THAT(refusal.message, HasSubstr("303"));
  EXPECT_THAT(refusal.message + refusal.remedy, Not(HasSubstr("Signature")));
}

TEST(FloQast, HasOneHostPerRegion) {
  const auto host = [](const char* region) {
    return floqast().default_base_url(given_source(floqast(), {{"region", region}}));
  };
  EXPECT_EQ(host("us"), "https://fq-api.floqast.app");
  EXPECT_EQ(host("eu"), "https://fq-api.eu.floqast.app");
  EXPECT_EQ(host("au"), "https://fq-api.au.floqast.app");
}

}  // namespace
}  // namespace auditstream::vendor_apis
