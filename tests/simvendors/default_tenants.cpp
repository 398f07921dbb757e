#include "simvendors/default_tenants.h"

#include "simvendors/api.h"
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

std::string own_settings(const TenantSpec& tenant) {
  const Profile& profile = api_of(tenant.vendor).profile();
  SourceSettings settings = profile.settings(tenant);
  settings.emplace_back(profile.key_setting, tenant.credential);
  if (!profile.secret_setting.empty()) settings.emplace_back(profile.secret_setting, tenant.secret);
  std::string yaml;
  for (const auto& [name, value] : settings) yaml += "    " + name + ": " + value + "\n";
  return yaml;
}

}  // namespace

std::vector<TenantSpec> default_tenants(const TenantSpec& like, unsigned count) {
  std::vector<TenantSpec> tenants;
  for (unsigned number = 1; number <= count; ++number) {
    for (const Api* api : apis()) {
      const Profile& profile = api->profile();
      TenantSpec tenant = like;
      tenant.vendor = api->vendor();
      tenant.name = number == 1 ? "acme" : "acme-" + std::to_string(number);
      tenant.credential = profile.key + std::to_string(number);
      if (!profile.secret.empty()) tenant.secret = profile.secret + std::to_string(number);
      tenant.log.seed = mix(like.log.seed, tenants.size());
      tenant.self_feeding = profile.records_requests;
      if (!profile.usual_shape.empty()) tenant.shape = profile.usual_shape;
      tenants.push_back(std::move(tenant));
    }
  }
  return tenants;
}

std::string sources_yaml(const std::vector<TenantSpec>& tenants, const std::string& origin) {
  std::string yaml;
  for (const TenantSpec& tenant : tenants) {
    yaml += "  - name: " + tenant.name + "-" + tenant.vendor + "\n    vendor: " + tenant.vendor + "\n";
    yaml += "    base_url: " + origin + "\n" + own_settings(tenant);
    if (tenant.rate_limit) yaml += "    rate_limit: " + limits_text(*tenant.rate_limit) + "\n";
  }
  return yaml;
}

std::string compose_sources_yaml(const std::string& origin) {
  std::vector<TenantSpec> tenants = default_tenants({}, 1);
  for (TenantSpec& tenant : tenants) {
    const Profile& profile = api_of(tenant.vendor).profile();
    const auto file = [&](const std::string& setting) {
      return "${file:/run/secrets/" + tenant.vendor + "_" + setting + "}";
    };
    tenant.credential = file(profile.key_setting);
    tenant.secret = file(profile.secret_setting);
  }
  return "# Written by: build/tests/simvendors --print-sources " + origin + "\n" +
         sources_yaml(tenants, origin);
}

std::map<std::string, std::string> compose_secrets() {
  std::map<std::string, std::string> secrets;
  for (const TenantSpec& tenant : default_tenants({}, 1)) {
    const Profile& profile = api_of(tenant.vendor).profile();
    secrets[tenant.vendor + "_" + profile.key_setting] = tenant.credential;
    if (!profile.secret_setting.empty())
      secrets[tenant.vendor + "_" + profile.secret_setting] = tenant.secret;
  }
  return secrets;
}

std::string auditstream_yaml(const std::vector<TenantSpec>& tenants, const ConfigNeeds& needs) {
  std::string yaml =
      "kafka:\n  bootstrap.servers: " + needs.bootstrap + "\nhttp:\n  listen: 127.0.0.1:0\ndefaults:\n";
  yaml += "  poll_interval: " + needs.poll_interval + "\n";
  yaml += "  backfill_start_time: " + time_text(floor_second(needs.backfill_start), 0) + "\nsources:\n";
  return yaml + sources_yaml(tenants, needs.origin);
}

}  // namespace auditstream::sim
