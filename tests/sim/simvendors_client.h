// A client of the simulated vendors for their own tests: asks in process, and reads answers without the
// product's vendors.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auditstream/json.h"
#include "simvendors/simulated_vendors.h"
#include "simvendors/wire.h"

namespace auditstream::sim {

inline const Time simulation_start = Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 12h);

// One tenant without rate limits.
inline TenantSpec spec_of(const std::string& vendor) {
  TenantSpec spec;
  spec.vendor = vendor;
  spec.name = "acme";
  spec.credential = vendor + "-key";
  spec.secret = "secret";
  spec.rate_limit.emplace();
  spec.log.history = 2500;
  spec.log.history_span = 24h * 40;
  spec.log.burst_every = 500;
  spec.log.burst_size = 300;
  return spec;
}

class SimvendorsClient {
 public:
  explicit SimvendorsClient(TenantSpec spec) : vendors(simulation_start, {std::move(spec)}) {}

  test::Request request(const std::string& target) const {
    test::Request request;
    request.origin = "http://127.0.0.1:1";
    request.target = target;
    const TenantSpec& spec = vendors.tenants().front()->spec;
    const Profile& profile = api_of(spec.vendor).profile();
    request.headers = {{profile.header, profile.scheme + (profile.exchange ? token : spec.credential)}};
    return request;
  }
  test::Reply get(const std::string& target) { return vendors.handle(request(target), now); }
  std::string body(const std::string& target) {
    const test::Reply reply = get(target);
    EXPECT_EQ(reply.status, 200) << target << ": " << *reply.body;
    return *reply.body;
  }
  test::Reply post(const std::string& target, const std::string& body) {
    test::Request ask = request(target);
    ask.method = "POST";
    ask.headers = {{"content-type", "application/json"}};
    ask.body = body;
    return vendors.handle(ask, now);
  }
  // Where the vendor wants that: exchanges the credential; later requests carry the token.
  test::Reply exchange(const std::string& secret = "secret") {
    TenantSpec spec = tenant().spec;
    spec.secret = secret;
    const test::Reply reply = vendors.handle(api_of(spec.vendor).profile().exchange(spec), now);
    token = json::scalar_at(*reply.body, "/token").value_or("");
    return reply;
  }

  Tenant& tenant() { return *vendors.tenants().front(); }
  std::vector<Truth> truth() { return vendors.truth(tenant(), now); }

  SimulatedVendors vendors;
  Time now = simulation_start;
  std::string token;
};

}  // namespace auditstream::sim
