// The table of `auditstream status`: what is shown where there is little room, and what can't get through.
#include "cli/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace auditstream::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) found.push_back(line);
  return found;
}

const Time now = parse_rfc3339("2026-11-26T11:00:00.5Z").value();

StatusReport report() {
  const auto source = [](std::string name, std::string state, std::string activity, std::string error) {
    SourceRow row;
    row.name = std::move(name);
    row.vendor = "tines";
    row.state = std::move(state);
    row.activity = std::move(activity);
    row.owner = "host-1";
    row.last_success = now - 12s;
    row.watermark = now - 2s;
    row.lag_seconds = 125.4;
    row.per_minute = 12;
    row.published = 12345;
    row.error = std::move(error);
    return row;
  };
  StatusReport made{now, "host-1", "0.1.0", {}, {}, {}};
  made.sources = {source("a-running", "RUNNING", "resting", ""), source("b-paused", "PAUSED", "paused", ""),
                  source("c-slow", "RUNNING", "throttled", "HTTP 429: too many requests"),
                  source("d-failed", "FAILED", "failing",
                         "Tines at https://acme.tines.com answered 401 Unauthorized; Create a new key"),
                  source("e-nobody", "UNASSIGNED", "", "")};
  SourceRow& failed = made.sources[3];
  failed.failing_since = now - 38min - 2s;
  failed.last_success = now - 40min;
  failed.attempts = 12;
  failed.next_attempt = now + 20s;
  failed.error_status = 401;
  SourceRow& nobody = made.sources.back();
  nobody.owner.clear();
  nobody.last_success.reset();
  nobody.watermark.reset();
  nobody.lag_seconds.reset();
  nobody.per_minute.reset();
  return made;
}

TEST(StatusTable, ShowsAllOfItWhereThereIsRoom) {
  EXPECT_THAT(
      lines(status_text(report(), {})),
      ElementsAre(
          "5 sources: 1 failed, 1 unassigned, 1 throttled, 1 running, 1 paused",
          "auditstream 0.1.0 on host-1, 2026-11-26 11:00:00Z", "",
          "STATE       SOURCE     ACTIVITY   FAILING FOR   LAST SUCCESS  NEXT ATTEMPT  VENDOR  OWNER   "
          "WATERMARK               LAG  EVENTS/MIN  PUBLISHED  DEAD  ERROR",
          "FAILED      d-failed   failing    38m 2s (12x)  40m 0s ago    in 20s        tines   host-1  "
          "2026-11-26 10:59:58Z  2m 5s          12      12345     0  HTTP 401 Unauthorized; Create a new key",
          "UNASSIGNED  e-nobody              -             -             -             tines   -       "
          "-                         -           -      12345     0",
          "RUNNING     c-slow     throttled  -             12s ago       -             tines   host-1  "
          "2026-11-26 10:59:58Z  2m 5s          12      12345     0  HTTP 429: too many requests",
          "RUNNING     a-running  resting    -             12s ago       -             tines   host-1  "
          "2026-11-26 10:59:58Z  2m 5s          12      12345     0",
          "PAUSED      b-paused   paused     -             12s ago       -             tines   host-1  "
          "2026-11-26 10:59:58Z  2m 5s          12      12345     0"));
}

TEST(StatusTable, LeavesOutTheLeastImportantColumns) {
  const std::vector<std::string> usual = lines(status_text(report(), {.columns = 80}));
  EXPECT_EQ(usual[3], "STATE       SOURCE     ACTIVITY   FAILING FOR     LAG  ERROR");
  EXPECT_EQ(usual[4], "FAILED      d-failed   failing    38m 2s (12x)  2m 5s  HTTP 401 Unauthorized;...");
  const std::vector<std::string> narrow = lines(status_text(report(), {.columns = 40}));
  EXPECT_EQ(narrow[0], "5 sources: 1 failed, 1 unassigned, 1 ...");
  EXPECT_EQ(narrow[3], "STATE       SOURCE     ERROR");
  EXPECT_EQ(narrow[4], "FAILED      d-failed   HTTP 401 Unaut...");
}

// However long a name is: it is cut before what a source does is left out.
TEST(StatusTable, ShowsTheActivityAt80Columns) {
  StatusReport wide = report();
  for (SourceRow& row : wide.sources) row.name += std::string(50, 'n');
  const std::vector<std::string> text = lines(status_text(wide, {.columns = 80}));
  EXPECT_THAT(text[3], HasSubstr("  ACTIVITY "));
  EXPECT_THAT(text[4], HasSubstr("...  failing  "));
  EXPECT_THAT(text[4], HasSubstr("HTTP 401 Un"));
  // With room for it a name is whole.
  EXPECT_THAT(lines(status_text(wide, {.columns = 180}))[4], HasSubstr(std::string(50, 'n') + " "));
}

TEST(StatusTable, WhatIsNotKnownIsNotShownAsRunning) {
  StatusReport old = report();
  old.kafka = {false, now - 3min, "Local: All broker connections are down\x1b[2J"};
  for (SourceRow& row : old.sources) row.known = row.name == "b-paused";
  const std::vector<std::string> text = lines(status_text(old, {.colour = true}));
  EXPECT_EQ(text[0], "5 sources: 4 unknown, 1 paused");
  EXPECT_EQ(text[2],
            "\x1b[1;31mKafka can't be reached for 3m 0s: Local: All broker connections are down?[2J (since "
            "2026-11-26 10:57:00Z)\x1b[0m");
  EXPECT_EQ(text[3], "");
  EXPECT_THAT(text[5], StartsWith("\x1b[33mUNKNOWN\x1b[0m  d-failed   was FAILED "));
  EXPECT_THAT(text[6], StartsWith("\x1b[33mUNKNOWN\x1b[0m  e-nobody   -  ")) << "nothing was ever known";
  EXPECT_THAT(text[8], StartsWith("\x1b[33mUNKNOWN\x1b[0m  a-running  was RUNNING "));
  EXPECT_THAT(text[9], StartsWith("\x1b[2mPAUSED\x1b[0m   b-paused "));
  forget_states(old);
  EXPECT_THAT(status_text(old, {}), StartsWith("5 sources: 5 unknown\n"));
  old.kafka.since.reset();
  old.kafka.error.clear();
  EXPECT_THAT(status_text(old, {}), HasSubstr("\nKafka can't be reached\n"));
}

TEST(StatusTable, SaysThatTheConfigWasRefused) {
  StatusReport made = report();
  made.kafka = {false, std::nullopt, ""};
  made.config = {now - 3min, "audit.yaml:7: overlap\x1b[2J"};
  const std::vector<std::string> text = lines(status_text(made, {}));
  EXPECT_EQ(text[2], "Kafka can't be reached");
  EXPECT_EQ(text[3],
            "Config refused at 2026-11-26 10:57:00Z, what ran before goes on: audit.yaml:7: overlap?[2J");
  EXPECT_EQ(text[4], "");
  EXPECT_THAT(lines(status_text(made, {.lines = 8})), SizeIs(8)) << "both lines are counted";
}

TEST(StatusTable, TellsFailingFromFailed) {
  StatusReport made = report();
  made.sources[0].failing_since = now - 5s;
  made.sources[0].attempts = 1;
  made.sources[2].activity = "retrying";
  EXPECT_THAT(status_text(made, {}), StartsWith("5 sources: 1 failed, 1 unassigned, 2 failing, 1 paused\n"));
  EXPECT_THAT(lines(status_text(made, {.colour = true}))[6], StartsWith("\x1b[33mRUNNING\x1b[0m "));
}

TEST(StatusTable, SaysWhenHistoryWillHaveBeenReadAndWhatLiesAhead) {
  StatusReport made = report();
  EXPECT_THAT(status_text(made, {}), Not(HasSubstr("BACKFILL")));
  made.sources[0].activity = "backfilling";
  made.sources[0].backfill_end = now + 2h + 10min;
  made.sources[1].lag_seconds = -5 * 3600;
  EXPECT_THAT(status_text(made, {}), HasSubstr("  2h 10m left  "));
  made.sources[0].history_watermark = now - 24h;
  EXPECT_THAT(status_text(made, {}), HasSubstr("  at 2026-11-25, 2h 10m left  "));
  made.sources[0].backfill_end.reset();
  EXPECT_THAT(status_text(made, {}), HasSubstr("  at 2026-11-25  ")) << "another instance reads it";
  EXPECT_THAT(status_text(made, {}), HasSubstr("  5h 0m ahead  "));
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
      EXPECT_LE(text.size(), std::max<std::size_t>(height, 5)) << columns << "x" << height;
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
  EXPECT_THAT(text[4], StartsWith("FAILED      d-failed"));
  EXPECT_EQ(text.back(), "... 9987 more");
  EXPECT_EQ(lines(status_text(many, {})).size(), 10009u);
  EXPECT_EQ(lines(status_text(report(), {.lines = 9})).size(), 9u);
  EXPECT_THAT(status_text(report(), {.lines = 9}), Not(HasSubstr("more")));
  EXPECT_THAT(status_text(report(), {.lines = 8}), HasSubstr("... 2 more\n"));
}

TEST(StatusTable, NothingSteersTheTerminal) {
  // ESC [ 2 J; NUL; BEL; C1 CSI; right-to-left override; zero width space; DEL; a broken byte.
  const std::string evil = std::string("\x1b[2J\0", 5) +
                           "\a\xc2\x9b"
                           "31m\xe2\x80\xae\xe2\x80\x8b\x7f\xff caf\xc3\xa9\r\n\tend";
  EXPECT_EQ(status_line(evil, {}), "?[2J???31m?? caf\xc3\xa9   end");
  EXPECT_EQ(status_line(evil, {.utf8 = false}), "?[2J???31m?? caf?   end");
  StatusReport steered = report();
  for (std::string SourceRow::*field : {&SourceRow::name, &SourceRow::vendor, &SourceRow::state,
                                        &SourceRow::activity, &SourceRow::owner, &SourceRow::error}) {
    steered.sources[0].*field = evil;
  }
  steered.instance = steered.version = steered.kafka.error = evil;
  steered.kafka.reachable = false;
  const std::string text = status_text(steered, {});
  const auto is_control = [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; };
  EXPECT_TRUE(std::none_of(text.begin(), text.end(), is_control)) << ::testing::PrintToString(text);
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_EQ(lines(text).size(), 10u);
}

TEST(StatusTable, ColoursTheStateAlone) {
  const std::vector<std::string> text = lines(status_text(report(), {.colour = true}));
  EXPECT_THAT(text[3], StartsWith("STATE "));
  EXPECT_THAT(text[4], StartsWith("\x1b[1;31mFAILED\x1b[0m      d-failed"));
  EXPECT_THAT(text[5], StartsWith("\x1b[33mUNASSIGNED\x1b[0m  e-nobody"));
  EXPECT_THAT(text[6], StartsWith("\x1b[33mRUNNING\x1b[0m     c-slow"));
  EXPECT_THAT(text[7], StartsWith("\x1b[32mRUNNING\x1b[0m     a-running"));
  EXPECT_THAT(text[8], StartsWith("\x1b[2mPAUSED\x1b[0m      b-paused"));
  // Where even the word is cut the colour still ends.
  EXPECT_EQ(lines(status_text(report(), {.columns = 3, .colour = true}))[4], "\x1b[1;31mFAI\x1b[0m");
}

TEST(StatusTable, ErrorsBeginWithTheirStatusCode) {
  EXPECT_EQ(brief_error("FloQast at https://api.floqast.app answered 503: sorry; Nothing to change.", 503),
            "HTTP 503: sorry; Nothing to change.");
  EXPECT_EQ(brief_error("Endor Labs at http://127.0.0.1:8080 answered 401 Unauthorized; Mend it.", 401),
            "HTTP 401 Unauthorized; Mend it.");
  EXPECT_EQ(brief_error("Tines at https://a.tines.com can't be read: no connection (refused); Look.", 0),
            "no connection (refused); Look.");
  EXPECT_EQ(brief_error("Tines at https://a.tines.com gave an answer that is not expected (status 302)", 302),
            "gave an answer that is not expected (status 302)");
  EXPECT_EQ(brief_error("the key is refused", 403), "HTTP 403: the key is refused");
  EXPECT_EQ(brief_error("HTTP 429: wait", 429), "HTTP 429: wait");
  EXPECT_EQ(brief_error("", 503), "");
  EXPECT_EQ(brief_error("the cursor lies in partition 3", 0), "the cursor lies in partition 3");
  // An address further behind belongs to the message.
  EXPECT_EQ(brief_error("the vendor's words: look at https://vendor.example/help for more", 0),
            "the vendor's words: look at https://vendor.example/help for more");
  EXPECT_EQ(brief_error("Tines at https://a.tines.com", 0), "Tines at https://a.tines.com");
}

TEST(StatusTable, LagsAsPeopleSayThem) {
  EXPECT_EQ(format_lag(-0.9), "0s");
  EXPECT_EQ(format_lag(-5), "5s ahead");
  EXPECT_EQ(format_lag(-18000), "5h 0m ahead");
  EXPECT_THAT(format_lag(-1e300), HasSubstr("d "));
  EXPECT_EQ(format_lag(59.9), "59s");
  EXPECT_EQ(format_lag(125), "2m 5s");
  EXPECT_EQ(format_lag(3600), "1h 0m");
  EXPECT_EQ(format_lag(11472), "3h 11m");
  EXPECT_EQ(format_lag(188580), "2d 4h");
  EXPECT_THAT(format_lag(1e300), HasSubstr("d "));
}

TEST(StatusReport, IsReadFromTheInstance) {
  const Result<StatusReport> read = parse_status(
      R"({"now":"2026-11-26T11:00:00Z","instance":"i","version":"1",
          "kafka":{"reachable":false,"since":"2026-11-26T10:57:00Z","error":"down"},
          "config":{"taken":false,"refused_at":"2026-11-26T10:56:00Z","error":"ten"},"sources":[
          {"name":"a","vendor":"tines","account":"a","partition":3,"state":"RUNNING","activity":"resting","known":false,"owner":"h",
           "last_success":"2026-11-26T10:58:00Z","failing_since":"2026-11-26T10:58:30Z","attempts":7,
           "next_attempt":"2026-11-26T11:00:30Z","history":{"watermark":"2026-03-01T10:00:00Z","until":"2026-11-26T09:00:00Z"},
           "backfill_end":"2026-11-26T13:00:00Z","watermark":"2026-11-26T10:59:58Z",
           "lag_seconds":-2,"published":12345,"dead_letters":6,"updated":null,"error":"\u001b","error_status":503,
           "per_minute":[0,12,40]},
          {"name":"b","vendor":"tines","account":"a","partition":3,"state":"UNASSIGNED","activity":"","known":true,"owner":null,
           "last_success":null,"failing_since":null,"attempts":0,"next_attempt":null,"history":null,"backfill_end":null,"watermark":null,
           "lag_seconds":null,"published":0,"dead_letters":0,"updated":null,"error":"","error_status":0,"per_minute":[]}]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const auto time = [](const char* text) { return parse_rfc3339(text).value(); };
  EXPECT_EQ(read->now, time("2026-11-26T11:00:00Z"));
  EXPECT_FALSE(read->kafka.reachable);
  EXPECT_EQ(read->kafka.since, time("2026-11-26T10:57:00Z"));
  EXPECT_EQ(read->kafka.error, "down");
  EXPECT_EQ(read->config.refused_at, time("2026-11-26T10:56:00Z"));
  EXPECT_EQ(read->config.error, "ten");
  ASSERT_EQ(read->sources.size(), 2u);
  const SourceRow& a = read->sources[0];
  EXPECT_EQ(a.name + a.vendor + a.state + a.activity + a.owner + a.error, "atinesRUNNINGrestingh\x1b");
  EXPECT_FALSE(a.known);
  EXPECT_EQ(a.last_success, time("2026-11-26T10:58:00Z"));
  EXPECT_EQ(a.failing_since, time("2026-11-26T10:58:30Z"));
  EXPECT_EQ(a.attempts, 7);
  EXPECT_EQ(a.next_attempt, time("2026-11-26T11:00:30Z"));
  EXPECT_EQ(a.backfill_end, time("2026-11-26T13:00:00Z"));
  EXPECT_EQ(a.history_watermark, time("2026-03-01T10:00:00Z"));
  EXPECT_EQ(a.watermark, time("2026-11-26T10:59:58Z"));
  EXPECT_EQ(a.lag_seconds, -2.0);
  EXPECT_EQ(a.per_minute, 12);
  EXPECT_EQ(a.published, 12345);
  EXPECT_EQ(a.dead_letters, 6);
  EXPECT_EQ(a.error_status, 503);
  const SourceRow& b = read->sources[1];
  EXPECT_TRUE(b.known);
  EXPECT_EQ(b.owner, "");
  EXPECT_EQ(b.lag_seconds, std::nullopt);
  EXPECT_EQ(b.per_minute, std::nullopt);
  for (const auto time_of :
       {&SourceRow::last_success, &SourceRow::failing_since, &SourceRow::next_attempt,
        &SourceRow::backfill_end, &SourceRow::history_watermark, &SourceRow::watermark}) {
    EXPECT_EQ(b.*time_of, std::nullopt);
  }
}

TEST(StatusReport, AnOlderInstanceTellsLess) {
  const Result<StatusReport> read = parse_status(
      R"({"now":"2026-11-26T11:00:00Z","instance":"i","version":"1","sources":[
          {"name":"a","vendor":"tines","state":"RUNNING","activity":"resting","owner":"h","watermark":null,"lag_seconds":null,
           "published":0,"dead_letters":0,"error":"","per_minute":[]}]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->kafka.reachable);
  EXPECT_EQ(read->config.refused_at, std::nullopt);
  EXPECT_TRUE(read->sources[0].known);
  EXPECT_EQ(read->sources[0].last_success, std::nullopt);
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
  EXPECT_EQ(error(R"({"now":"today"})"), "now is not a time");
  const std::string head = R"({"now":"2026-11-26T11:00:00Z","instance":"i","version":"1","sources":)";
  EXPECT_EQ(error(head + "7}"), "sources is not a list");
  EXPECT_EQ(error(head + R"([],"kafka":7})"), "kafka is not an object");
  EXPECT_EQ(error(head + R"([],"kafka":{"reachable":7}})"), "kafka.reachable is not true or false");
  const std::string source = head + R"([{"name":"a","vendor":"v","state":"s","activity":"")";
  EXPECT_EQ(error(source + R"(,"owner":7}]})"), "sources[0].owner is not a string");
  EXPECT_EQ(error(source + R"(,"known":"yes"}]})"), "sources[0].known is not true or false");
  EXPECT_EQ(error(source + R"(,"owner":null,"last_success":"w"}]})"),
            "sources[0].last_success is not a time");
  EXPECT_EQ(error(head + "[7]}"), "sources[0] is not an object");
  EXPECT_EQ(error(head + "[]}"), "none");
}

}  // namespace
}  // namespace auditstream::cli
