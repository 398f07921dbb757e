// What an instance answers to `auditstream status`, and what a terminal is shown of it.
#include <algorithm>

#include "auditstream/check.h"
#include "cli/status_table.h"
#include "fuzz/target.h"

namespace auditstream::fuzz {
namespace {

// Neither C0 nor, as UTF-8, C1: nothing that a terminal obeys.
bool steers(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xa0) return true;
  }
  return false;
}

void expect_screen(const cli::StatusReport& report, const cli::TableFormat& format) {
  const std::string text = cli::status_text(report, format);
  std::size_t lines = 0;
  for (std::string_view rest = text; !rest.empty(); ++lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    AS_CHECK(!steers(line));
    if (!format.utf8) {
      AS_CHECK(std::ranges::all_of(line, [](unsigned char c) { return c < 0x80; }));
      AS_CHECK(format.columns == 0 || line.size() <= format.columns);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  // However small a screen is, what is wrong is said above the table.
  AS_CHECK(format.lines == 0 || lines <= std::max<std::size_t>(format.lines, 8));
}

void run(std::string_view input) {
  const Result<cli::StatusReport> report = cli::parse_status(input);
  if (!report.ok()) {
    AS_CHECK(!report.error().message.empty());
    return;
  }
  for (const bool utf8 : {false, true}) {
    for (const std::size_t columns : {0, 1, 40, 80})
      expect_screen(*report, {columns, columns == 40 ? 6u : 0u, false, utf8});
  }
  (void)cli::status_text(*report, {80, 24, true, true, "hint"});
  for (const cli::SourceRow& row : report->sources) (void)cli::brief_error(row.error, row.error_status);
  cli::StatusReport forgotten = *report;
  cli::forget_states(forgotten);
  expect_screen(forgotten, {80, 24, false, true});
}

std::vector<std::string> seeds() {
  const std::string row =
      R"({"name":"acme","vendor":"tines","state":"RUNNING","activity":"reading","owner":"one",)"
      R"("watermark":"2026-11-20T11:59:30.123Z","lag_seconds":30.5,"per_minute":[1,2,3],"published":12,"dead_letters":0,"error":""})";
  const std::string failed =
      R"({"name":"b\u001b[2J\u009b","vendor":"workato","state":"FAILED","activity":"","owner":null,)"
      R"("watermark":null,"lag_seconds":null,"per_minute":[],"published":0,"dead_letters":7,"error":"401: \u65e5\u672c the key"})";
  const auto document = [](const std::string& sources) {
    return R"({"now":"2026-11-20T12:00:00Z","instance":"one","version":"0.1.0","sources":[)" + sources + "]}";
  };
  std::string rows = row;
  while (rows.size() < large_seed) rows += "," + (rows.size() % 3 == 0 ? failed : row);
  const std::string rich =
      R"({"name":"c","vendor":"tines","state":"RUNNING","activity":"retrying","known":false,"owner":"one",)"
      R"("last_success":"2026-11-20T11:00:00Z","failing_since":"2026-11-20T11:30:00Z","attempts":3,)"
      R"("next_attempt":"2026-11-20T12:01:00Z","backfill_end":"2026-11-21T00:00:00Z","watermark":"2026-11-20T17:00:00Z",)"
      R"("lag_seconds":-18000.5,"per_minute":[1],"published":1,"dead_letters":0,)"
      R"("error":"Tines at https://acme.tines.com answered 503: later","error_status":503})";
  std::string deaf = document(rich + "," + row);
  deaf.insert(
      1, R"("kafka":{"reachable":false,"since":"2026-11-20T11:58:00Z","error":"brokers are down\u0007"},)");
  return {deaf,          document(rows),
          document(row), document(row + "," + failed),
          document(""),  document(row + "," + row + "," + row + "," + failed)};
}

}  // namespace

Target status_target() { return {"status", run, seeds}; }

}  // namespace auditstream::fuzz
