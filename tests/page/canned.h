// What GET /sources says of sources that a test makes up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auditstream/json.h"

namespace auditstream::test {

struct CannedSource {
  std::string name = "";
  std::string state = "RUNNING";
  std::string activity = "resting";
  std::string error = "";
  int error_status = 0;
  std::optional<std::string> owner = "host-4711";
  std::optional<double> lag_seconds = 2.0;  // none: no watermark either
  int published = 12345;
  int dead_letters = 0;
  std::string per_minute = "[0,0,12,40]";
  bool known = true;
  std::optional<std::string> last_success = "2026-11-26T10:59:48Z";
  std::optional<std::string> failing_since = std::nullopt;
  int attempts = 0;
  std::optional<std::string> next_attempt = std::nullopt;
  std::optional<std::string> backfill_end = std::nullopt;
  std::string history = "null";
  std::string more{};  // further members
};

constexpr const char* kafka_is_there = R"({"reachable":true,"since":null,"error":""})";
constexpr const char* kafka_is_away =
    R"({"reachable":false,"since":"2026-11-26T10:57:00Z","error":"All broker connections are down <b>"})";

constexpr const char* config_is_taken = R"({"taken":true,"refused_at":null,"error":""})";

inline std::string canned_report(const std::vector<CannedSource>& sources,
                                 const std::string& kafka = kafka_is_there,
                                 const std::string& config = config_is_taken) {
  std::string report =
      R"({"now":"2026-11-26T11:00:00Z","instance":"host-4711","version":"0.1.0","commit":"abc1234",)"
      R"("group":"auditstream","offsets_topic":"auditstream-offsets","partitions":12,"kafka":)" +
      kafka + ",\"config\":" + config + ",\"sources\":[";
  const auto or_null = [](const std::optional<std::string>& text) {
    return text ? json::quote(*text) : std::string("null");
  };
  const char* separator = "";
  for (const CannedSource& source : sources) {
    report += separator;
    report += "{\"name\":" + json::quote(source.name) +
              ",\"vendor\":\"tines\",\"account\":" + json::quote(source.name) +
              ",\"partition\":3,\"state\":" + json::quote(source.state) +
              ",\"activity\":" + json::quote(source.activity) +
              ",\"known\":" + (source.known ? "true" : "false") + ",\"owner\":" + or_null(source.owner) +
              ",\"last_success\":" + or_null(source.last_success) +
              ",\"failing_since\":" + or_null(source.failing_since) +
              ",\"attempts\":" + std::to_string(source.attempts) +
              ",\"next_attempt\":" + or_null(source.next_attempt) + ",\"history\":" + source.history +
              ",\"backfill_end\":" + or_null(source.backfill_end);
    report += source.lag_seconds ? ",\"watermark\":\"2026-11-26T10:59:58.123Z\",\"lag_seconds\":" +
                                       std::to_string(*source.lag_seconds)
                                 : std::string(",\"watermark\":null,\"lag_seconds\":null");
    report += ",\"published\":" + std::to_string(source.published) +
              ",\"dead_letters\":" + std::to_string(source.dead_letters) +
              ",\"updated\":\"2026-11-26T10:59:59Z\",\"error\":" + json::quote(source.error) +
              ",\"error_status\":" + std::to_string(source.error_status) + source.more +
              ",\"per_minute\":" + source.per_minute + "}";
    separator = ",";
  }
  return report + "]}";
}

// What an instance before the states of health said.
inline std::string older_report() {
  return R"({"now":"2026-11-26T11:00:00Z","instance":"host-4711","version":"0.1.0","commit":"","group":"auditstream",)"
         R"("offsets_topic":"auditstream-offsets","partitions":12,"sources":[{"name":"acme","vendor":"tines","account":"acme",)"
         R"("partition":3,"state":"RUNNING","activity":"resting","owner":"host-4711","watermark":"2026-11-26T10:59:58Z",)"
         R"("lag_seconds":2,"published":7,"dead_letters":0,"updated":null,"error":"","error_status":0,"per_minute":[1,2]}]})";
}

// One of each kind.
inline std::vector<CannedSource> every_state() {
  return {
      {.name = "acme-captivateiq",
       .activity = "backfilling",
       .lag_seconds = 188580,
       .published = 7654321,
       .per_minute = "[900,1200,1100,1300,1250,1180,990,1400,1350,1500,1480,1460,1510,1490,1530,620]",
       .next_attempt = "2026-11-26T11:00:01Z",
       .backfill_end = "2026-11-26T13:10:00Z",
       .history = R"({"watermark":"2026-03-01T10:00:00Z","until":"2026-11-26T09:00:00Z"})"},
      {.name = "acme-endorlabs",
       .activity = "throttled",
       .error = "Endor Labs at https://api.endorlabs.com answered 429 Too Many Requests; Give the source a "
                "lower rate_limit.",
       .error_status = 429,
       .lag_seconds = 125,
       .per_minute = "[40,38,0,0,12,3]",
       .last_success = "2026-11-26T10:57:55Z",
       .failing_since = "2026-11-26T10:58:10Z",
       .attempts = 2,
       .next_attempt = "2026-11-26T11:00:40Z"},
      {.name = "acme-floqast",
       .state = "FAILED",
       .activity = "failing",
       .error =
           "FloQast at https://api.floqast.app answered 401 Unauthorized: wrong; Do this; Check api_key: "
           "create a new key under Settings > API keys, put it into api_key, and send SIGHUP.",
       .error_status = 401,
       .lag_seconds = 11472,
       .dead_letters = 3,
       .per_minute = "[12,9,14,0,0,0,0,0,0,0,0]",
       .last_success = "2026-11-25T07:48:00Z",
       .failing_since = "2026-11-25T07:48:33Z",
       .attempts = 1632,
       .next_attempt = "2026-11-26T11:00:20Z"},
      {.name = "acme-tines",
       .next_attempt = "2026-11-26T11:00:18Z",
       .more = R"(,"rows_outside":1234,"lateness_seconds":725,"overlap_advised":"30m")"},
      {.name = "acme-workato",
       .state = "PAUSED",
       .activity = "paused",
       .owner = "host-4712",
       .lag_seconds = 7300,
       .per_minute = "[]"},
      {.name = "globex-tines",
       .state = "UNASSIGNED",
       .activity = "",
       .owner = std::nullopt,
       .lag_seconds = std::nullopt,
       .published = 0,
       .per_minute = "[]",
       .last_success = std::nullopt},
      {.name = "globex-workato",
       .activity = "retrying",
       .error = "Workato at https://www.workato.com answered 503: try again later; Nothing to change: it is "
                "asked again.",
       .error_status = 503,
       .lag_seconds = -18000,
       .per_minute = "[7]",
       .last_success = "2026-11-26T10:59:00Z",
       .failing_since = "2026-11-26T10:59:20Z",
       .attempts = 1,
       .next_attempt = "2026-11-26T11:00:03Z"},
  };
}

}  // namespace auditstream::test
