// All simulated vendors behind one address: tells tenants apart by their credentials, keeps their rate
// limits, spoils answers on purpose, and tells the truth to whoever compares. Pure: the time is an argument,
// chance comes from the tenants' seeds. One thread. Time should not run backwards: an earlier `now` shows
// what a later one has already shown.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simvendors/api.h"
#include "simvendors/tenant.h"
#include "support/http_exchange.h"

namespace auditstream::sim {

// One event as it is, for comparison with what was published.
struct Truth {
  std::string id;            // hash_hex(raw) where the event carries none
  std::optional<Time> time;  // as printed; nothing where it can't be read
  std::string raw;
  bool own = false;        // it exists only because somebody polled
  bool child = false;      // Endor Labs: belongs to the child namespace
  bool malformed = false;  // no valid JSON
};

class SimulatedVendors {
 public:
  // Live production begins at `start`; histories end there. Two tenants of a vendor must differ in name and
  // credential.
  SimulatedVendors(Time start, std::vector<TenantSpec> specs);

  // Answers a vendor's API, and below "/_" the control API: GET /_truth, GET /_stats, POST /_control.
  test::Reply handle(const test::Request& request, Time now);

  // Null if there is none.
  Tenant* find(std::string_view vendor, std::string_view name);
  const std::vector<std::unique_ptr<Tenant>>& tenants() const { return tenants_; }

  // Whatever has appeared by now, in the order of appearance.
  std::vector<Truth> truth(Tenant& tenant, Time now);
  Truth truth_of(const Tenant& tenant, Serial serial) const;

  // Ends live production and self-feeding, so that a test can drain and compare.
  void stop_production(Tenant& tenant, Time now);
  // And begins them again, without what would have been in between.
  void go_on_producing(Tenant& tenant, Time now);

 private:
  // Whose log somebody with an unknown credential gets, or an error of his own choice. Null: 401.
  Tenant* tenant_for_anyone(std::string_view vendor);
  test::Reply serve(const Api& api, Tenant& tenant, const test::Request& request, Time now);
  test::Reply payload_reply(const test::Request& request);
  test::Reply truth_reply(const test::Request& request, Time now);
  test::Reply stats_reply() const;
  test::Reply control_reply(const test::Request& request, Time now);

  Time start_;
  std::vector<std::unique_ptr<Tenant>> tenants_;
  std::unordered_map<std::string, Tenant*> by_credential_;  // "vendor\ncredential"
  std::unordered_map<std::string, Tenant*> by_name_;        // "vendor\nname"
};

}  // namespace auditstream::sim
