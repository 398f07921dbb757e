#include "vendor_apis/probed.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "simvendors/api.h"
#include "simvendors/in_process.h"
#include "simvendors/simulated_vendors.h"
#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {
namespace {

constexpr Time start{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + 15h};
constexpr std::size_t body_bytes_max = 64 << 20;

sim::TenantSpec tenant_of(const std::string& vendor, const std::string& members) {
  const sim::Profile& profile = sim::api_of(vendor).profile();
  sim::TenantSpec spec;
  spec.vendor = vendor;
  spec.name = "acme";
  spec.credential = profile.key + "0a1b2c3d";
  spec.secret = profile.secret + "4e5f6a7b";
  spec.shape = profile.usual_shape;
  spec.log.history = 400;
  spec.log.history_span = 24h * 12;
  spec.log.burst_every = 40;
  spec.log.burst_size = 5;
  spec.redirect_origin = "http://127.0.0.2:1";
  const Status applied = sim::apply_json(spec, members.empty() ? "{}" : members);
  EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message);
  return spec;
}

Source source_of(const sim::TenantSpec& tenant) {
  const Vendor& vendor = *find_vendor(tenant.vendor);
  Settings settings{{"base_url", "http://127.0.0.1:1"}};
  for (const auto& [name, value] : sim::api_of(tenant.vendor).profile().settings(tenant))
    settings[name] = value;
  Source source = given_source(vendor, settings);
  source.rate_limit = vendor.traits().rate_limit;
  return source;
}

Secrets secrets_of(const sim::TenantSpec& tenant) {
  const sim::Profile& profile = sim::api_of(tenant.vendor).profile();
  Secrets secrets{{profile.key_setting, Secret(tenant.credential)}};
  if (!profile.secret_setting.empty()) secrets.emplace(profile.secret_setting, Secret(tenant.secret));
  return secrets;
}

}  // namespace

const probe::Fact& Probed::fact(const std::string& name) const {
  static const probe::Fact none;
  const auto found = std::ranges::find(report.facts, name, &probe::Fact::name);
  EXPECT_NE(found, report.facts.end()) << "no fact is called " << name;
  return found == report.facts.end() ? none : *found;
}

std::string Probed::contradictions() const {
  std::string lines;
  for (const probe::Fact& fact : report.facts) {
    if (fact.verdict == probe::Verdict::contradicted) lines += fact.name + ": " + fact.seen + "\n";
  }
  return lines;
}

Secrets probed_secrets(const std::string& vendor) { return secrets_of(tenant_of(vendor, "")); }

Probed probed(const std::string& vendor, const ProbedWith& with) {
  const sim::TenantSpec spec = tenant_of(vendor, with.tenant);
  sim::SimulatedVendors vendors(start, {spec});
  Duration gone{0};
  unsigned sent = 0;
  unsigned unauthorized = 0;
  // A while after the start, so that there are new events where there are to be some.
  const auto now = [&] { return start + 1h + gone; };
  probe::Outside outside;
  outside.now = [&] { return Now{now(), Steady{now().time_since_epoch()}}; };
  outside.rest = [&](Duration duration) {
    gone += duration;
    return sent < with.interrupted_after;
  };
  outside.exchange = [&](http::Request request) -> std::optional<http::Response> {
    if (++sent > with.interrupted_after) return std::nullopt;
    gone += 1s;
    if (with.fails && with.fails(request)) {
      http::Response none;
      none.transport = http::Transport::timeout;
      none.transport_detail = "timed out";
      gone += request.timeout;
      return none;
    }
    const test::Reply reply = vendors.handle(sim::to_request(request), now());
    http::Response response = sim::to_response(reply, body_bytes_max, request.timeout);
    gone += response.latency;
    unauthorized += response.status == 401 ? 1 : 0;
    return response;
  };
  auto source = std::make_shared<Source>(source_of(spec));
  if (with.change) with.change(*source);
  probe::Session session(source, secrets_of(spec), std::move(outside), with.requests, with.observe);
  Probed probed;
  probed.report = probe::survey(session, with.wishes, [](const std::string&) {});
  probed.bad_requests = vendors.find(vendor, spec.name)->stats.bad_requests;
  probed.complaint = vendors.find(vendor, spec.name)->stats.last_complaint;
  probed.unauthorized = unauthorized;
  EXPECT_LE(sent, with.requests);
  EXPECT_EQ(vendors.find(vendor, spec.name)->stats.leaked, 0u);
  return probed;
}

}  // namespace auditstream::vendor_apis
