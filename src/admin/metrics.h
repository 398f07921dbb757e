// Metrics: what Prometheus is told. Fed by the worker, read by the HTTP server. Knows no clock and no socket.
// Each metric's name, labels and meaning are in docs/metrics.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/build.h"
#include "admin/kafka_view.h"
#include "admin/process_stats.h"
#include "core/fleet.h"
#include "core/shard.h"

namespace auditstream::admin {

class Metrics final : public core::Observer {
 public:
  // Without `per_source` the label `source` is left out: counts are totals of a vendor's sources, and values
  // that only make sense for one source are missing.
  Metrics(Build build, bool per_source);
  ~Metrics() override;

  // The configured sources from now on, whoever polls them: each has all its series at once, and keeps them
  // until it leaves the config. From any thread, like the next two.
  void configure(const std::vector<std::shared_ptr<const Source>>& sources);
  // How reading the config has ended; at the start it has succeeded.
  void config_read(Time when);
  void config_refused();

  void said(const Source&, const core::Notice&) override {}
  void shard_said(int partition, const core::Notice& say) override;
  void rebalanced(const core::MembershipEvent& event) override;
  void waited(const Source& source, Duration duration) override;
  void answered(const Source& source, const http::Response& response) override;
  void polled(const Source& source, const core::PollResult& poll, Time when) override;
  void ignored_rows(const Source& source, std::size_t count) override;
  void transacted(const core::Batch& batch, core::Outcome outcome, Duration took, Time when) override;

  // All metrics in Prometheus' text format 0.0.4. From any thread. Without a status, because nothing is
  // running yet or the loop does not answer, the last known values are shown.
  std::string exposition(const std::optional<core::FleetStatus>& status,
                         const std::optional<ProcessStats>& process, const KafkaView& kafka = {});

 private:
  struct Tally;

  const Build build_;
  const bool per_source_;
  const std::unique_ptr<Tally> tally_;
};

}  // namespace auditstream::admin
