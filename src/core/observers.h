// Observers: passes everything on to several observers, in the order given.
#pragma once

#include <utility>
#include <vector>

#include "core/shard.h"

namespace auditstream::core {

class Observers final : public Observer {
 public:
  // The observers outlive this object.
  explicit Observers(std::vector<Observer*> all) : all_(std::move(all)) {}

  void said(const Source& source, const Notice& say) override {
    for (Observer* each : all_) each->said(source, say);
  }
  void shard_said(int partition, const Notice& say) override {
    for (Observer* each : all_) each->shard_said(partition, say);
  }
  void rebalanced(const MembershipEvent& event) override {
    for (Observer* each : all_) each->rebalanced(event);
  }
  void waited(const Source& source, Duration duration) override {
    for (Observer* each : all_) each->waited(source, duration);
  }
  void answered(const Source& source, const http::Response& response) override {
    for (Observer* each : all_) each->answered(source, response);
  }
  void polled(const Source& source, const PollResult& poll, Time when) override {
    for (Observer* each : all_) each->polled(source, poll, when);
  }
  void ignored_rows(const Source& source, std::size_t count) override {
    for (Observer* each : all_) each->ignored_rows(source, count);
  }
  void transacted(const Batch& batch, Outcome outcome, Duration took, Time when) override {
    for (Observer* each : all_) each->transacted(batch, outcome, took, when);
  }

 private:
  const std::vector<Observer*> all_;
};

}  // namespace auditstream::core
