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
    if (spec.vendor == "floqast") {
      request.headers = {{"x-api-key", spec.credential}};
    } else if (spec.vendor == "endorlabs") {
      request.headers = {{"authorization", "Bearer " + token}};
    } else {
      const std::string scheme = spec.vendor == "captivateiq" ? "Token " : "Bearer ";
      request.headers = {{"authorization", scheme + spec.credential}};
    }
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
  // Endor Labs: exchanges the key; later requests carry the token.
  test::Reply exchange(const std::string& secret = "secret") {
    const test::Reply reply =
        post("/v1/auth/api-key", R"({"key":"endorlabs-key","secret":")" + secret + "\"}");
    token = json::scalar_at(*reply.body, "/token").value_or("");
    return reply;
  }

  Tenant& tenant() { return *vendors.tenants().front(); }
  std::vector<Truth> truth() { return vendors.truth(tenant(), now); }

  SimulatedVendors vendors;
  Time now = simulation_start;
  std::string token;
};

// The rows of an answer, as their bytes: the elements of its first array.
inline std::vector<std::string> rows_of(const std::string& body) {
  std::vector<std::string> rows;
  int depth = 0;
  bool in_text = false;
  std::size_t from = 0;
  for (std::size_t i = body.find("\":[") + 3; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (depth++ == 0) from = i;
    } else if (c == '}' || c == ']') {
      if (depth == 0) break;
      if (--depth == 0) rows.push_back(body.substr(from, i + 1 - from));
    }
  }
  return rows;
}

// Percent-encodes all but what may always stand.
inline std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      append_hex(out, static_cast<unsigned char>(c), 2);
    }
  }
  return out;
}

}  // namespace auditstream::sim
