#include "simvendors/default_tenants.h"

#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

// More than any test can ask for; a source needs some limit.
constexpr std::string_view unlimited = "100000/s";

std::string limits_text(const std::vector<RateSpec>& limits) {
  if (limits.empty()) return std::string(unlimited);
  std::string text = "[";
  for (const RateSpec& limit : limits) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(limit.count);
    text += limit.period == Duration(1h) ? "/h" : limit.period == Duration(1min) ? "/min" : "/s";
  }
  return text + "]";
}

std::string vendor_settings(const TenantSpec& tenant) {
  if (tenant.vendor == "floqast") return "    region: us\n    api_key: " + tenant.credential + "\n";
  if (tenant.vendor == "captivateiq") return "    api_token: " + tenant.credential + "\n";
  if (tenant.vendor == "tines") {
    return "    tenant_domain: " + tenant.name + ".tines.com\n    api_key: " + tenant.credential + "\n";
  }
  if (tenant.vendor == "workato") return "    api_token: " + tenant.credential + "\n";
  return "    namespace: " + tenant.name + "\n    api_key: " + tenant.credential +
         "\n    api_secret: " + tenant.secret + "\n";
}

}  // namespace

std::vector<TenantSpec> default_tenants(const TenantSpec& like, unsigned count) {
  struct Kind {
    std::string vendor;
    std::string credential;
    std::string secret;
  };
  const Kind kinds[] = {{"floqast", "floqast-key-", ""},
                        {"captivateiq", "captivateiq-token-", ""},
                        {"endorlabs", "endor-key-", "endor-secret-"},
                        {"tines", "tines-key-", ""},
                        {"workato", "workato-token-", ""}};
  std::vector<TenantSpec> tenants;
  for (unsigned number = 1; number <= count; ++number) {
    for (const Kind& kind : kinds) {
      TenantSpec tenant = like;
      tenant.vendor = kind.vendor;
      tenant.name = number == 1 ? "acme" : "acme-" + std::to_string(number);
      tenant.credential = kind.credential + std::to_string(number);
      if (!kind.secret.empty()) tenant.secret = kind.secret + std::to_string(number);
      tenant.log.seed = mix(like.log.seed, tenants.size());
      tenant.self_feeding = kind.vendor == "floqast";
      if (kind.vendor == "workato") tenant.shape = "mixed";
      tenants.push_back(std::move(tenant));
    }
  }
  return tenants;
}

std::string auditstream_yaml(const std::vector<TenantSpec>& tenants, const ConfigNeeds& needs) {
  std::string yaml =
      "kafka:\n  bootstrap.servers: " + needs.bootstrap + "\nhttp:\n  listen: 127.0.0.1:0\ndefaults:\n";
  yaml += "  poll_interval: " + needs.poll_interval + "\n";
  yaml += "  backfill_start_time: " + time_text(floor_second(needs.backfill_start), 0) + "\nsources:\n";
  for (const TenantSpec& tenant : tenants) {
    yaml += "  - name: " + tenant.name + "-" + tenant.vendor + "\n    vendor: " + tenant.vendor + "\n";
    yaml += "    base_url: " + needs.origin + "\n" + vendor_settings(tenant);
    if (tenant.rate_limit) yaml += "    rate_limit: " + limits_text(*tenant.rate_limit) + "\n";
  }
  return yaml;
}

}  // namespace auditstream::sim
