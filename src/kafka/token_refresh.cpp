#include "kafka/token_refresh.h"

#include <utility>
#include <vector>

#include "auditstream/check.h"
#include "base/mutex.h"
#include "kafka/handles.h"

namespace auditstream::kafka {
namespace {

// librdkafka calls back with the handle's opaque, which is taken, and with sasl.oauthbearer.config: that says
// which source it is.
class TokenSources {
 public:
  std::string keep(std::shared_ptr<const TokenSource> source) {
    const MutexLock lock(mutex_);
    std::size_t at = 0;
    while (at < kept_.size() && kept_[at] != source) ++at;
    if (at == kept_.size()) kept_.push_back(std::move(source));
    return std::to_string(at);
  }
  std::shared_ptr<const TokenSource> find(const char* config) const {
    const MutexLock lock(mutex_);
    AS_CHECK(config != nullptr);
    return kept_.at(std::stoul(config));
  }
  void note(std::optional<Error> error) {
    const MutexLock lock(mutex_);
    last_error_ = std::move(error);
  }
  std::optional<Error> last_error() const {
    const MutexLock lock(mutex_);
    return last_error_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<const TokenSource>> kept_ AS_GUARDED_BY(mutex_);
  std::optional<Error> last_error_ AS_GUARDED_BY(mutex_);
};

TokenSources& token_sources() {
  static auto& all = *new TokenSources;
  return all;
}

void refresh(rd_kafka_t* handle, const char* config, void*) {
  const Result<oauth::Token> token = (*token_sources().find(config))();
  std::string why;
  if (token.ok()) {
    std::vector<const char*> extensions;
    for (const auto& [name, value] : token->extensions) {
      extensions.push_back(name.c_str());
      extensions.push_back(value.c_str());
    }
    const auto expires_ms =
        std::chrono::floor<std::chrono::milliseconds>(token->expires).time_since_epoch().count();
    char reason[256];
    if (rd_kafka_oauthbearer_set_token(handle, token->value.c_str(), expires_ms, token->principal.c_str(),
                                       extensions.data(), extensions.size(), reason,
                                       sizeof reason) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      token_sources().note(std::nullopt);
      return;
    }
    // The reason may repeat the token.
    why = "librdkafka doesn't take the token, or kafka.sasl.oauthbearer.extensions";
    token_sources().note(Error{why, ErrorKind::misconfigured});
  } else {
    why = token.error().message;
    token_sources().note(token.error());
  }
  // It asks again ten seconds later.
  rd_kafka_oauthbearer_set_token_failure(handle, why.c_str());
}

}  // namespace

Status ask_for_tokens(rd_kafka_conf_t* conf, std::shared_ptr<const TokenSource> source) {
  const std::string config = token_sources().keep(std::move(source));
  if (rd_kafka_conf_set(conf, "sasl.oauthbearer.config", config.c_str(), nullptr, 0) != RD_KAFKA_CONF_OK) {
    return Error{"kafka.sasl.mechanism: this librdkafka has no OAUTHBEARER", ErrorKind::misconfigured};
  }
  rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, refresh);
  rd_kafka_conf_enable_sasl_queue(conf, 1);
  return success();
}

// On a thread of the handle's own: a token would expire on a handle that nobody polls.
void begin_refreshing(rd_kafka_t* handle) {
  const ErrorHandle error(rd_kafka_sasl_background_callbacks_enable(handle));
  AS_CHECK(error == nullptr);
}

std::optional<Error> token_error() { return token_sources().last_error(); }

}  // namespace auditstream::kafka
