// The table of `auditstream status`: what is shown where there is little room, and what can't get through.
#include "cli/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace auditstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) found.push_back(line);
  return found;
}

StatusReport report() {
  const auto source = [](std::string name, std::string state, std::string activity, std::string error) {
    SourceRow row;
    row.name = std::move(name);
    row.vendor = "tines";
    row.state = std::move(state);
    row.activity = std::move(activity);
    row.owner = "host-1";
    row.watermark = "2026-11-26T10:59:58.123456Z";
    row.lag_seconds = 125.4;
    row.per_minute = 12;
    row.published = 12345;
    row.error = std::move(error);
    return row;
  };
  StatusReport made{"2026-11-26T11:00:00.5Z", "host-1", "0.1.0", {}};
  made.sources = {source("a-running", "RUNNING", "resting", ""), source("b-paused", "PAUSED", "paused", ""),
                  source("c-slow", "RUNNING", "throttled", "HTTP 429: too many requests"),
                  source("d-failed", "FAILED", "failing", "HTTP 401: refused. Remedy: create a new key"),
                  source("e-nobody", "UNASSIGNED", "", "")};
  SourceRow& nobody = made.sources.back();
  nobody.owner.clear();
  nobody.watermark.clear();
  nobody.lag_seconds.reset();
  nobody.per_minute.reset();
  return made;
}

TEST(StatusTable, ShowsAllOfItWhereThereIsRoom) {
  EXPECT_THAT(lines(status_text(report(), {})),
              ElementsAre("auditstream 0.1.0 on host-1, 2026-11-26 11:00:00Z: 5 sources, 1 FAILED, 1 PAUSED, "
                          "2 RUNNING, 1 UNASSIGNED",
                          "",
                          "STATE       SOURCE     ACTIVITY   VENDOR  OWNER   WATERMARK               LAG  "
                          "EVENTS/MIN  PUBLISHED  DEAD  ERROR",
                          "FAILED      d-failed   failing    tines   host-1  2026-11-26 10:59:58Z  2m 5s    "
                          "      12      12345     0  "
                          "HTTP 401: refused. Remedy: create a new key",
                          "UNASSIGNED  e-nobody              tines   -       -                         -    "
                          "       -      12345     0",
                          "RUNNING     c-slow     throttled  tines   host-1  2026-11-26 10:59:58Z  2m 5s    "
                          "      12      12345     0  "
                          "HTTP 429: too many requests",
                          "RUNNING     a-running  resting    tines   host-1  2026-11-26 10:59:58Z  2m 5s    "
                          "      12      12345     0",
                          "PAUSED      b-paused   paused     tines   host-1  2026-11-26 10:59:58Z  2m 5s    "
                          "      12      12345     0"));
}

TEST(StatusTable, LeavesOutTheLeastImportantColumns) {
  EXPECT_THAT(lines(status_text(report(), {.columns = 80}))[3],
              StartsWith("FAILED      d-failed   2m 5s          12     0  HTTP 401: refused. Remedy: cr..."));
  const std::vector<std::string> narrow = lines(status_text(report(), {.columns = 40}));
  EXPECT_EQ(narrow[0], "auditstream 0.1.0 on host-1, 2026-11-...");
  EXPECT_EQ(narrow[2], "STATE       SOURCE     ERROR");
  EXPECT_EQ(narrow[3], "FAILED      d-failed   HTTP 401: refu...");
}

TEST(StatusTable, NeverExceedsTheTerminal) {
  StatusReport wide = report();
  wide.sources[0].name = std::string(64, 'n');
  wide.sources[0].owner = std::string(64, 'o');
  wide.sources[3].error +=
      " \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";  // two columns each
  for (std::size_t columns = 1; columns < 300; ++columns) {
    for (std::size_t height = 1; height < 12; ++height) {
      const std::vector<std::string> text = lines(status_text(wide, {.columns = columns, .lines = height}));
      // The head and the line of what is missing stand even where there is no room for them.
      EXPECT_LE(text.size(), std::max<std::size_t>(height, 4)) << columns << "x" << height;
      for (const std::string& line : text) {
        const auto ascii =
            static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return c >= 0; }));
        EXPECT_LE(ascii + (line.size() - ascii) / 3 * 2, columns) << line;
      }
    }
  }
}

TEST(StatusTable, SaysWhatTheHeightHides) {
  StatusReport many = report();
  SourceRow row = many.sources[0];
  for (int i = 0; i < 10000; ++i) {
    row.name = "tenant-" + std::to_string(i);
    many.sources.push_back(row);
  }
  const std::vector<std::string> text = lines(status_text(many, {.columns = 80, .lines = 23}));
  ASSERT_EQ(text.size(), 23u);
  EXPECT_THAT(text[3], StartsWith("FAILED      d-failed"));
  EXPECT_EQ(text.back(), "... 9986 more");
  EXPECT_EQ(lines(status_text(many, {})).size(), 10008u);
  EXPECT_EQ(lines(status_text(report(), {.lines = 8})).size(), 8u);
  EXPECT_THAT(status_text(report(), {.lines = 8}), Not(HasSubstr("more")));
  EXPECT_THAT(status_text(report(), {.lines = 7}), HasSubstr("... 2 more\n"));
}

TEST(StatusTable, NothingSteersTheTerminal) {
  // ESC [ 2 J; NUL; BEL; C1 CSI; right-to-left override; zero width space; DEL; a broken byte.
  const std::string evil = std::string("\x1b[2J\0", 5) +
                           "\a\xc2\x9b"
                           "31m\xe2\x80\xae\xe2\x80\x8b\x7f\xff caf\xc3\xa9\r\n\tend";
  EXPECT_EQ(status_line(evil, {}), "?[2J???31m?? caf\xc3\xa9   end");
  EXPECT_EQ(status_line(evil, {.utf8 = false}), "?[2J???31m?? caf?   end");
  StatusReport steered = report();
  for (std::string SourceRow::*field :
       {&SourceRow::name, &SourceRow::vendor, &SourceRow::state, &SourceRow::activity, &SourceRow::owner,
        &SourceRow::watermark, &SourceRow::error}) {
    steered.sources[0].*field = evil;
  }
  steered.now = steered.instance = steered.version = evil;
  const std::string text = status_text(steered, {});
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; };
  EXPECT_TRUE(std::none_of(text.begin(), text.end(), is_control)) << ::testing::PrintToString(text);
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_EQ(lines(text).size(), 8u);
}

TEST(StatusTable, ColoursTheStateAlone) {
  const std::vector<std::string> text = lines(status_text(report(), {.colour = true}));
  EXPECT_THAT(text[2], StartsWith("STATE "));
  EXPECT_THAT(text[3], StartsWith("\x1b[1;31mFAILED\x1b[0m      d-failed"));
  EXPECT_THAT(text[4], StartsWith("\x1b[33mUNASSIGNED\x1b[0m  e-nobody"));
  EXPECT_THAT(text[5], StartsWith("\x1b[32mRUNNING\x1b[0m     c-slow"));
  // Where even the word is cut the colour still ends.
  EXPECT_EQ(lines(status_text(report(), {.columns = 3, .colour = true}))[3], "\x1b[1;31mFAI\x1b[0m");
}

TEST(StatusTable, LagsAsPeopleSayThem) {
  EXPECT_EQ(format_lag(-5), "0s");
  EXPECT_EQ(format_lag(59.9), "59s");
  EXPECT_EQ(format_lag(125), "2m 5s");
  EXPECT_EQ(format_lag(3600), "1h 0m");
  EXPECT_EQ(format_lag(11472), "3h 11m");
  EXPECT_EQ(format_lag(188580), "2d 4h");
  EXPECT_THAT(format_lag(1e300), HasSubstr("d "));
}

TEST(StatusReport, IsReadFromTheInstance) {
  const Result<StatusReport> read = parse_status(
      R"({"now":"2026-11-26T11:00:00Z","instance":"i","version":"1","sources":[
          {"name":"a","vendor":"tines","account":"a","partition":3,"state":"RUNNING","activity":"resting","owner":"h","watermark":"w",
           "lag_seconds":2,"published":12345,"dead_letters":6,"updated":null,"error":"\u001b","error_status":0,"per_minute":[0,12,40]},
          {"name":"b","vendor":"tines","account":"a","partition":3,"state":"UNASSIGNED","activity":"","owner":null,"watermark":null,
           "lag_seconds":null,"published":0,"dead_letters":0,"updated":null,"error":"","error_status":0,"per_minute":[]}]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->sources.size(), 2u);
  const SourceRow& a = read->sources[0];
  EXPECT_EQ(a.name + a.vendor + a.state + a.activity + a.owner + a.watermark + a.error,
            "atinesRUNNINGrestinghw\x1b");
  EXPECT_EQ(a.lag_seconds, 2.0);
  EXPECT_EQ(a.per_minute, 12);
  EXPECT_EQ(a.published, 12345);
  EXPECT_EQ(a.dead_letters, 6);
  const SourceRow& b = read->sources[1];
  EXPECT_EQ(b.owner + b.watermark, "");
  EXPECT_EQ(b.lag_seconds, std::nullopt);
  EXPECT_EQ(b.per_minute, std::nullopt);
}

TEST(StatusReport, ErrorsNameTheField) {
  const auto error = [](const std::string& json) {
    const Result<StatusReport> read = parse_status(json);
    return read.ok() ? std::string("none") : read.error().message;
  };
  EXPECT_THAT(error("<html>"), StartsWith("no JSON: "));
  EXPECT_THAT(error(std::string(1000000, '[')), StartsWith("no JSON: "));
  EXPECT_EQ(error("[]"), "no JSON object");
  EXPECT_EQ(error("{}"), "now is not a string");
  const std::string head = R"({"now":"n","instance":"i","version":"1","sources":)";
  EXPECT_EQ(error(head + "7}"), "sources is not a list");
  EXPECT_EQ(error(head + R"([{"name":"a","vendor":"v","state":"s","activity":"","owner":7}]})"),
            "sources[0].owner is not a string");
  EXPECT_EQ(error(head + "[7]}"), "sources[0] is not an object");
  EXPECT_EQ(error(head + "[]}"), "none");
}

}  // namespace
}  // namespace auditstream
