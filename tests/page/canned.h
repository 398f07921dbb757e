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
};

inline std::string canned_report(const std::vector<CannedSource>& sources) {
  std::string report =
      R"({"now":"2026-11-26T11:00:00Z","instance":"host-4711","version":"0.1.0","commit":"abc1234",)"
      R"("group":"auditstream","offsets_topic":"auditstream-offsets","partitions":12,"sources":[)";
  const char* separator = "";
  for (const CannedSource& source : sources) {
    report += separator;
    report += "{\"name\":" + json::quote(source.name) +
              ",\"vendor\":\"tines\",\"account\":" + json::quote(source.name) +
              ",\"partition\":3,\"state\":" + json::quote(source.state) +
              ",\"activity\":" + json::quote(source.activity) +
              ",\"owner\":" + (source.owner ? json::quote(*source.owner) : "null");
    report += source.lag_seconds ? ",\"watermark\":\"2026-11-26T10:59:58.123Z\",\"lag_seconds\":" +
                                       std::to_string(*source.lag_seconds)
                                 : std::string(",\"watermark\":null,\"lag_seconds\":null");
    report += ",\"published\":" + std::to_string(source.published) +
              ",\"dead_letters\":" + std::to_string(source.dead_letters) +
              ",\"updated\":\"2026-11-26T10:59:59Z\",\"error\":" + json::quote(source.error) +
              ",\"error_status\":" + std::to_string(source.error_status) +
              ",\"per_minute\":" + source.per_minute + "}";
    separator = ",";
  }
  return report + "]}";
}

// One of each kind.
inline std::vector<CannedSource> every_state() {
  return {
      {.name = "acme-captivateiq",
       .activity = "reading",
       .lag_seconds = 188580,
       .published = 7654321,
       .per_minute = "[900,1200,1100,1300,1250,1180,990,1400,1350,1500,1480,1460,1510,1490,1530,620]"},
      {.name = "acme-endorlabs",
       .activity = "throttled",
       .error = "HTTP 429: too many requests, waits 40 s. Remedy: give the source a lower rate_limit",
       .error_status = 429,
       .lag_seconds = 125,
       .per_minute = "[40,38,0,0,12,3]"},
      {.name = "acme-floqast",
       .state = "FAILED",
       .activity = "failing",
       .error = "HTTP 401: FloQast refuses the API key. Remedy: create a new key under Settings > API keys, "
                "put it into "
                "api_key, and send SIGHUP",
       .error_status = 401,
       .lag_seconds = 11472,
       .dead_letters = 3,
       .per_minute = "[12,9,14,0,0,0,0,0,0,0,0]"},
      {.name = "acme-tines"},
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
       .per_minute = "[]"},
  };
}

}  // namespace auditstream::test
