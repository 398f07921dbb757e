// Text that would steer a terminal comes from vendors, records and their keys; no command lets it through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "e2e/world.h"
#include "support/http_server.h"
#include "support/kafka/topic_writer.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Sets the window's title, clears the screen; CSI as C1 in UTF-8, and as a byte of its own.
const std::string hostile =
    "\x1b]0;owned\x07\x1b[2J\xc2\x9b"
    "31m\x9b"
    "31m\x7f\xe2\x80\xae";

void expect_harmless(const Finished& finished, const std::string& what) {
  const std::string text = finished.out + finished.err;
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << what;
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b"))) << what;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    EXPECT_TRUE((byte >= 0x20 && byte != 0x7f) || byte == '\n')
        << what << ": byte " << int{byte} << " at " << i;
    // A byte of its own is no part of a character.
    const auto before = static_cast<unsigned char>(i == 0 ? ' ' : text[i - 1]);
    if (byte == 0x9b) {
      EXPECT_GE(before, 0x80) << what;
    }
  }
}

TEST(HostileText, OfKafkaIsPrintedHarmlessly) {
  World world({.vendors = {"tines"}, .like = "\"history\":20,\"history_span\":\"72h\",\"rate\":0"});
  {
    const auto run = world.start();
    world.expect_exactly_once();
    world.until_polled();
    drain(*run);
  }
  Record foreign = read_topic(world.bootstrap(), world.topic("tines")).front();
  for (auto& [name, value] : foreign.headers) {
    if (name == "ce_id") value = "id" + hostile;
  }
  const std::string key = "key" + hostile;
  Record cursor{world.offsets_topic(), 0, 0, 0, key, "{\"trouble\":\"" + hostile, {}};
  write_records(world.bootstrap(), {foreign, cursor});

  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"cursors", "list"},
        {"cursors", "list", "--json"},
        {"cursors", "show", key},
        {"cursors", "show", key, "--json"},
        {"cursors", "show", "no" + hostile},
        {"cursors", "delete", key, "--yes", "--dry-run"},
        {"cursors", "set", "no" + hostile, "--to", hostile},
        {"check"},
        {"check", "--json"},
        {"read", "no" + hostile, "--from", "-1d"},
        {"verify", World::source("tines"), "--from", "-30d", "--to", "-0s"},
        {"verify", World::source("tines"), "--from", "-30d", "--to", "-0s", "--json"},
        {"run", "--wait-for-kafka", hostile}}) {
    const Finished finished = world.auditstream(arguments);
    expect_harmless(finished, ::testing::PrintToString(arguments));
    EXPECT_NE(finished.out + finished.err, "");
  }
  EXPECT_THAT(world.auditstream({"cursors", "list"}).out, HasSubstr("key?]0;owned??[2J?31m?31m?"));
  EXPECT_THAT(world.auditstream({"verify", World::source("tines"), "--from", "-30d", "--to", "-0s"}).out,
              HasSubstr("id?]0;owned??[2J?31m?31m?"));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{hostile}, {"vendors", hostile}, {"status", "--url", hostile}}) {
    std::vector<std::string> command = words;
    command.insert(command.begin(), auditstream_binary());
    expect_harmless(run_to_end(command), ::testing::PrintToString(words));
  }
}

TEST(HostileText, OfAVendorIsRawInAPipeOnly) {
  const std::string event = R"({"id":"a\u001b[2J)"
                            "\xc2\x9b\x7f"
                            R"(","created_at":"2024-01-01T00:00:00Z"})";
  const auto vendor = HttpServer::listen({}, [&](const Request&) {
    return json_reply(200,
                      "{\"audit_logs\":[" + event + "],\"meta\":{\"next_page_number\":null,\"count\":1}}");
  });
  ASSERT_TRUE(vendor.ok());
  World world({.vendors = {"tines"}});
  world.source_config("tines")["base_url"] = (*vendor)->origin();
  const std::vector<std::string> read{"read", World::source("tines"), "--from", "2023-12-31T00:00:00Z",
                                      "--to", "2024-01-02T00:00:00Z"};
  const Finished piped = world.auditstream(read);
  EXPECT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(piped.out, event + "\n");
  std::string words;
  for (const std::string& word : world.command(read)) words += "'" + word + "' ";
  const Finished seen = run_to_end({"script", "-qec", words + "2> /dev/null", "/dev/null"});
  EXPECT_EQ(seen.status, 0) << seen.out;
  EXPECT_EQ(seen.out, R"({"id":"a\u001b[2J\u009b\u007f","created_at":"2024-01-01T00:00:00Z"})"
                      "\r\n");
}

}  // namespace
}  // namespace auditstream::test
