// What `verify --json` prints, byte for byte: auditors keep it.
#include "cli/verify_report.h"

#include <gtest/gtest.h>

#include "cli/version.h"

namespace auditstream::cli {
namespace {

TEST(VerifyReport, IsOneObject) {
  const Time noon = *parse_rfc3339("2026-11-20T12:00:00Z");
  auto source = std::make_shared<Source>();
  source->name = "acme";
  source->vendor = "tines";
  source->topic = "audit.tines";
  source->dead_letter_topic = "audit.tines.dlq";
  VerifyReport report;
  report.source = source;
  report.at = noon + 1500ms;
  report.requested = {noon - 1h, noon};
  report.vendor_digest = "ab";
  report.topic_digest = "cd";
  report.found.vendor_events = 3;
  report.found.topic_events = 2;
  report.found.missing = 1;
  const std::string head =
      R"({"source":"acme","vendor":"tines","topic":"audit.tines","dead_letter_topic":"audit.tines.dlq",)"
      R"("at":"2026-11-20T12:00:01Z","tool":{"version":")" +
      version() + R"(","commit":")" + commit() +
      R"("},"requested":{"from":"2026-11-20T11:00:00Z","to":"2026-11-20T12:00:00Z"},)";
  const std::string counts =
      R"("vendor_events":3,"topic_events":2,"matching":0,"missing":1,"republished":0,"duplicated":0,)"
      R"("altered":0,"dead_lettered":0,"unexpected":0,"undated":0,"repaired":0,)"
      R"("ids_sha256":{"vendor":"ab","topic":"cd"},)";
  EXPECT_EQ(json_of(report).text(), head + R"("compared":null,"clamped":[],"ok":false,"dry_run":false,)" +
                                        counts + R"("examples":{}})");

  report.compared.range = report.requested;
  report.compared.cuts = {{{noon - 1h, noon}, "\"why\""}, {{noon, noon + 1ms}, "w"}};
  report.examples = {{"altered", {}}, {"missing", {"a\"", "b"}}};
  report.dry_run = true;
  EXPECT_EQ(json_of(report).text(),
            head + R"("compared":{"from":"2026-11-20T11:00:00Z","to":"2026-11-20T12:00:00Z"},"clamped":[)" +
                R"("not compared: 2026-11-20T11:00:00Z to 2026-11-20T12:00:00Z: \"why\"",)" +
                R"("not compared: 2026-11-20T12:00:00Z to 2026-11-20T12:00:00.001Z: w"],)" +
                R"("ok":false,"dry_run":true,)" + counts +
                R"("examples":{"altered":[],"missing":["a\"","b"]}})");
}

}  // namespace
}  // namespace auditstream::cli
