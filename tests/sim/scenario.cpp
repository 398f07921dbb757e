#include "sim/scenario.h"

#include <algorithm>
#include <random>
#include <sstream>

#include "auditstream/vendor.h"
#include "sim/world.h"
#include "simvendors/api.h"
#include "vendor_apis/registry.h"

namespace auditstream::sim {
namespace {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15 + 1) {}

  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random_);
  }
  bool one_in(std::uint64_t times) { return number(1, times) == 1; }
  bool chance(double share) { return static_cast<double>(number(0, 999)) < share * 1000; }
  double sometimes(double share, double value) { return chance(share) ? value : 0.0; }

 private:
  std::mt19937_64 random_;
};

TenantSpec draw_tenant(Draw& draw, const Vendor& vendor, std::size_t index, bool dense) {
  TenantSpec tenant;
  tenant.vendor = vendor.name();
  tenant.name = "t" + std::to_string(index);
  tenant.credential = "credential-" + std::to_string(index);
  tenant.secret = "secret-" + std::to_string(index);
  tenant.log.seed = draw.number(1, 1'000'000);
  tenant.log.history = static_cast<std::uint32_t>(draw.number(0, dense ? 100 : 400));
  tenant.log.history_span = std::chrono::hours(draw.number(1, 24 * (dense ? 3 : 45)));
  tenant.log.rate = static_cast<double>(draw.number(1, dense ? 300 : 40)) / 1000;
  if (draw.chance(0.3)) {
    tenant.log.burst_every = static_cast<std::uint32_t>(draw.number(20, 100));
    tenant.log.burst_size = static_cast<std::uint32_t>(draw.number(2, 60));
  }
  if (draw.chance(0.5)) {
    tenant.log.late_share = static_cast<double>(draw.number(1, 30)) / 100;
    tenant.log.late_max = std::chrono::seconds(draw.number(1, dense ? 60 : 500));
  }
  if (draw.chance(0.2)) {
    tenant.log.ahead_share = 0.02;
    tenant.log.ahead_by = std::chrono::minutes(draw.number(1, dense ? 10 : 120));
  }
  tenant.printed_bounds = draw.one_in(2);
  if (draw.one_in(3)) tenant.inclusive = draw.one_in(2);
  tenant.flaw_share = draw.sometimes(0.2, 0.03);
  if (draw.one_in(2)) tenant.order = static_cast<Order>(draw.number(0, 2));
  const Profile& profile = api_of(vendor.name()).profile();
  if (tenant.order && !std::ranges::count(profile.orders, *tenant.order)) {
    tenant.order = profile.orders.front();
  }
  tenant.day_offset = std::chrono::hours(draw.number(0, 24)) - 12h;
  tenant.self_feeding = !dense && profile.records_requests && draw.one_in(2);
  tenant.token_lifetime = std::chrono::minutes(draw.number(1, 240));
  // Not with bursts: more rows within a second than the vendor answers at all can't be asked for in any way.
  tenant.deadline_rows = draw.one_in(4) && tenant.log.burst_size == 0 ? 200 : 0;
  tenant.retry_after = static_cast<RetryAfter>(draw.number(0, 2));
  if (draw.one_in(dense ? 4 : 2))
    tenant.faults = FaultRates::spread(static_cast<double>(draw.number(1, 20)) / 100);
  return tenant;
}

Source draw_source(Draw& draw, const Vendor& vendor, const TenantSpec& tenant, std::size_t index,
                   bool dense) {
  Source source;
  source.name = tenant.vendor + std::to_string(index);
  source.vendor = tenant.vendor;
  source.api = &vendor;
  source.account = source.name;
  source.base_url = "http://127.0.0.1:" + std::to_string(index + 1);  // tells whose request it is
  source.topic = "audit." + tenant.vendor;
  source.dead_letter_topic = source.topic + ".dlq";
  source.backfill_start_time =
      floor_second(epoch) - std::chrono::hours(draw.number(0, 24 * (dense ? 2 : 40)));
  source.poll_interval = std::chrono::seconds(dense ? draw.number(5, 60) : draw.number(60, 600));
  source.overlap = dense ? 90s : 10min;
  source.lanes = static_cast<unsigned>(draw.number(0, 4));
  source.rate_limit = vendor.traits().rate_limit;
  source.page_size = static_cast<std::uint32_t>(dense ? draw.number(50, 200) : draw.number(5, 100));
  source.page_size = std::min(source.page_size, vendor.traits().page_size_max);
  // Small pages would be more news than they bring.
  if (tenant.self_feeding) source.page_size = 1000;
  for (const auto& [name, value] : api_of(tenant.vendor).profile().settings(tenant)) {
    source.settings[name] = value;
  }
  for (const Setting& setting : vendor.settings()) {
    if (setting.request_host) source.settings[setting.name] = "t.example.com";  // base_url is asked instead
  }
  source.origin = "origin";
  return source;
}

Troubles draw_troubles(Draw& draw) {
  Troubles troubles;
  troubles.open_fails = draw.sometimes(0.3, 0.3);
  troubles.commit_lost = draw.sometimes(0.6, 0.2);
  troubles.commit_unknown = draw.sometimes(0.4, 0.2);
  troubles.commit_refused = draw.sometimes(0.2, 0.1);
  troubles.event_refused = draw.sometimes(0.1, 0.005);
  if (draw.one_in(5)) troubles.clock_ahead = draw.one_in(2) ? Duration{24h * 365} : -Duration{2h};
  troubles.clock_step_max =
      std::chrono::seconds(draw.one_in(2) ? draw.number(1, 600) : draw.number(600, 86'400));
  troubles.outage_max = std::chrono::seconds(draw.number(2, 40));
  return troubles;
}

void weigh(Troubles& troubles, Act act, unsigned weight) {
  troubles.weights[static_cast<std::size_t>(act)] = weight;
}

// Long lives with all that a log can do, and a few troubles of every kind.
void draw_calm(Draw& draw, Scenario& scenario) {
  scenario.acts = static_cast<int>(draw.number(0, 8));
  scenario.lively = std::chrono::minutes(draw.number(20, 120));
  scenario.act_gap_max = scenario.lively / std::max(scenario.acts, 1);
  scenario.peace = 4h;
  for (std::size_t act = 0; act < act_kinds; ++act)
    scenario.troubles.weights[act] = static_cast<unsigned>(draw.number(0, 3));
  weigh(scenario.troubles, Act::kill, 3);
  // Small windows, so that overfull ones, cuts and lanes are common.
  scenario.options.reading.events_max = draw.number(10, 200);
  scenario.options.target.events = draw.number(5, 100);
  if (draw.one_in(5)) {
    scenario.stall = std::pair{Duration{5min}, Duration{std::chrono::minutes(draw.number(10, 130))}};
    // Who has not looked for long can't tell an event from the future, whose time has come since, from one
    // that proves that the ingest goes on: sources stay in the config.
    weigh(scenario.troubles, Act::reload, 0);
  }
}

// One kill after the other, between all that makes a kill worse.
void draw_dense(Draw& draw, Scenario& scenario) {
  scenario.acts = static_cast<int>(draw.number(60, 200));
  scenario.act_gap_max = std::chrono::seconds(draw.number(4, 20));
  // Each record that the broker refuses is found by reading everything again, several times.
  scenario.peace = scenario.troubles.event_refused > 0 ? 2h : 20min;
  for (std::size_t act = 0; act < act_kinds; ++act)
    scenario.troubles.weights[act] = draw.chance(0.4) ? static_cast<unsigned>(draw.number(1, 8)) : 0;
  weigh(scenario.troubles, Act::kill, static_cast<unsigned>(draw.number(4, 12)));
  weigh(scenario.troubles, Act::kill_in_commit, static_cast<unsigned>(draw.number(4, 24)));
  scenario.options.reading.events_max = draw.number(20, 400);
  scenario.options.target.events = draw.number(10, 200);
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed, const Vendor* only) {
  Draw draw(seed);
  Scenario scenario;
  scenario.seed = seed;
  scenario.dense = draw.one_in(2);
  scenario.partitions = static_cast<int>(draw.number(1, 6));
  scenario.processes_max = draw.number(1, 4);
  const std::size_t count = draw.number(1, 4);
  for (std::size_t i = 0; i < count; ++i) {
    const bool shares_account = i > 0 && draw.one_in(4);
    const Vendor& drawn = shares_account
                              ? *vendor_apis::find_vendor(scenario.sources.back().vendor)
                              : *vendor_apis::vendors()[draw.number(0, vendor_apis::vendors().size() - 1)];
    const Vendor& vendor = only != nullptr ? *only : drawn;
    TenantSpec tenant = draw_tenant(draw, vendor, i, scenario.dense);
    Source source = draw_source(draw, vendor, tenant, i, scenario.dense);
    if (shares_account) {
      source.account = scenario.sources.back().account;
      source.rate_limit = scenario.sources.back().rate_limit;
    } else if (draw.one_in(3)) {
      source.rate_limit = {
          {static_cast<std::uint32_t>(draw.number(6, 20)), std::chrono::seconds(draw.number(5, 30))}};
    }
    tenant.rate_limit = source.rate_limit;
    scenario.tenants.push_back(std::move(tenant));
    scenario.sources.push_back(std::move(source));
  }
  scenario.troubles = draw_troubles(draw);
  if (scenario.dense) {
    draw_dense(draw, scenario);
  } else {
    draw_calm(draw, scenario);
  }
  for (TenantSpec& tenant : scenario.tenants) {
    tenant.empty_pages = draw.one_in(3);
    // So rare that no page is mostly broken, which is refused.
    tenant.malformed_share = draw.sometimes(0.2, 0.005);
  }
  for (Source& source : scenario.sources) source.history_alongside = !draw.one_in(4);
  if (draw.one_in(2)) scenario.heartbeats = std::chrono::seconds(draw.number(1, 120));
  return scenario;
}

std::string describe(const Scenario& scenario) {
  std::ostringstream out;
  const Troubles& troubles = scenario.troubles;
  out << (scenario.dense ? "dense" : "calm") << ", at most " << scenario.processes_max << " processes, "
      << scenario.partitions << " partitions, " << scenario.acts << " acts at most "
      << format_duration(scenario.act_gap_max) << " apart, weighted";
  for (const unsigned weight : troubles.weights) out << " " << weight;
  out << ", lively " << format_duration(scenario.lively) << "\ntroubles: open " << troubles.open_fails
      << ", lost " << troubles.commit_lost << ", unknown " << troubles.commit_unknown << ", refused "
      << troubles.commit_refused << ", events refused " << troubles.event_refused << ", clock ahead "
      << std::chrono::duration<double>(troubles.clock_ahead).count() << " s, stepped by "
      << format_duration(troubles.clock_step_max) << ", outages " << format_duration(troubles.outage_max);
  if (scenario.stall) {
    out << ", stall " << format_duration(scenario.stall->first) << " to "
        << format_duration(scenario.stall->second);
  }
  if (scenario.heartbeats) out << ", heartbeats every " << format_duration(*scenario.heartbeats);
  out << ", events_max " << scenario.options.reading.events_max << ", target "
      << scenario.options.target.events << "\n";
  for (std::size_t i = 0; i < scenario.sources.size(); ++i) {
    const TenantSpec& tenant = scenario.tenants[i];
    const Source& source = scenario.sources[i];
    out << source.name << " of " << source.account << ": history " << tenant.log.history << " in "
        << format_duration(tenant.log.history_span) << ", rate " << tenant.log.rate << ", late "
        << tenant.log.late_share << " up to " << format_duration(tenant.log.late_max) << ", ahead "
        << tenant.log.ahead_share << " by " << format_duration(tenant.log.ahead_by) << ", bursts "
        << tenant.log.burst_size << (tenant.empty_pages ? ", empty pages" : "") << ", flaws "
        << tenant.flaw_share << ", malformed " << tenant.malformed_share << ", faults "
        << tenant.faults.total() << ", since " << format_rfc3339(*source.backfill_start_time) << ", page "
        << source.page_size << ", interval " << format_duration(source.poll_interval) << ", lanes "
        << source.lanes << "\n";
  }
  return out.str();
}

}  // namespace auditstream::sim
