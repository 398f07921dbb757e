#include "simvendors/faults.h"

#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

std::uint64_t chance(const Tenant& tenant) {
  return mix(tenant.spec.log.seed ^ 0xfa17, tenant.stats.requests);
}

test::Reply page_for_people(int status, std::string_view title) {
  test::Reply reply;
  reply.status = status;
  reply.headers.push_back({"Content-Type", "text/html; charset=utf-8"});
  reply.body = std::make_shared<const std::string>("<!DOCTYPE html><html><head><title>" + std::string(title) +
                                                   "</title></head><body><h1>" + std::string(title) +
                                                   "</h1></body></html>\n");
  return reply;
}

}  // namespace

Fault draw_fault(Tenant& tenant) {
  const FaultRates& rates = tenant.spec.faults;
  if (rates.total() <= 0) return Fault::none;
  const std::pair<double, Fault> kinds[] = {
      {rates.throttled, Fault::throttled}, {rates.server_error, Fault::server_error},
      {rates.reset, Fault::reset},         {rates.truncated, Fault::truncated},
      {rates.html_ok, Fault::html_ok},     {rates.html_forbidden, Fault::html_forbidden},
      {rates.slow, Fault::slow},           {rates.empty, Fault::empty},
  };
  double drawn = fraction(chance(tenant));
  for (const auto& [share, fault] : kinds) {
    if (drawn < share) {
      ++tenant.stats.faults;
      return fault;
    }
    drawn -= share;
  }
  return Fault::none;
}

std::optional<test::Reply> instead(Fault fault, const Tenant& tenant) {
  if (fault == Fault::server_error) {
    constexpr int statuses[] = {500, 502, 503};
    return page_for_people(statuses[mix(chance(tenant)) % 3], "Something went wrong");
  }
  if (fault == Fault::html_ok) return page_for_people(200, "Down for maintenance");
  if (fault == Fault::html_forbidden) return page_for_people(403, "Request blocked");
  if (fault == Fault::empty) return test::Reply{};
  return std::nullopt;
}

void spoil(Fault fault, const Tenant& tenant, test::Reply& reply) {
  if (fault == Fault::slow) reply.delay += tenant.spec.slow_by;
  if (fault == Fault::truncated) reply.fate = test::Fate::cut_short;
  if (fault == Fault::reset) {
    reply.fate = mix(chance(tenant)) % 2 == 0 ? test::Fate::reset_at_once : test::Fate::reset_midway;
  }
}

}  // namespace auditstream::sim
