// The tenants that the program serves when nobody describes others, and the config with which auditstream
// reads them.
#pragma once

#include <string>
#include <vector>

#include "simvendors/tenant.h"

namespace auditstream::sim {

// `like` gives everything but vendor, name, credential and seed. Per vendor `count` tenants: "acme",
// "acme-2", ..., with the credentials "floqast-key-1", "captivateiq-token-1", "endor-key-1" and
// "endor-secret-1", "tines-key-1", "workato-token-1" and so on.
std::vector<TenantSpec> default_tenants(const TenantSpec& like, unsigned count);

struct ConfigNeeds {
  std::string origin;  // of the simulated vendors
  std::string bootstrap;
  std::string poll_interval;
  Time backfill_start;
};

// An auditstream.yaml with one source per tenant, named <tenant>-<vendor>. Where a tenant's rate limit
// differs from the vendor's own, the source has it too.
std::string auditstream_yaml(const std::vector<TenantSpec>& tenants, const ConfigNeeds& needs);

}  // namespace auditstream::sim
