// The tenants that the program serves when nobody describes others, and the config with which auditstream
// reads them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "simvendors/tenant.h"

namespace auditstream::sim {

// `like` gives everything but vendor, name, credential and seed. Per vendor `count` tenants: "acme",
// "acme-2", ..., with the credentials that the vendor's Profile begins: "tines-key-1", "tines-key-2", ...
std::vector<TenantSpec> default_tenants(const TenantSpec& like, unsigned count);

struct ConfigNeeds {
  std::string origin;  // of the simulated vendors
  std::string bootstrap;
  std::string poll_interval;
  Time backfill_start;
};

// A list with one source per tenant, named <tenant>-<vendor>. Where a tenant's rate limit differs from the
// vendor's own, the source has it too.
std::string sources_yaml(const std::vector<TenantSpec>& tenants, const std::string& origin);
// The same of the first tenants, for docker-compose.yml: their credentials are files in /run/secrets. And what
// these files hold, by their names.
std::string compose_sources_yaml(const std::string& origin);
std::map<std::string, std::string> compose_secrets();
// An auditstream.yaml with these sources.
std::string auditstream_yaml(const std::vector<TenantSpec>& tenants, const ConfigNeeds& needs);

}  // namespace auditstream::sim
