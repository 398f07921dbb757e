// Answers that are spoiled on purpose, drawn by the tenant's seed and the number of the request.
#pragma once

#include <optional>

#include "simvendors/tenant.h"
#include "support/http_exchange.h"

namespace auditstream::sim {

enum class Fault { none, throttled, server_error, reset, truncated, html_ok, html_forbidden, slow, empty };

// Draws for the request that was counted last.
Fault draw_fault(Tenant& tenant);

// The answer that takes the place of the right one, where the fault has one.
std::optional<test::Reply> instead(Fault fault, const Tenant& tenant);

// What the fault does to the right answer.
void spoil(Fault fault, const Tenant& tenant, test::Reply& reply);

}  // namespace auditstream::sim
