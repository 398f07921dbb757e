// Nothing that is read costs more than its length says: records of the offsets topic, the config, times,
// documents of another instance, events for OCSF, and pages on their way into a window. What vendors answer
// is in the vendor ring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "auditstream/json.h"
#include "auditstream/time.h"
#include "base/hash.h"
#include "cli/status_table.h"
#include "config/endpoint.h"
#include "config/expansion.h"
#include "config/nearest.h"
#include "config/rate.h"
#include "config/tree.h"
#include "core/cursor.h"
#include "core/reading.h"
#include "cost/growth.h"
#include "ocsf/mapper.h"
#include "unit/poller_life.h"
#include "vendor_apis/registry.h"

namespace auditstream {
namespace {

using test::repeated;
using Make = std::function<std::string(std::size_t)>;

constexpr std::size_t small = 4 << 10;

void expect_linear(const std::map<std::string, Make>& texts,
                   const std::function<void(std::string_view)>& read) {
  for (const auto& [name, make] : texts) {
    EXPECT_LT(test::growth(small, make, read), test::cost_growth_max) << name;
  }
}

Make around(const std::string& before, const std::string& item, const std::string& after) {
  return [=](std::size_t size) { return before + repeated(item, size) + after; };
}

TEST(Cost, OfJsonGrowsWithItsSize) {
  expect_linear({{"numbers beside half a pair", around(R"(["\ud800",)", "1,", "1]")},
                 {"numbers beside a huge one", around("[1e400,", "1,", "1]")},
                 {"points", around("[1e400,1", ".", "]")},
                 {"halves of pairs", around("\"", R"(\ud800)", "\"")},
                 {"quotes", around("[\"", R"(\")", "\"]")},
                 {"brackets", around("", "[", "")},
                 {"texts", around("[", "\"a\",", "1]")},
                 {"names", around("{", "\"a\":1,", "\"b\":2}")},
                 {"wrong bytes", around("", "\xff", "")},
                 {"beginnings of characters", around("", "\xf0\x9f", "")}},
                [](std::string_view text) {
                  (void)json::scalar_at(text, "/0");
                  (void)json::scalar_at(text, "/a/b");
                  (void)json::quote(text);
                  (void)json::validate_pointer(text);
                });
}

TEST(Cost, OfAnEventAsOcsfGrowsWithItsSize) {
  const Vendor& vendor = *vendor_apis::find_vendor("endorlabs");
  ocsf::ReadMapping read = ocsf::read_mapping(
      "vendor: endorlabs\nevent_code: /op\ntype: {from: /op, suffix: {x: api_activity/read}}\n"
      "actor: {name: {claim: user, in: /claims}, email: /mail}",
      "mapping.yaml", "endorlabs");
  const ocsf::Mapper mapper(vendor, *std::move(read.mapping), {});
  const std::string begin = R"({"uuid":"u","meta":{"create_time":"2026-11-20T00:00:00Z"},)";
  expect_linear({{"claims", around(begin + R"("claims":[)", R"("x",)", "1]}")},
                 {"claims with half pairs", around(begin + R"("claims":[)", R"("\ud800",)", "1]}")},
                 {"a long claim", around(begin + R"("claims":["user=)", "x", "\"]}")},
                 {"a long address", around(begin + R"("mail":"a@)", "b.", "\"}")},
                 {"a long operation", around(begin + R"("op":")", "x", "\"}")},
                 {"members", around(begin, R"("a":1,)", R"("b":2})")},
                 {"the same member", around(begin, R"("op":"y",)", R"("b":2})")},
                 {"lists", around(begin + R"("claims":)", "[", "")},
                 {"no JSON", around("", "\xff", "")}},
                [&](std::string_view line) { static_cast<void>(mapper.map(line, Time{})); });
}

TEST(Cost, OfACursorGrowsWithItsSize) {
  expect_linear(
      {{"members", around("{\"version\":1,", "\"x\":1,", "\"source\":\"a\"}")},
       {"versions", around("{", "\"version\":1,", "\"source\":\"a\"}")},
       {"ids", around(R"({"version":1,"generation":1,"to":{"time":"2026-11-20T12:00:00Z","id":""},"ids":")",
                      "AAAAAAAAAAA", "\"}")},
       {"a place", around(R"({"version":1,"generation":1,"to":{"time":"2026-11-20T12:00:00Z","id":")", "i",
                          R"("},"ids":""})")},
       {"brackets", around("", "[", "")},
       {"objects", around("", "{\"a\":", "")}},
      [](std::string_view text) {
        (void)core::decode_cursor(text);
        (void)core::decode_chunk(text);
        (void)core::account_of_cursor(text);
        (void)core::decode_owner(text);
        (void)core::chunk_number(text, text);
      });
}

TEST(Cost, OfTimesAndNumbersGrowsWithTheirSize) {
  expect_linear({{"digits", around("", "1", "")},
                 {"a fraction", around("2026-11-20T12:00:00.", "1", "Z")},
                 {"zones", around("2026-11-20T12:00:00", "Z", "")},
                 {"spaces", around("2026-11-20", " ", "12:00:00Z")},
                 {"days", around("", "Sun, ", "")},
                 {"slashes", around("1", "/", "min")},
                 {"minutes", around("1/", "min", "")}},
                [](std::string_view text) {
                  (void)parse_rfc3339(text);
                  (void)parse_event_time(text);
                  (void)parse_http_date(text);
                  (void)parse_duration(text);
                  (void)config::parse_rate(text);
                });
}

TEST(Cost, OfTheConfigGrowsWithItsSize) {
  expect_linear({{"lines", around("", "a: 1\n", "")},
                 {"sources", around("sources:\n", "- {name: a, vendor: b, settings: [1, 2]}\n", "")},
                 {"a list", around("[", "1, ", "1]")},
                 {"lists", around("", "[", "")},
                 {"maps", around("", "{a: ", "")},
                 {"blanks", around("a:", " ", "1")},
                 {"comments", around("", "# a\n", "a: 1")},
                 {"a quoted text", around("a: \"", R"(\n)", "\"")},
                 {"a block", around("a: |\n", "  b\n", "")},
                 {"a long name", around("", "a", ": 1")},
                 {"colons", around("a", ":", "")},
                 {"anchors", around("", "- &a 1\n", "")},
                 {"aliases", around("- &a [1, 2]\n", "- *a\n", "")},
                 {"dashes", around("", "- ", "1")}},
                [](std::string_view text) { (void)config::parse_yaml(text); });
}

TEST(Cost, OfASettingGrowsWithItsSize) {
  const std::vector<std::string> names{"poll_interval", "page_size"};
  expect_linear({{"letters", around("", "a", "")},
                 {"references", around("", "${env:AUDITSTREAM_UNSET:-a}", "")},
                 {"unset references", around("", "${env:AUDITSTREAM_UNSET}", "")},
                 {"openings", around("", "${", "")},
                 {"blanks", around("a", " ", "a")},
                 {"labels", around("https://", "a.", "b")},
                 {"colons", around("https://", ":", "1")},
                 {"users", around("https://", "a@", "b")}},
                [&](std::string_view text) {
                  (void)config::expand(text);
                  (void)config::reveal(text);
                  (void)config::trimmed(text);
                  (void)config::parse_origin(text);
                  (void)config::parse_domain(text);
                  (void)config::check_host(text);
                  (void)config::check_listen(text);
                  (void)config::check_proxy(text);
                  (void)config::nearest_name(text, names);
                });
}

TEST(Cost, OfAStatusDocumentGrowsWithItsSize) {
  const std::string source =
      R"({"name":"a","vendor":"tines","state":"RUNNING","activity":"","owner":null,"watermark":null,)"
      R"("lag_seconds":null,"per_minute":[1,2],"published":1,"dead_letters":0,"error":")";
  const std::string begin = R"({"now":"2026-11-20T12:00:00Z","instance":"a","version":"1","sources":[)";
  expect_linear({{"sources", around(begin, source + "\"},", source + "\"}]}")},
                 {"a long error", around(begin + source, "e", "\"}]}")},
                 {"a wide error", around(begin + source, "\xe6\x9d\xb1", "\"}]}")},
                 {"an error of escapes", around(begin + source, R"(\u001b[)", "\"}]}")},
                 {"minutes", around(begin + R"({"name":"a","per_minute":[)", "1,", "1]}]}")},
                 {"names", around("{", "\"now\":\"a\",", "\"sources\":[]}")},
                 {"brackets", around("", "[", "")}},
                [](std::string_view text) {
                  const Result<cli::StatusReport> report = cli::parse_status(text);
                  if (!report.ok()) return;
                  for (const std::size_t columns : {0, 80})
                    (void)cli::status_text(*report, {.columns = columns});
                });
}

// Pages of ten events, read into one window: so many that it is overfull, with and without a time, all of
// them known, or over and over the same.
TEST(Cost, OfAReadingGrowsWithItsRows) {
  const std::map<std::string, std::function<std::string(std::size_t)>> rows{
      {"new", [](std::size_t i) { return event_line("e" + std::to_string(i), core::noon + Duration(i)); }},
      {"newest first",
       [](std::size_t i) { return event_line("e" + std::to_string(i), core::noon + 50min - Duration(i)); }},
      {"known", [](std::size_t i) { return event_line("e" + std::to_string(i), core::noon - 2h); }},
      {"outside", [](std::size_t i) { return event_line("e" + std::to_string(i), core::noon + 2h); }},
      {"timeless", [](std::size_t i) { return event_line("e" + std::to_string(i), std::nullopt); }},
      {"the same", [](std::size_t) { return event_line("e", core::noon); }},
      {"the same and timeless", [](std::size_t) { return event_line("e", std::nullopt); }}};
  Source source;
  source.name = "acme";
  const ScriptedVendor vendor;
  for (const auto& [name, row] : rows) {
    for (const bool exact : {false, true}) {
      const double times = test::growth(
          1000,
          [&](std::size_t count) {
            std::vector<Page> pages;
            for (std::size_t i = 0; i < count; i += 10) {
              std::string body;
              for (std::size_t j = 0; j < 10; ++j) body += row(i + j);
              if (i + 10 < count) body += "next " + std::to_string(i) + "\n";
              pages.push_back(std::get<Page>(vendor.read(source, {}, answer_with(200, body))));
              pages.back().total = count;
            }
            return pages;
          },
          [&](const std::vector<Page>& pages) {
            core::Ledger ledger(source, core::noon - 1h, core::noon);
            core::Reading reading({core::noon, core::noon + 1h}, {.events_max = 50, .bytes_max = 64 << 10},
                                  exact, core::noon + 2h);
            for (const Page& page : pages) (void)reading.add(page, ledger);
          });
      EXPECT_LT(times, test::cost_growth_max) << name << (exact ? ", counted" : "");
    }
  }
}

}  // namespace
}  // namespace auditstream
