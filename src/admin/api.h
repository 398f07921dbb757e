// Api: the HTTP server's responses, as pure functions: Kafka Connect's REST shapes and the list of sources for
// people. Knows no socket, no clock, no Kafka.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "admin/config_view.h"
#include "admin/http_message.h"
#include "admin/kafka_view.h"
#include "admin/sources_view.h"
#include "auditstream/time.h"

namespace auditstream::admin {

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

// A tool wants to send one request to the vendor, out of the budget of the source's account.
struct Loan {
  std::string source;
  std::optional<std::string> owner;  // the instance that polls it, as far as is known
};
HttpResponse not_lent(const Loan& loan, const std::string& instance);

// `views` is called at most once.
std::variant<HttpResponse, Change, Loan> answer(const HttpRequest& request, const Identity& identity,
                                                const KafkaView& kafka, const ConfigView& config,
                                                const std::function<std::vector<SourceView>()>& views,
                                                Time now);

}  // namespace auditstream::admin
