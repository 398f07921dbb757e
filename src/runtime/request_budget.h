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
  // The instance is looked for at `http.listen` of the config that the tool was given. `say` hears once if something listens
  // there that does not count our requests, and of waits that take long. All of them outlive this object.
  RequestBudget(const config::HttpSettings& http, const Source& source,
                std::function<void(const std::string&)> say);

  // When the next request may go; if that is later than now, ask again then. May block for 2 s, while the instance is asked.
  Steady next();
  // It goes now.
  void take();
  // The vendor asked for silence until then.
  void block(Steady until) { own_.block(until); }

 private:
  void borrow();

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
  std::optional<Steady> lent_;           // when the next request may go
  Steady ask_at_{};                      // for it: before, there is none to be lent
  Steady stranger_until_{};              // nobody there lends any
  std::optional<Steady> opening_since_;  // the instance does not poll the source yet
};

}  // namespace auditstream::runtime
