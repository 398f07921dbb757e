#include "simvendors/tenant.h"

#include <rapidjson/document.h>

#include <functional>
#include <map>

#include "simvendors/wire.h"

namespace auditstream::sim {

namespace {

using Json = rapidjson::Value;
using Take = std::function<bool(TenantSpec&, const Json&)>;

bool take(bool& into, const Json& json) {
  if (json.IsBool()) into = json.GetBool();
  return json.IsBool();
}
bool take(double& into, const Json& json) {
  if (json.IsNumber()) into = json.GetDouble();
  return json.IsNumber();
}
bool take(std::uint32_t& into, const Json& json) {
  if (json.IsUint()) into = json.GetUint();
  return json.IsUint();
}
bool take(std::uint64_t& into, const Json& json) {
  if (json.IsUint64()) into = json.GetUint64();
  return json.IsUint64();
}
bool take(int& into, const Json& json) {
  if (json.IsInt()) into = json.GetInt();
  return json.IsInt();
}
bool take(std::string& into, const Json& json) {
  if (json.IsString()) into.assign(json.GetString(), json.GetStringLength());
  return json.IsString();
}
bool take(Duration& into, const Json& json) {
  if (!json.IsString()) return false;
  std::string_view text(json.GetString(), json.GetStringLength());
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto duration = parse_duration(text);
  if (duration) into = negative ? -duration.value() : duration.value();
  return duration.ok();
}
template <class T>
bool choose(T& into, const Json& json, std::initializer_list<std::pair<std::string_view, T>> choices) {
  if (!json.IsString()) return false;
  for (const auto& [name, value] : choices) {
    if (name == json.GetString()) {
      into = value;
      return true;
    }
  }
  return false;
}
bool take(Order& into, const Json& json) {
  return choose<Order>(
      into, json,
      {{"ascending", Order::ascending}, {"newest_first", Order::descending}, {"unsorted", Order::unsorted}});
}
bool take(RetryAfter& into, const Json& json) {
  return choose<RetryAfter>(
      into, json, {{"seconds", RetryAfter::seconds}, {"date", RetryAfter::date}, {"none", RetryAfter::none}});
}
// [{"count": 5, "period": "1s"}, ...]
bool take(std::vector<RateSpec>& into, const Json& json) {
  if (!json.IsArray()) return false;
  into.clear();
  for (const Json& item : json.GetArray()) {
    RateSpec limit;
    if (!item.IsObject() || !item.HasMember("count") || !take(limit.count, item["count"])) return false;
    if (!item.HasMember("period") || !take(limit.period, item["period"])) return false;
    into.push_back(limit);
  }
  return true;
}
// One number for all kinds together, or an object with the share of each.
bool take(FaultRates& into, const Json& json) {
  if (json.IsNumber()) {
    into = FaultRates::spread(json.GetDouble());
    return true;
  }
  if (!json.IsObject()) return false;
  static const std::map<std::string_view, double FaultRates::*> kinds = {
      {"throttled", &FaultRates::throttled}, {"server_error", &FaultRates::server_error},
      {"reset", &FaultRates::reset},         {"truncated", &FaultRates::truncated},
      {"html_ok", &FaultRates::html_ok},     {"html_forbidden", &FaultRates::html_forbidden},
      {"slow", &FaultRates::slow},           {"empty", &FaultRates::empty},
  };
  into = {};
  for (const auto& member : json.GetObject()) {
    const auto kind = kinds.find(member.name.GetString());
    if (kind == kinds.end() || !take(into.*kind->second, member.value)) return false;
  }
  return true;
}

template <class T>
bool take(std::optional<T>& into, const Json& json) {
  if (json.IsNull()) {
    into.reset();
    return true;
  }
  T value{};
  if (!take(value, json)) return false;
  into = value;
  return true;
}
template <class T>
Take member(T TenantSpec::*field) {
  return [field](TenantSpec& spec, const Json& json) { return take(spec.*field, json); };
}
template <class T>
Take log_member(T LogSpec::*field) {
  return [field](TenantSpec& spec, const Json& json) { return take(spec.log.*field, json); };
}

const std::map<std::string_view, Take>& members() {
  static const std::map<std::string_view, Take> table = {
      {"vendor", member(&TenantSpec::vendor)},
      {"name", member(&TenantSpec::name)},
      {"credential", member(&TenantSpec::credential)},
      {"secret", member(&TenantSpec::secret)},
      {"seed", log_member(&LogSpec::seed)},
      {"history", log_member(&LogSpec::history)},
      {"history_span", log_member(&LogSpec::history_span)},
      {"rate", log_member(&LogSpec::rate)},
      {"burst_every", log_member(&LogSpec::burst_every)},
      {"burst_size", log_member(&LogSpec::burst_size)},
      {"late_share", log_member(&LogSpec::late_share)},
      {"late_max", log_member(&LogSpec::late_max)},
      {"ahead_share", log_member(&LogSpec::ahead_share)},
      {"ahead_by", log_member(&LogSpec::ahead_by)},
      {"shape", member(&TenantSpec::shape)},
      {"order", member(&TenantSpec::order)},
      {"printed_bounds", member(&TenantSpec::printed_bounds)},
      {"inclusive", member(&TenantSpec::inclusive)},
      {"day_end_exclusive", member(&TenantSpec::day_end_exclusive)},
      {"day_offset", member(&TenantSpec::day_offset)},
      {"flaw_share", member(&TenantSpec::flaw_share)},
      {"malformed_share", member(&TenantSpec::malformed_share)},
      {"padding", member(&TenantSpec::padding)},
      {"odd_times", member(&TenantSpec::odd_times)},
      {"rate_limit", member(&TenantSpec::rate_limit)},
      {"retry_after", member(&TenantSpec::retry_after)},
      {"faults", member(&TenantSpec::faults)},
      {"slow_by", member(&TenantSpec::slow_by)},
      {"latency", member(&TenantSpec::latency)},
      {"clock_offset", member(&TenantSpec::clock_offset)},
      {"refuse", member(&TenantSpec::refuse)},
      {"self_feeding", member(&TenantSpec::self_feeding)},
      {"redirect_over", member(&TenantSpec::redirect_over)},
      {"redirect_origin", member(&TenantSpec::redirect_origin)},
      {"token_lifetime", member(&TenantSpec::token_lifetime)},
      {"expiry_field", member(&TenantSpec::expiry_field)},
      {"deadline_rows", member(&TenantSpec::deadline_rows)},
      {"archive_overlap", member(&TenantSpec::archive_overlap)},
      {"child_share", member(&TenantSpec::child_share)},
      {"null_as_text", member(&TenantSpec::null_as_text)},
      {"empty_pages", member(&TenantSpec::empty_pages)},
      {"filter_ignored", member(&TenantSpec::filter_ignored)},
      {"fractions_ignored", member(&TenantSpec::fractions_ignored)},
      {"filter_late", member(&TenantSpec::filter_late)},
      {"range_max", member(&TenantSpec::range_max)},
      {"keeps", member(&TenantSpec::keeps)},
      {"open_end_cut", member(&TenantSpec::open_end_cut)},
      {"endless_pages", member(&TenantSpec::endless_pages)},
      {"lost_at_borders", member(&TenantSpec::lost_at_borders)},
      {"changing_bytes", member(&TenantSpec::changing_bytes)},
      {"shared_ids", member(&TenantSpec::shared_ids)},
      {"total_more", member(&TenantSpec::total_more)},
      {"printed_offset", member(&TenantSpec::printed_offset)},
      {"date_offset", member(&TenantSpec::date_offset)},
      {"bad_credential", member(&TenantSpec::bad_credential)},
  };
  return table;
}

Status apply(TenantSpec& spec, const Json& object) {
  for (const auto& item : object.GetObject()) {
    const std::string name = item.name.GetString();
    const auto found = members().find(name);
    if (found == members().end()) return Error{"unknown member " + name};
    if (!found->second(spec, item.value)) return Error{"wrong value for " + name};
  }
  return success();
}

}  // namespace

FaultRates FaultRates::spread(double total) {
  const double each = total / 8;
  return {each, each, each, each, each, each, each, each};
}

double FaultRates::total() const {
  return throttled + server_error + reset + truncated + html_ok + html_forbidden + slow + empty;
}

Status apply_json(TenantSpec& spec, std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return Error{"not a JSON object"};
  return apply(spec, document);
}

Result<std::vector<TenantSpec>> parse_tenants(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsArray()) return Error{"not a JSON array"};
  std::vector<TenantSpec> specs;
  for (const Json& item : document.GetArray()) {
    const std::string where = "tenant " + std::to_string(specs.size() + 1) + ": ";
    TenantSpec spec;
    if (!item.IsObject()) return Error{where + "not an object"};
    if (const Status taken = apply(spec, item); !taken) return Error{where + taken.error().message};
    for (const std::string* given : {&spec.vendor, &spec.name, &spec.credential}) {
      if (given->empty()) return Error{where + "vendor, name and credential are required"};
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Tenant::Tenant(TenantSpec given, Time start) : spec(std::move(given)), log(spec.log, start) {}

Flaw Tenant::flaw(Serial serial) const {
  if (spec.odd_times) return Flaw::odd_time;
  if (spec.shared_ids > 0 && fraction(mix(dice(serial), 0x5ade)) < spec.shared_ids) return Flaw::shared_id;
  if (spec.flaw_share <= 0) return Flaw::none;
  const std::uint64_t chance = mix(dice(serial), 0xf1a3);
  if (fraction(chance) >= spec.flaw_share) return Flaw::none;
  return static_cast<Flaw>(1 + mix(chance) % 4);
}

bool Tenant::malformed(Serial serial) const {
  return spec.malformed_share > 0 && fraction(mix(dice(serial), 0xbad)) < spec.malformed_share;
}

bool Tenant::child(Serial serial) const {
  return spec.child_share > 0 && fraction(mix(dice(serial), 0xc41d)) < spec.child_share;
}

Time Tenant::ingested(Serial serial) const {
  const double late = fraction(mix(dice(serial), 0x1a7e)) * static_cast<double>(spec.filter_late.count());
  return log.time(serial) + Duration(static_cast<std::int64_t>(late));
}

std::uint64_t Tenant::dice(Serial serial) const { return mix(spec.log.seed ^ 0xe7e27, serial); }

}  // namespace auditstream::sim
