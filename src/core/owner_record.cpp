#include "core/owner_record.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace auditstream::core {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& out, std::string_view key, std::string_view value) {
  out.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  out.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

std::string text_of(const rapidjson::Value& value) {
  return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : "";
}

std::string member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? "" : text_of(found->value);
}

}  // namespace

std::string encode_owner(const OwnerRecord& owner) {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  out.StartObject();
  put(out, "instance", owner.instance);
  put(out, "nonce", owner.nonce);
  put(out, "time", format_rfc3339(owner.time));
  out.Key("config");
  out.StartObject();
  for (const auto& [name, value] : owner.config) put(out, name, value);
  out.EndObject();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
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
