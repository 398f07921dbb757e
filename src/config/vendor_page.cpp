#include "config/vendor_page.h"

#include <algorithm>
#include <iomanip>
#include <string>
#include <vector>

#include "config/common_settings.h"
#include "config/findings.h"
#include "config/rate.h"
#include "vendor_apis/registry.h"

namespace auditstream::config {
namespace {

struct Row {
  std::string name;
  std::string nature;  // "required", "default 30s"
  std::string meaning;
};

void print_rows(const std::vector<Row>& rows, std::ostream& out) {
  std::size_t name_width = 0, nature_width = 0;
  for (const Row& row : rows) {
    name_width = std::max(name_width, row.name.size());
    nature_width = std::max(nature_width, row.nature.size());
  }
  for (const Row& row : rows) {
    out << "  " << std::left << std::setw(static_cast<int>(name_width)) << row.name << "  ";
    if (!row.meaning.empty()) out << std::setw(static_cast<int>(nature_width));
    out << row.nature << (row.meaning.empty() ? "" : "  ") << row.meaning << '\n';
  }
}

std::string nature_of(const Setting& setting) {
  std::string nature = setting.required ? "required" : "optional";
  if (!setting.fallback.empty()) nature = "default " + setting.fallback;
  if (setting.type == Setting::Type::secret) nature += ", secret";
  if (setting.type == Setting::Type::list) nature += ", list";
  return nature;
}

std::string rates_of(const Vendor& vendor) {
  std::vector<std::string> rates;
  for (const RateSpec& rate : vendor.traits().rate_limit) rates.push_back(format_rate(rate));
  return listed(rates);
}

// The vendor's only host, or "" if settings choose among several.
std::string fixed_base_url(const Vendor& vendor) {
  for (const Setting& setting : vendor.settings()) {
    if (setting.request_host || !setting.choices.empty()) return {};
  }
  return vendor.default_base_url(Source{});
}

std::string nature_of(const CommonSetting& setting, const Vendor& vendor) {
  if (setting.required()) return "required";
  if (!setting.fallback.empty()) return "default " + std::string(setting.fallback);
  if (setting.name == "page_size") return "default " + std::to_string(vendor.traits().page_size);
  if (setting.name == "rate_limit" && !rates_of(vendor).empty()) return "default " + rates_of(vendor);
  if (setting.name == "base_url" && !fixed_base_url(vendor).empty())
    return "default " + fixed_base_url(vendor);
  return "default: " + std::string(setting.otherwise);
}

bool is_common(const Setting& setting) {
  const auto& settings = common_settings();
  return std::any_of(settings.begin(), settings.end(),
                     [&](const CommonSetting& common) { return common.name == setting.name; });
}

// The sentence about a common setting, in the vendor's own words if it has some.
std::string meaning_of(const CommonSetting& setting, const Vendor& vendor) {
  for (const Setting& own : vendor.settings()) {
    if (own.name == setting.name) return own.meaning;
  }
  return std::string(setting.meaning);
}

}  // namespace

void print_vendors(std::ostream& out) {
  std::vector<Row> rows;
  for (const Vendor* vendor : vendor_apis::vendors()) {
    std::vector<std::string> required;
    for (const Setting& setting : vendor->settings()) {
      if (setting.required) required.push_back(setting.name);
    }
    rows.push_back({std::string(vendor->name()), std::string(vendor->title()), "needs " + listed(required)});
  }
  print_rows(rows, out);
  out << "\nauditstream vendors NAME lists the settings of one.\n";
}

void print_vendor(const Vendor& vendor, std::ostream& out) {
  const Traits& traits = vendor.traits();
  std::vector<Row> own, common;
  for (const Setting& setting : vendor.settings()) {
    if (is_common(setting)) continue;
    std::string meaning = setting.meaning;
    if (!setting.choices.empty()) meaning += " One of " + listed(setting.choices) + ".";
    own.push_back({setting.name, nature_of(setting), meaning});
  }
  for (const CommonSetting& setting : common_settings()) {
    common.push_back({std::string(setting.name), nature_of(setting, vendor), meaning_of(setting, vendor)});
  }

  out << vendor.title() << " (vendor: " << vendor.name() << ")\n";
  out << "\nSettings of its own\n";
  print_rows(own, out);
  out << "\nSettings of every source\n";
  print_rows(common, out);
  out << "\nRecords\n";
  print_rows({{"actor", std::string(traits.actor), ""},
              {"auditstream_action", std::string(traits.action), ""},
              {"ce_time", std::to_string(traits.time_digits) + " digits after the second", ""}},
             out);
  out << "\nLimits\n";
  print_rows({{"page size", "at most " + std::to_string(traits.page_size_max), ""},
              {"rate", rates_of(vendor).empty() ? "not published" : rates_of(vendor), ""},
              {"retention", traits.retention ? format_duration(*traits.retention) : "not published", ""}},
             out);
}

}  // namespace auditstream::config
