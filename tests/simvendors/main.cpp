// simvendors: the simulated vendors on one loopback port.
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

#include "simvendors/api.h"
#include "simvendors/default_tenants.h"
#include "simvendors/event_lines.h"
#include "simvendors/simulated_vendors.h"
#include "support/http_server.h"

namespace {

using namespace auditstream;
using namespace auditstream::sim;

constexpr const char* purpose =
    R"(Simulated vendors on one loopback port.

The default tenants are called acme, one per vendor. With --tenants N there are N per vendor: acme, acme-2 (with other
credentials, which end in -2) and so on.

For tests:
  GET  /_truth?vendor=V&tenant=T[&offset=N][&limit=N][&raw=true]   what the vendor has, one JSON object a line
  GET  /_stats                                                     requests, violations of rate limits, faults
  POST /_control {"vendor": V, "tenant": T, "production": false|true, "stall": "2h", "revoke_tokens": true,
                  "set": {"faults": 0.1, "refuse": 401, "rate_limit": [{"count": 5, "period": "1s"}], ...}})";

// The purpose, and how the first tenant of each vendor is known.
std::string description() {
  std::string text = std::string(purpose) + "\n\nThe first tenants' credentials:\n";
  for (const TenantSpec& tenant : default_tenants({}, 1)) {
    const Profile& profile = api_of(tenant.vendor).profile();
    text += "  " + tenant.vendor + std::string(13 - std::min<std::size_t>(12, tenant.vendor.size()), ' ');
    text += profile.exchange ? "key " + tenant.credential + ", secret " + tenant.secret
                             : profile.header + ": " + profile.scheme + tenant.credential;
    text += "\n";
  }
  return text;
}

struct Arguments {
  std::uint16_t port = 0;
  std::string port_file;
  std::string tenants_file;
  unsigned tenants = 1;
  unsigned threads = 1;
  std::uint64_t seed = 1;
  std::uint32_t history = 1000;
  std::string history_span = "40d";
  std::string rate = "2/s";
  double faults = 0;
  std::string latency = "0s";
  bool unlimited = false;
  std::string write_config;
  std::string sources_at;
  std::string events_of;
  std::string bootstrap = "localhost:9092";
  std::string poll_interval = "1s";
};

Time now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "simvendors: %s\n", message.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(result).value();
}

// "5/s", "100/min", "1500/h", or a number per second.
double events_per_second(const std::string& text) {
  std::size_t end = 0;
  double count = 0;
  try {
    count = std::stod(text, &end);
  } catch (const std::exception&) {
    fail("--rate " + text + " is no rate");
  }
  const std::string unit = text.substr(end);
  if (unit.empty() || unit == "/s") return count;
  if (unit == "/min") return count / 60;
  if (unit == "/h") return count / 3600;
  fail("--rate " + text + ": the unit must be /s, /min or /h");
}

std::vector<TenantSpec> tenants(const Arguments& arguments) {
  if (!arguments.tenants_file.empty()) {
    std::ifstream in(arguments.tenants_file, std::ios::binary);
    if (!in) fail("can't read " + arguments.tenants_file);
    return need(parse_tenants(std::string(std::istreambuf_iterator<char>(in), {})));
  }
  TenantSpec like;
  like.log.seed = arguments.seed;
  like.log.history = arguments.history;
  like.log.history_span = need(parse_duration(arguments.history_span));
  like.log.rate = events_per_second(arguments.rate);
  like.log.burst_every = 100;
  like.log.burst_size = 20;
  like.log.late_share = 0.05;
  like.log.late_max = 30s;
  like.faults = FaultRates::spread(arguments.faults);
  like.latency = need(parse_duration(arguments.latency));
  if (arguments.unlimited) like.rate_limit.emplace();
  return default_tenants(like, arguments.tenants);
}

// In one step, so that whoever waits for the file never sees a part of it.
void write_file(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream out(unfinished, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(unfinished, path, error);
  if (!out || error) fail("can't write " + path);
}

void serve(const Arguments& arguments, const sigset_t& ends) {
  const Time start = now();
  std::vector<TenantSpec> specs = tenants(arguments);
  std::mutex mutex;
  std::unique_ptr<SimulatedVendors> vendors;
  const auto handler = [&](const test::Request& request) {
    const std::lock_guard lock(mutex);
    return vendors->handle(request, now());
  };
  // Large payloads of FloQast are fetched from another host, which must see no credential.
  const auto payloads = need(test::HttpServer::listen({.address = "127.0.0.2"}, handler));
  Time oldest = start;
  for (TenantSpec& spec : specs) {
    if (spec.redirect_origin.empty()) spec.redirect_origin = payloads->origin();
    oldest = std::min(oldest, start - spec.log.history_span);
  }
  vendors = std::make_unique<SimulatedVendors>(start, specs);
  const auto server =
      need(test::HttpServer::listen({.port = arguments.port, .threads = arguments.threads}, handler));
  if (!arguments.write_config.empty()) {
    write_file(arguments.write_config, auditstream_yaml(specs, {.origin = server->origin(),
                                                                .bootstrap = arguments.bootstrap,
                                                                .poll_interval = arguments.poll_interval,
                                                                .backfill_start = oldest - 1h}));
  }
  if (!arguments.port_file.empty()) write_file(arguments.port_file, std::to_string(server->port()) + "\n");
  std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(server->port()));
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(description(), "simvendors");
  app.add_option("--port", arguments.port, "port to listen on; 0 picks one")->capture_default_str();
  app.add_option("--port-file", arguments.port_file, "file to write the port to, once it is open");
  app.add_option("--config", arguments.tenants_file,
                 "JSON array of tenants; see tests/simvendors/tenant.h for the members");
  app.add_option("--tenants", arguments.tenants, "tenants per vendor")->capture_default_str();
  app.add_option("--threads", arguments.threads, "threads that carry connections")->capture_default_str();
  app.add_option("--seed", arguments.seed, "decides over all events and faults")->capture_default_str();
  app.add_option("--history", arguments.history, "events per tenant that exist at the start")
      ->capture_default_str();
  app.add_option("--history-span", arguments.history_span, "how far back they reach")->capture_default_str();
  app.add_option("--rate", arguments.rate, "new events per tenant: 5/s, 100/min, 0")->capture_default_str();
  app.add_option("--faults", arguments.faults, "share of the requests that go wrong")->capture_default_str();
  app.add_option("--latency", arguments.latency, "delay of each answer")->capture_default_str();
  app.add_flag("--unlimited", arguments.unlimited, "no rate limits, here and in the written config");
  app.add_option("--write-config", arguments.write_config,
                 "file to write an auditstream.yaml for these tenants to");
  app.add_option("--print-sources", arguments.sources_at,
                 "print the first tenants as sources of auditstream, at this origin, and serve nothing");
  app.add_option("--print-events", arguments.events_of,
                 "print --history events of each shape of this vendor, one a line, and serve nothing");
  app.add_option("--bootstrap", arguments.bootstrap, "Kafka for the written config")->capture_default_str();
  app.add_option("--poll-interval", arguments.poll_interval, "for the written config")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!arguments.sources_at.empty()) {
    std::fputs(compose_sources_yaml(arguments.sources_at).c_str(), stdout);
    return 0;
  }

  if (!arguments.events_of.empty()) {
    for (const EventLine& line :
         event_lines(api_of(arguments.events_of), arguments.history, arguments.seed)) {
      std::printf("%s\n", line.text.c_str());
    }
    return 0;
  }

  // Before any thread starts, so that all of them inherit it.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  serve(arguments, ends);
  return 0;
}
