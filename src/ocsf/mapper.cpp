#include "ocsf/mapper.h"

#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "auditstream/json_writer.h"
#include "base/hash.h"

namespace auditstream::ocsf {
namespace {

using Fields = std::vector<Field>;
using json::Members;

// Where the schema requires a text that the event doesn't have.
constexpr std::string_view unknown_text = "Unknown";

// --- Values of the event

// Absent and empty are the same: neither says anything.
std::optional<std::string> value_of(const Origin& origin, const Fields& fields) {
  const Field& field = fields[static_cast<std::size_t>(origin.slot)];
  if (origin.claim.empty()) return field.text && !field.text->empty() ? field.text : std::nullopt;
  const std::string begin = origin.claim + "=";
  for (const std::string& item : field.items) {
    if (item.starts_with(begin) && item.size() > begin.size()) return item.substr(begin.size());
  }
  return std::nullopt;
}

std::optional<std::string> value_of(const Origins& origins, const Fields& fields) {
  for (const Origin& origin : origins) {
    if (auto value = value_of(origin, fields)) return value;
  }
  return std::nullopt;
}

template <class Meaning>
const Meaning& meaning_of(const Table<Meaning>& table, const Fields& fields) {
  const std::optional<std::string> value = value_of(table.from, fields);
  if (!value) return table.absent;
  for (const auto& [text, meaning] : table.equals) {
    if (*value == text) return meaning;
  }
  for (const auto& [text, meaning] : table.prefix) {
    if (value->starts_with(text)) return meaning;
  }
  for (const auto& [text, meaning] : table.suffix) {
    if (value->ends_with(text)) return meaning;
  }
  return table.otherwise;
}

// --- What the schema accepts

// inet_pton() accepts less than the schema's pattern.
bool is_address(const std::string& text) {
  constexpr std::size_t schema_max = 40;
  unsigned char bytes[sizeof(in6_addr)];
  return text.size() <= schema_max && text.find('\0') == text.npos &&
         (inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1);
}

bool is_email(std::string_view text) {
  constexpr std::string_view alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto consists_of = [&](std::string_view part, std::string_view others) {
    const auto may_stand = [&](char c) {
      return alphanumeric.find(c) != alphanumeric.npos || others.find(c) != others.npos;
    };
    return !part.empty() && std::ranges::all_of(part, may_stand);
  };
  const std::size_t at = text.rfind('@');
  if (at == text.npos) return false;
  const std::string_view domain = text.substr(at + 1);
  const std::size_t dot = domain.find('.');
  return dot != domain.npos && consists_of(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~.") &&
         consists_of(domain.substr(0, dot), "-") && consists_of(domain.substr(dot + 1), "-.");
}

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

// --- Parts of an event

void add(Members& members, std::string_view name, const std::optional<std::string>& value) {
  if (value) members.emplace_back(name, *value);
}

json::Value unknown_user() { return json::object({{"name", unknown_text}, {"type_id", 0}}); }

struct Who {
  std::optional<json::Value> user;
  std::optional<json::Value> actor;
};

Who who(const Actor& origins, const Fields& fields) {
  std::optional<std::string> name = value_of(origins.name, fields);
  const std::optional<std::string> uid = value_of(origins.uid, fields);
  const std::optional<std::string> email = value_of(origins.email, fields);
  // The schema wants one of these beside the address.
  if (!uid && !name) name = email;
  Who who;
  if (uid || name) {
    Members user;
    add(user, "uid", uid);
    add(user, "name", name);
    if (email && is_email(*email)) add(user, "email_addr", email);
    who.user = json::object(user);
  }
  Members actor;
  if (who.user) actor.emplace_back("user", *who.user);
  add(actor, "app_uid", value_of(origins.app_uid, fields));
  add(actor, "app_name", value_of(origins.app_name, fields));
  if (!actor.empty()) who.actor = json::object(actor);
  return who;
}

Who who(const std::vector<Actor>& actors, const Fields& fields) {
  for (const Actor& actor : actors) {
    Who found = who(actor, fields);
    if (found.actor) return found;
  }
  return {};
}

json::Value endpoint(const std::optional<std::string>& address) {
  return address ? json::object({{"ip", *address}}) : json::object({{"name", unknown_text}});
}

json::Value metadata(const Vendor& vendor, const std::string& id, const std::string& log_source,
                     const std::optional<std::string>& event_code,
                     const std::optional<std::string>& original_time,
                     const std::optional<std::string>& tenant) {
  Members members{{"version", schema_version},
                  {"product", json::object({{"name", vendor.title()}, {"vendor_name", vendor.title()}})},
                  {"uid", id}};
  add(members, "event_code", event_code);
  add(members, "original_time", original_time);
  add(members, "tenant_uid", tenant);
  if (!log_source.empty()) members.emplace_back("log_source", log_source);
  return json::object(members);
}

void begin_event(Members& event, const Type& type, Time time) {
  event = {{"class_uid", type.of->uid}, {"category_uid", type.of->uid / 1000}, {"activity_id", type.activity},
           {"type_uid", type.uid()},    {"time", milliseconds(time)},          {"severity_id", 0}};
}

}  // namespace

struct Mapper::Moment {
  Time time;
  std::optional<std::string> spelled;  // nothing if it comes from the id
};

Mapper::Mapper(const Vendor& vendor, Mapping mapping, const Circumstances& circumstances)
    : vendor_(vendor),
      shape_(vendor.event_shape()),
      mapping_(std::move(mapping)),
      log_source_(circumstances.log_source),
      id_slot_(mapping_.pointers.slot(shape_.id)),
      has_own_time_(!circumstances.time_field.empty()) {
  const std::vector<std::string_view> times =
      has_own_time_ ? std::vector<std::string_view>{circumstances.time_field} : shape_.times;
  for (const std::string_view time : times) {
    time_slots_.push_back(mapping_.pointers.slot(time));
    times_ += (times_.empty() ? "" : ", ") + std::string(time);
  }
}

// As the vendor's pages are sliced: tests/vendor_apis compares both.
std::string Mapper::id_of(const Fields& fields, std::string_view line) const {
  const std::optional<std::string>& id = fields[static_cast<std::size_t>(id_slot_)].text;
  return id && !id->empty() ? *id : hash_hex(line);
}

std::optional<Mapper::Moment> Mapper::moment_of(const Fields& fields, std::string_view id) const {
  for (const int slot : time_slots_) {
    const std::optional<std::string>& text = fields[static_cast<std::size_t>(slot)].text;
    if (!text) continue;
    if (const std::optional<Time> time = parse_event_time(*text)) return Moment{*time, text};
  }
  if (has_own_time_ || shape_.time_from_id == nullptr) return std::nullopt;
  if (const std::optional<Time> time = shape_.time_from_id(id)) return Moment{*time, std::nullopt};
  return std::nullopt;
}

Mapped Mapper::map(std::string_view line, Time now) const {
  Members event;
  const auto base_event = [&](const std::string& id, std::string problem) {
    begin_event(event, unknown_type(), now);
    event.emplace_back(
        "message", "This event could not be mapped: it " + problem + ". Its time is when that was tried.");
    event.emplace_back("metadata",
                       metadata(vendor_, id, log_source_, std::nullopt, std::nullopt, std::nullopt));
    event.emplace_back("raw_data", line);
    return Mapped{json::object(event).text(), std::move(problem)};
  };

  const Result<Fields> read = read_fields(line, mapping_.pointers);
  if (!read.ok()) return base_event(hash_hex(line), read.error().message);
  const Fields& fields = *read;
  const std::string id = id_of(fields, line);
  const std::optional<Moment> moment = moment_of(fields, id);
  if (!moment) return base_event(id, "has no readable time at " + times_);

  const Type& type = meaning_of(mapping_.type, fields);
  const Class& of = *type.of;
  const std::optional<std::string> code = value_of(mapping_.event_code, fields);
  begin_event(event, type, moment->time);
  event.emplace_back("activity_name",
                     type.activity == activity_other && code ? std::string_view(*code) : type.caption);
  event.emplace_back("status_id", meaning_of(mapping_.outcome, fields));
  add(event, "status_code", value_of(mapping_.status_code, fields));
  add(event, "status_detail", value_of(mapping_.status_detail, fields));
  event.emplace_back("metadata", metadata(vendor_, id, log_source_, code, moment->spelled,
                                          value_of(mapping_.tenant, fields)));

  Who actor = who(mapping_.actors, fields);
  if (of.needs_actor && !actor.actor) actor.actor = json::object({{"user", unknown_user()}});
  if (of.has_actor && actor.actor) event.emplace_back("actor", *actor.actor);
  // Who logs in is who acts. Whose account changes is not who acts.
  if (of.has_service) {
    event.emplace_back("user", actor.user ? *actor.user : unknown_user());
    event.emplace_back("service", json::object({{"name", vendor_.title()}}));
  } else if (of.has_user) {
    event.emplace_back("user", unknown_user());
  }
  if (of.has_actor) {
    std::optional<std::string> address = value_of(mapping_.source_ip, fields);
    if (address && !is_address(*address)) address.reset();
    if (of.needs_actor || address) event.emplace_back("src_endpoint", endpoint(address));
    if (const auto agent = value_of(mapping_.user_agent, fields))
      event.emplace_back("http_request", json::object({{"user_agent", *agent}}));
  }
  if (of.has_resources) {
    Members api{{"operation", code ? std::string_view(*code) : unknown_text}};
    if (const auto service = value_of(mapping_.service, fields))
      api.emplace_back("service", json::object({{"name", *service}}));
    event.emplace_back("api", json::object(api));
    Members resource;
    add(resource, "uid", value_of(mapping_.resource.uid, fields));
    add(resource, "name", value_of(mapping_.resource.name, fields));
    if (!resource.empty()) {
      add(resource, "type", value_of(mapping_.resource.type, fields));
      event.emplace_back("resources", json::array({json::object(resource)}));
    }
  }
  event.emplace_back("raw_data", line);
  return Mapped{json::object(event).text(), ""};
}

}  // namespace auditstream::ocsf
