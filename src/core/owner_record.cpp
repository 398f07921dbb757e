#include "core/owner_record.h"

#include <rapidjson/document.h>

#include "auditstream/json_writer.h"

namespace auditstream::core {
namespace {

std::string text_of(const rapidjson::Value& value) {
  return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : "";
}

std::string member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? "" : text_of(found->value);
}

}  // namespace

std::string encode_owner(const OwnerRecord& owner) {
  json::Members config;
  for (const auto& [name, value] : owner.config) config.push_back({name, json::Value::verbatim(value)});
  return json::object({{"instance", json::Value::verbatim(owner.instance)},
                       {"nonce", json::Value::verbatim(owner.nonce)},
                       {"time", owner.time},
                       {"config", json::object(config)}})
      .text();
}

std::optional<OwnerRecord> decode_owner(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  OwnerRecord owner{member(document, "instance"), member(document, "nonce"), Time{}};
  if (const Result<Time> time = parse_rfc3339(member(document, "time")); time.ok()) owner.time = *time;
  const rapidjson::Value& object = document;
  const auto config = object.FindMember("config");
  if (config != object.MemberEnd() && config->value.IsObject()) {
    for (const auto& [name, value] : config->value.GetObject())
      owner.config.emplace(text_of(name), text_of(value));
  }
  return owner;
}

}  // namespace auditstream::core
