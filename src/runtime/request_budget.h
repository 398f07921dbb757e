// When a tool may ask a vendor: within the source's rate limit, and out of the budget of the instance that polls the source,
// so that both together keep to it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "config/config.h"
#include "core/rate_limit.h"
#include "http/curl_client.h"

namespace auditstream::runtime {

class RequestBudget {
 public:
  // The instance is looked for at `http.listen` of the config that the tool was given. `say` hears once if one runs there that
  // does not count our requests. All of them outlive this object.
  RequestBudget(const config::HttpSettings& http, const Source& source,
                std::function<void(const std::string&)> say);

  // When the next request may go. For each request that may block for 2 s, while the instance is asked.
  Steady next();
  // It goes now.
  void take();
  // The vendor asked for silence until then.
  void block(Steady until) { own_.block(until); }

 private:
  Steady borrow();
  Steady without(const std::string& why);

  std::string url_;  // where requests are lent; "" if no instance can be asked
  const Secret& token_;
  const std::string& source_;
  const std::function<void(const std::string&)> say_;
  http::CurlClient client_;
  http::RequestId last_id_ = 0;

  core::RateLimit own_;
  core::RateLimit small_;  // beside an instance that does not count our requests
  bool beside_ = false;    // there is one
  bool said_ = false;
  Steady ask_again_at_{};       // the instance, after it could not lend
  std::optional<Steady> lent_;  // when the next request may go
};

}  // namespace auditstream::runtime
