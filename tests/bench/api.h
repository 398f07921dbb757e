// Api: Tines' and Workato's audit log APIs over one AuditLog, as fast as a page can be rendered. It measures
// the connector, so it does not doubt the requests as the simulated vendors do. Knows no socket and no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auditstream/model.h"
#include "bench/audit_log.h"
#include "bench/request_log.h"
#include "simvendors/query.h"
#include "simvendors/rate_gate.h"
#include "support/http_exchange.h"

namespace auditstream::bench {

// Beside the vendors' paths there are
//   GET /_setup?events=N&days=D              N events spread over D days, the last one a day ago
//       [&live_per_second=R]                 instead: R events a second from now on
//       [&latency_ms=L][&quota=Q&period_ms=P]  for all that follows; also forgets what was counted
//       [&close=1]                           ends each connection after one answer
//   GET /_stats                              {"requests":N,"throttled":N,"keys":N,"first_us":T,"last_us":T,
//                                            "now_us":T}; keys: how many different ones have asked
//   GET /_log?[since_us=T]                   "MICROSECONDS KEY" for each request, in order
class Api {
 public:
  test::Reply answer(const test::Request& request, Time now);

 private:
  test::Reply set_up(sim::Query query, Time now);
  test::Reply stats(Time now) const;
  test::Reply requests_since(sim::Query query) const;
  test::Reply tines(sim::Query query, const AuditLog& log) const;
  test::Reply workato(sim::Query query, const AuditLog& log) const;
  AuditLog log_at(Time now) const;

  const Row tines_row_{"created_at"};
  const Row workato_row_{"timestamp"};

  AuditLog log_;
  bool live_ = false;
  Duration latency_{0};
  bool close_ = false;
  std::vector<RateSpec> quota_;

  sim::RateGate gate_;
  std::uint64_t requests_ = 0;
  std::uint64_t throttled_ = 0;
  RequestLog log_of_requests_;
  std::optional<Time> first_;
  Time last_;
};

}  // namespace auditstream::bench
