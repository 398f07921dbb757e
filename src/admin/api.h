// Api: what the HTTP server answers, as far as it is a function of values: Kafka Connect's REST shapes, the
// list of sources for people, and who may come in at all. Knows no socket, no clock, no Kafka.
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

#include "admin/board.h"
#include "admin/config_view.h"
#include "admin/kafka_view.h"
#include "auditstream/secret.h"
#include "auditstream/time.h"

namespace auditstream::admin {

struct HttpRequest {
  std::string method;
  std::string path;                                           // decoded, without the query
  std::multimap<std::string, std::string> query{};            // decoded
  std::map<std::string, std::string, std::less<>> headers{};  // names in lower case, the first of each
  std::string body{};
};

// Fills in path and query from what stands in the request line.
void read_target(std::string_view target, HttpRequest& into);

// Whether the body is part of what is asked; that of any other request need not be read.
bool takes_body(const HttpRequest& request);

struct HttpResponse {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
};

// Connect's shape: {"error_code":404,"message":"..."}.
HttpResponse error_response(int status, const std::string& message);

// --- who may come in

struct AccessPolicy {
  std::string listen;  // http.listen
  bool loopback = true;
  Secret token;
  std::vector<std::string> hosts;  // beside those that are known anyway
};

// A page of another site must reach no listener, also where its name leads to our address (DNS rebinding),
// and from beyond this machine only who knows the token may change anything. Nothing: let it in. Looks at no
// body.
std::optional<HttpResponse> refuse_access(const HttpRequest& request, const AccessPolicy& policy);

// --- what it answers

// Who answers.
struct Identity {
  std::string version;
  std::string commit;
  std::string instance;
  std::string group;
  std::string offsets_topic;
  int partitions = 0;
  std::string cluster_id;  // Kafka's
};

// What a request wants changed; `done` is the answer if that works (for set and reset: its body comes of
// offsets_changed).
struct Change {
  enum class Kind { pause, resume, restart, set, reset };
  Kind kind;
  std::shared_ptr<const Source> source;
  Time position{};          // for set
  bool allow_skip = false;  // for set and reset
  bool confirmed = false;   // for set and reset: also of a source that is not paused
  HttpResponse done{};
};

// `views` is called at most once.
std::variant<HttpResponse, Change> answer(const HttpRequest& request, const Identity& identity,
                                          const KafkaView& kafka, const ConfigView& config,
                                          const std::function<std::vector<SourceView>()>& views, Time now);

}  // namespace auditstream::admin
