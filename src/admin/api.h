// Api: the HTTP server's responses, as pure functions: Kafka Connect's REST shapes, the list of sources for
// people, and access control. Knows no socket, no clock, no Kafka.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "admin/config_view.h"
#include "admin/kafka_view.h"
#include "admin/sources_view.h"
#include "auditstream/secret.h"
#include "auditstream/time.h"

namespace auditstream::admin {

struct HttpRequest {
  std::string method;
  std::string path;                                           // percent-decoded, without the query
  std::multimap<std::string, std::string> query{};            // percent-decoded
  std::map<std::string, std::string, std::less<>> headers{};  // names in lower case, the first of each
  std::string body{};
};

// Fills in path and query from the target of the request line.
void read_target(std::string_view target, HttpRequest& into);

// Whether this request uses its body; that of any other need not be read.
bool takes_body(const HttpRequest& request);

struct HttpResponse {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
};

// Connect's shape: {"error_code":404,"message":"..."}.
HttpResponse error_response(int status, const std::string& message);

// --- access

struct AccessPolicy {
  std::string listen;  // http.listen
  bool loopback = true;
  Secret token;
  std::vector<std::string> hosts;  // in addition to those that are always known
};

// A page of another site must not reach the server, even if its name resolves to our address (DNS rebinding).
// From other machines only changes with the token are allowed. Nothing: access is granted. Does not look at
// the body.
std::optional<HttpResponse> refuse_access(const HttpRequest& request, const AccessPolicy& policy);

// --- responses

// The instance that responds.
struct Identity {
  std::string version;
  std::string commit;
  std::string instance;
  std::string group;
  std::string offsets_topic;
  int partitions = 0;
  std::string cluster_id;  // Kafka's
};

// A change that a request wants; `done` is the response on success (for set and reset, its body comes from
// offsets_changed).
struct Change {
  enum class Kind { pause, resume, restart, set, reset };
  Kind kind;
  std::shared_ptr<const Source> source;
  Time position{};          // for set
  bool allow_skip = false;  // for set and reset
  bool confirmed = false;   // for set and reset: even if the source is not paused
  HttpResponse done{};
};

// `views` is called at most once.
std::variant<HttpResponse, Change> answer(const HttpRequest& request, const Identity& identity,
                                          const KafkaView& kafka, const ConfigView& config,
                                          const std::function<std::vector<SourceView>()>& views, Time now);

}  // namespace auditstream::admin
