// Served: a world whose instances have an HTTP server.
#pragma once

#include <string>
#include <utility>

#include "e2e/asking.h"
#include "e2e/world.h"

namespace auditstream::test {

struct Served : World {
  explicit Served(const Tenants& tenants = {.vendors = {"tines", "workato"},
                                            .like = "\"history\":200,\"history_span\":\"72h\",\"rate\":10"},
                  std::string bootstrap = "")
      : World(tenants, std::move(bootstrap)) {
    config["offsets"]["partitions"] = 8;
    config["kafka"].remove("group.instance.id");
  }
  std::string state(const Child& run, const std::string& vendor) {
    return get(run, "/connectors/" + source(vendor) + "/status")["connector"]["state"].as<std::string>();
  }
  void until_state(const Child& run, const std::string& vendor, const std::string& wanted) {
    until(vendor + " is " + wanted, 60s, [&] { return state(run, vendor) == wanted; });
  }
  static void until_ready(const Child& run) {
    until("it is ready", 60s, [&] { return ask(run, "GET", "/readyz").status == 200; });
  }
};

}  // namespace auditstream::test
