#include "auditstream/json_writer.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "auditstream/json.h"

namespace auditstream::json {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

template <class Write>
std::string written(Write write) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  write(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

void put_string(Writer& writer, std::string_view text) {
  // RapidJSON does not accept a null pointer, which an empty view may have.
  writer.String(text.empty() ? "" : text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(Writer& writer, const Value& value) {
  // The type doesn't matter: only a member's name must be a string.
  writer.RawValue(value.text().data(), value.text().size(), rapidjson::kStringType);
}

}  // namespace

Value::Value(std::string_view text) : text_(quote(text)) {}

Value Value::raw(std::string json) {
  Value value;
  value.text_ = std::move(json);
  return value;
}

Value Value::verbatim(std::string_view text) {
  return raw(written([&](Writer& writer) { put_string(writer, text); }));
}

Value object(const Members& members) {
  return Value::raw(written([&](Writer& writer) {
    writer.StartObject();
    for (const auto& [name, value] : members) {
      put_string(writer, name);
      put(writer, value);
    }
    writer.EndObject();
  }));
}

Value array(const std::vector<Value>& items) {
  return Value::raw(written([&](Writer& writer) {
    writer.StartArray();
    for (const Value& item : items) put(writer, item);
    writer.EndArray();
  }));
}

}  // namespace auditstream::json
