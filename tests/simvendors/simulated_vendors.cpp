#include "simvendors/simulated_vendors.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <utility>

#include "auditstream/json.h"
#include "base/hash.h"
#include "simvendors/faults.h"
#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

using test::Reply;
using test::Request;

std::string key(std::string_view vendor, std::string_view name) {
  std::string text(vendor);
  text += '\n';
  text += name;
  return text;
}

Reply throttled(const Api& api, const Tenant& tenant, Duration wait, Time vendor_now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  Reply reply = api.error(
      429, "Request was throttled. Expected available in " + std::to_string(seconds.count()) + " seconds.");
  api.tell_wait(tenant, seconds, vendor_now, reply);
  return reply;
}

}  // namespace

SimulatedVendors::SimulatedVendors(Time start, std::vector<TenantSpec> specs) : start_(start) {
  for (TenantSpec& spec : specs) {
    tenants_.push_back(std::make_unique<Tenant>(std::move(spec), start));
    Tenant& tenant = *tenants_.back();
    AS_CHECK(by_credential_.emplace(key(tenant.spec.vendor, tenant.spec.credential), &tenant).second);
    AS_CHECK(by_name_.emplace(key(tenant.spec.vendor, tenant.spec.name), &tenant).second);
  }
}

Tenant* SimulatedVendors::find(std::string_view vendor, std::string_view name) {
  const auto found = by_name_.find(key(vendor, name));
  return found == by_name_.end() ? nullptr : found->second;
}

Reply SimulatedVendors::handle(const Request& request, Time now) {
  const std::string_view path = request.path();
  if (path == "/_truth" && request.method == "GET") return truth_reply(request, now);
  if (path == "/_stats" && request.method == "GET") return stats_reply();
  if (path == "/_control" && request.method == "POST") return control_reply(request, now);
  if (path.starts_with("/_payload/")) return payload_reply(request);
  for (const Api* api : apis()) {
    if (!api->serves(path)) continue;
    const auto credential = api->credential(request);
    const auto found =
        credential ? by_credential_.find(key(api->vendor(), *credential)) : by_credential_.end();
    if (found != by_credential_.end()) return serve(*api, *found->second, request, now);
    if (Tenant* open = credential ? tenant_for_anyone(api->vendor()) : nullptr) {
      return open->spec.bad_credential == 200 ? serve(*api, *open, request, now)
                                              : api->error(open->spec.bad_credential, "unknown credential");
    }
    return api->error(401, credential ? "unknown credential" : "no credential, or not as documented");
  }
  return test::json_reply(404, "{\"message\":\"no such path\"}");
}

Tenant* SimulatedVendors::tenant_for_anyone(std::string_view vendor) {
  for (const auto& tenant : tenants_) {
    if (tenant->spec.vendor == vendor && tenant->spec.bad_credential != 0) return tenant.get();
  }
  return nullptr;
}

Reply SimulatedVendors::serve(const Api& api, Tenant& tenant, const Request& request, Time now) {
  const TenantSpec& spec = tenant.spec;
  const Time vendor_now = now + spec.clock_offset;
  ++tenant.stats.requests;
  tenant.log.advance(vendor_now);
  const auto limits = spec.rate_limit ? *spec.rate_limit : api.documented_limit();
  const Reply reply = [&] {
    if (spec.refuse != 0) return api.error(spec.refuse, "refused for a test");
    if (request.method != api.method(request.path())) return api.error(405, "method not allowed");
    if (const auto wait = tenant.gate.enter(limits, now)) {
      ++tenant.stats.violations;
      return throttled(api, tenant, *wait, vendor_now);
    }
    const Fault fault = draw_fault(tenant);
    if (fault == Fault::throttled) return throttled(api, tenant, 1s, vendor_now);
    if (auto spoiled = instead(fault, tenant)) return std::move(*spoiled);
    Reply answer = api.answer(tenant, request, vendor_now);
    spoil(fault, tenant, answer);
    return answer;
  }();
  Reply dated = reply;
  dated.headers.push_back({"Date", test::http_date(vendor_now + spec.date_offset)});
  dated.delay += spec.latency;
  if (reply.status == 400 || reply.status == 405) {
    ++tenant.stats.bad_requests;
    tenant.stats.last_complaint = request.method + " " + request.target + ": " + *reply.body;
  }
  return dated;
}

// What a 303 led to: whoever brings the vendor's credential to this host has leaked it.
Reply SimulatedVendors::payload_reply(const Request& request) {
  std::string_view name = request.path().substr(std::string_view("/_payload/").size());
  name = name.substr(0, name.rfind('/'));
  Tenant* tenant = find("floqast", name);
  if (tenant == nullptr) return test::json_reply(404, "{\"message\":\"no such payload\"}");
  if (request.header("x-api-key") || request.header("authorization")) {
    ++tenant->stats.leaked;
    return test::json_reply(400, "{\"message\":\"this host must not see a credential\"}");
  }
  for (const auto& [target, body] : tenant->payloads) {
    if (target != request.target) continue;
    Reply reply = test::json_reply(200, "");
    reply.body = body;
    return reply;
  }
  return test::json_reply(403, "{\"message\":\"the signature has expired\"}");
}

void SimulatedVendors::stop_production(Tenant& tenant, Time now) {
  tenant.log.stop(now + tenant.spec.clock_offset);
}

void SimulatedVendors::go_on_producing(Tenant& tenant, Time now) {
  tenant.log.go_on(now + tenant.spec.clock_offset);
}

Truth SimulatedVendors::truth_of(const Tenant& tenant, Serial serial) const {
  const Api& api = api_of(tenant.spec.vendor);
  const Flaw flaw = tenant.flaw(serial);
  Truth truth;
  append_row(api, tenant, serial, truth.raw);
  truth.id = flaw == Flaw::no_id || flaw == Flaw::null_id ? hash_hex(truth.raw)
             : flaw == Flaw::shared_id                    ? "1"
                                                          : api.id(tenant, serial);
  if (flaw != Flaw::no_time && flaw != Flaw::odd_time) {
    truth.time = floor_to(tenant.printed(serial), api.precision(tenant, serial));
  }
  truth.own = tenant.log.own(serial);
  truth.child = tenant.child(serial);
  truth.malformed = tenant.malformed(serial);
  return truth;
}

std::vector<Truth> SimulatedVendors::truth(Tenant& tenant, Time now) {
  tenant.log.advance(now + tenant.spec.clock_offset);
  std::vector<Truth> rows;
  for (Serial serial = 0; serial < tenant.log.size(); ++serial) rows.push_back(truth_of(tenant, serial));
  return rows;
}

// ?vendor=V&tenant=T[&offset=N][&limit=N][&raw=true]: one JSON object a line.
Reply SimulatedVendors::truth_reply(const Request& request, Time now) {
  Query query(request);
  const auto vendor = query.text("vendor");
  const auto name = query.text("tenant");
  const std::uint64_t offset = query.number("offset", 0, 0, UINT32_MAX);
  const std::uint64_t limit = query.number("limit", UINT32_MAX, 1, UINT32_MAX);
  const bool raw = query.boolean("raw", false);
  if (!query.finish()) return test::json_reply(400, "{\"message\":" + json_string(query.complaint()) + "}");
  Tenant* tenant = find(vendor.value_or(""), name.value_or(""));
  if (tenant == nullptr) return test::json_reply(404, "{\"message\":\"no such tenant\"}");
  tenant->log.advance(now + tenant->spec.clock_offset);
  const std::uint64_t end = std::min<std::uint64_t>(tenant->log.size(), offset + limit);
  std::string lines;
  for (std::uint64_t serial = offset; serial < end; ++serial) {
    const Truth truth = truth_of(*tenant, static_cast<Serial>(serial));
    lines += "{\"id\":" + json_string(truth.id) + ",\"time\":";
    lines += truth.time ? json_string(time_text(*truth.time, 6)) : "null";
    lines += ",\"hash\":\"" + hash_hex(truth.raw) + "\",\"own\":" + (truth.own ? "true" : "false");
    lines += std::string(",\"child\":") + (truth.child ? "true" : "false");
    if (truth.malformed) lines += ",\"malformed\":true";
    // Not the very bytes where these are not even text; their hash is.
    if (raw) lines += ",\"raw\":" + (truth.malformed ? json::quote(truth.raw) : json_string(truth.raw));
    lines += "}\n";
  }
  Reply reply = test::json_reply(200, std::move(lines));
  reply.headers.front().value = "application/x-ndjson";
  return reply;
}

Reply SimulatedVendors::stats_reply() const {
  std::string body = "[";
  for (const auto& tenant : tenants_) {
    const TenantStats& stats = tenant->stats;
    if (body.size() > 1) body += ",\n";
    body += "{\"vendor\":" + json_string(tenant->spec.vendor) +
            ",\"tenant\":" + json_string(tenant->spec.name) +
            ",\"requests\":" + std::to_string(stats.requests) + ",\"rows\":" + std::to_string(stats.rows) +
            ",\"violations\":" + std::to_string(stats.violations) +
            ",\"faults\":" + std::to_string(stats.faults) +
            ",\"bad_requests\":" + std::to_string(stats.bad_requests) +
            ",\"leaked\":" + std::to_string(stats.leaked) +
            ",\"last_complaint\":" + json_string(stats.last_complaint) +
            ",\"appeared\":" + std::to_string(tenant->log.size()) + "}";
  }
  return test::json_reply(200, body + "]\n");
}

// {"vendor": V, "tenant": T, "production": false, "stall": "2h", "revoke_tokens": true, "set": {members of
// TenantSpec}}; without vendor or tenant it is for all of them. Nothing is done where a part is not
// understood.
Reply SimulatedVendors::control_reply(const Request& request, Time now) {
  const auto bad = [](const std::string& what) {
    return test::json_reply(400, "{\"message\":" + json_string(what) + "}");
  };
  rapidjson::Document order;
  order.Parse(request.body.data(), request.body.size());
  if (order.HasParseError() || !order.IsObject()) return bad("not a JSON object");
  const auto text = [&](const char* name) -> std::string_view {
    return order.HasMember(name) && order[name].IsString() ? order[name].GetString() : std::string_view{};
  };
  struct Known {
    std::string_view name;
    bool (rapidjson::Value::*is_right)() const;
  };
  using rapidjson::Value;
  static constexpr Known known[] = {{"vendor", &Value::IsString},      {"tenant", &Value::IsString},
                                    {"production", &Value::IsBool},    {"stall", &Value::IsString},
                                    {"revoke_tokens", &Value::IsTrue}, {"set", &Value::IsObject}};
  for (const auto& member : std::as_const(order).GetObject()) {
    const auto found = std::ranges::find(known, std::string_view(member.name.GetString()), &Known::name);
    if (found == std::end(known)) return bad(std::string("unknown member ") + member.name.GetString());
    if (!(member.value.*found->is_right)()) return bad(std::string(found->name) + " has a wrong value");
  }
  int count = 0;
  for (const auto& tenant : tenants_) {
    if (!text("vendor").empty() && tenant->spec.vendor != text("vendor")) continue;
    if (!text("tenant").empty() && tenant->spec.name != text("tenant")) continue;
    ++count;
    const Time vendor_now = now + tenant->spec.clock_offset;
    tenant->log.advance(vendor_now);
    if (order.HasMember("set")) {
      rapidjson::StringBuffer json;
      rapidjson::Writer<rapidjson::StringBuffer> writer(json);
      order["set"].Accept(writer);
      if (const Status taken = apply_json(tenant->spec, json.GetString()); !taken)
        return bad(taken.error().message);
    }
    if (order.HasMember("production")) {
      if (order["production"].IsTrue()) {
        go_on_producing(*tenant, now);
      } else {
        stop_production(*tenant, now);
      }
    }
    if (order.HasMember("revoke_tokens")) tenant->tokens_from = tenant->tokens_issued;
    if (!text("stall").empty()) {
      const auto span = parse_duration(text("stall"));
      if (!span) return bad(span.error().message);
      tenant->log.stall(vendor_now, vendor_now + span.value());
    }
  }
  if (count == 0) return bad("no such tenant");
  return test::json_reply(200, "{\"tenants\":" + std::to_string(count) + "}");
}

}  // namespace auditstream::sim
