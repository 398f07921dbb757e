#include "simvendors/event_lines.h"

#include <algorithm>

namespace auditstream::sim {
namespace {

constexpr Time start{std::chrono::sys_days(std::chrono::year(2026) / 11 / 20)};

}  // namespace

std::vector<EventLine> event_lines(const Api& api, std::uint32_t of_each_shape, std::uint64_t seed) {
  std::vector<EventLine> lines;
  for (const std::string& shape : api.profile().shapes) {
    TenantSpec spec;
    spec.vendor = api.vendor();
    spec.name = "acme";
    spec.credential = api.profile().key + "1";
    spec.shape = shape;
    spec.log.seed = seed;
    spec.log.history = of_each_shape;
    spec.flaw_share = 0.1;
    const Tenant tenant(spec, start);
    for (Serial serial = 0; serial < of_each_shape; ++serial) {
      EventLine line{api.id(tenant, serial),
                     floor_to(tenant.log.time(serial), api.precision(tenant, serial)),
                     tenant.flaw(serial) != Flaw::none,
                     {}};
      append_row(api, tenant, serial, line.text);
      std::ranges::replace(line.text, '\n', ' ');
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace auditstream::sim
