#include "core/cursor.h"

#include <rapidjson/document.h>

#include <array>
#include <charconv>
#include <cstring>

#include "auditstream/json.h"
#include "auditstream/json_writer.h"

namespace auditstream::core {
namespace {

constexpr std::uint64_t version_known = 1;
constexpr std::uint64_t version_with_history = 2;
constexpr std::uint64_t lateness_seconds_max = 1'000'000'000;  // more than any log goes back
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

json::Value verbatim(std::string_view text) { return json::Value::verbatim(text); }

json::Value json_of(const Position& position) {
  return json::object({{"time", position.time}, {"id", verbatim(position.id)}});
}

json::Value json_of(const LastError& last_error) {
  json::Members members{{"status", last_error.status},
                        {"text", verbatim(last_error.text)},
                        {"state", to_string(last_error.state)}};
  if (last_error.since) members.push_back({"since", *last_error.since});
  if (last_error.last_success) members.push_back({"last_success", *last_error.last_success});
  members.push_back({"attempts", last_error.attempts});
  return json::object(members);
}

// base64url of the little-endian bytes: 11 characters an id, where JSON numbers would take 20 and lose bits
// in JavaScript.
std::string encode_ids(const std::vector<std::uint64_t>& ids) {
  std::string text;
  text.reserve(ids.size() * 11);
  for (std::uint64_t id : ids) {
    for (int digit = 0; digit < 11; ++digit, id >>= 6) text += alphabet[id & 63];
  }
  return text;
}

std::optional<std::vector<std::uint64_t>> decode_ids(std::string_view text) {
  if (text.size() % 11 != 0) return std::nullopt;
  std::vector<std::uint64_t> ids;
  ids.reserve(text.size() / 11);
  for (std::size_t at = 0; at < text.size(); at += 11) {
    std::uint64_t id = 0;
    for (int digit = 10; digit >= 0; --digit) {
      const auto value = alphabet.find(text[at + static_cast<std::size_t>(digit)]);
      if (value == std::string_view::npos) return std::nullopt;
      id = (id << 6) | value;
    }
    ids.push_back(id);
  }
  return ids;
}

// Reads typed members and remembers the first one that is missing or wrong.
class Members {
 public:
  explicit Members(const rapidjson::Value& object) : object_(object) {}

  std::string text(const char* key) {
    const rapidjson::Value* value = find(key);
    if (value == nullptr || !value->IsString()) return fail<std::string>(key);
    return {value->GetString(), value->GetStringLength()};
  }
  std::string text_or(const char* key, std::string fallback) {
    return find(key) == nullptr ? std::move(fallback) : text(key);
  }
  std::uint64_t number(const char* key) {
    const rapidjson::Value* value = find(key);
    return value != nullptr && value->IsUint64() ? value->GetUint64() : fail<std::uint64_t>(key);
  }
  Time time(const char* key) {
    const Result<Time> parsed = parse_rfc3339(text(key));
    return parsed.ok() ? parsed.value() : fail<Time>(key);
  }
  Position position(const char* key) {
    const rapidjson::Value* value = find(key);
    if (value == nullptr || !value->IsObject()) return fail<Position>(key);
    Members inner(*value);
    Position position{inner.time("time"), inner.text("id")};
    return inner.wrong_.empty() ? position : fail<Position>(key);
  }
  std::vector<std::uint64_t> ids(const char* key) {
    std::optional<std::vector<std::uint64_t>> ids = decode_ids(text(key));
    return ids ? *std::move(ids) : fail<std::vector<std::uint64_t>>(key);
  }
  const rapidjson::Value* find(const char* key) const {
    const auto found = object_.FindMember(key);
    return found == object_.MemberEnd() ? nullptr : &found->value;
  }
  template <class T>
  T fail(const char* key) {
    if (wrong_.empty()) wrong_ = key;
    return T{};
  }
  const std::string& wrong() const { return wrong_; }

 private:
  const rapidjson::Value& object_;
  std::string wrong_;
};

std::optional<LastError> last_error_of(Members& members) {
  const rapidjson::Value* object = members.find("trouble");
  if (object == nullptr) return std::nullopt;
  if (!object->IsObject()) return members.fail<std::optional<LastError>>("trouble");
  Members inner(*object);
  LastError known;
  known.status = static_cast<int>(inner.number("status"));
  known.text = inner.text("text");
  // Absent in the records of 0.1.0, and only shown: an unknown state is read as failed.
  const std::string state = inner.text_or("state", "failed");
  known.state = state == "throttled"  ? LastError::State::throttled
                : state == "retrying" ? LastError::State::retrying
                                      : LastError::State::failed;
  if (inner.find("since") != nullptr) known.since = inner.time("since");
  if (inner.find("last_success") != nullptr) known.last_success = inner.time("last_success");
  if (inner.find("attempts") != nullptr) known.attempts = static_cast<int>(inner.number("attempts"));
  return inner.wrong().empty() ? std::optional(known) : members.fail<std::optional<LastError>>("trouble");
}

Status parse_object(rapidjson::Document& document, std::string_view text) {
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) return Error{"it is not a JSON object"};
  return success();
}

}  // namespace

const char* to_string(LastError::State state) {
  switch (state) {
    case LastError::State::failed:
      return "failed";
    case LastError::State::throttled:
      return "throttled";
    case LastError::State::retrying:
      return "retrying";
  }
  return "failed";
}

std::string encode_cursor(const Cursor& cursor, const SeenChunk& open) {
  json::Members members{{"version", cursor.history ? version_with_history : version_known},
                        {"source", verbatim(cursor.source)},
                        {"vendor", verbatim(cursor.vendor)},
                        {"account", verbatim(cursor.account)},
                        {"since", cursor.since},
                        {"watermark", cursor.watermark},
                        {"floor", json_of(cursor.floor)},
                        {"origin", verbatim(cursor.origin)},
                        {"generation", cursor.generation},
                        {"state", cursor.state == Cursor::State::paused ? "paused" : "running"},
                        {"published", cursor.published},
                        {"dead_letters", cursor.dead_letters},
                        {"updated", cursor.updated},
                        {"filter", verbatim(cursor.filter)}};
  if (cursor.lateness > Duration{0})
    members.push_back({"lateness_seconds", static_cast<std::uint64_t>(cursor.lateness / 1s)});
  if (cursor.chunks > 0) members.push_back({"seen_records", cursor.chunks});
  if (cursor.history) {
    json::Members history{{"until", cursor.history->until},
                          {"watermark", cursor.history->watermark},
                          {"floor", json_of(cursor.history->floor)},
                          {"first_seen_record", cursor.history->first_chunk}};
    if (cursor.history->last_error) history.push_back({"trouble", json_of(*cursor.history->last_error)});
    members.push_back({"history", json::object(history)});
  }
  if (cursor.last_error) members.push_back({"trouble", json_of(*cursor.last_error)});
  if (cursor.backfill_start_time) members.push_back({"backfill_start_time", *cursor.backfill_start_time});
  if (!open.ids.empty()) {
    members.push_back(
        {"seen", json::object({{"to", json_of(open.to)}, {"ids", verbatim(encode_ids(open.ids))}})});
  }
  return json::object(members).text();
}

std::string encode_chunk(const SeenChunk& chunk, std::uint64_t generation) {
  json::Members members{{"version", version_known}, {"generation", generation}, {"to", json_of(chunk.to)}};
  if (chunk.unreadable) members.push_back({"unreadable", true});
  members.push_back({"ids", verbatim(encode_ids(chunk.ids))});
  return json::object(members).text();
}

std::string account_of_cursor(std::string_view record) {
  return json::scalar_at(record, "/account").value_or("?");
}

std::uint64_t generation_of_cursor(std::string_view record) {
  const std::string text = json::scalar_at(record, "/generation").value_or("");
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size() ? number : 1;
}

Result<DecodedCursor> decode_cursor(std::string_view text) {
  rapidjson::Document document;
  if (Status parsed = parse_object(document, text); !parsed.ok()) return parsed.error();
  Members members(document);
  const std::uint64_t version = members.number("version");
  const bool knows =
      version == version_with_history ? members.find("history") != nullptr : version <= version_known;
  if (!knows) {
    return Error{"it has version " + std::to_string(version) + ", and this auditstream knows only version " +
                 std::to_string(version_known)};
  }
  DecodedCursor decoded;
  Cursor& cursor = decoded.cursor;
  cursor.source = members.text("source");
  cursor.vendor = members.text("vendor");
  cursor.account = members.text("account");
  cursor.origin = members.text("origin");
  cursor.filter = members.text_or("filter", "");
  if (members.find("backfill_start_time") != nullptr)
    cursor.backfill_start_time = members.time("backfill_start_time");
  cursor.since = members.time("since");
  cursor.watermark = members.time("watermark");
  cursor.floor = members.position("floor");
  cursor.generation = members.number("generation");
  if (members.find("seen_records") != nullptr) cursor.chunks = members.number("seen_records");
  const std::string state = members.text("state");
  if (state != "running" && state != "paused") members.fail<int>("state");
  cursor.state = state == "paused" ? Cursor::State::paused : Cursor::State::running;
  cursor.published = members.number("published");
  cursor.dead_letters = members.number("dead_letters");
  if (members.find("lateness_seconds") != nullptr) {
    const std::uint64_t seconds = members.number("lateness_seconds");
    if (seconds > lateness_seconds_max) members.fail<int>("lateness_seconds");
    cursor.lateness = std::chrono::seconds(seconds);
  }
  cursor.updated = members.time("updated");
  if (const rapidjson::Value* history = members.find("history")) {
    if (!history->IsObject()) {
      members.fail<int>("history");
    } else {
      Members inner(*history);
      cursor.history = History{inner.time("until"), inner.time("watermark"), inner.position("floor"),
                               inner.number("first_seen_record"), last_error_of(inner)};
      if (!inner.wrong().empty()) members.fail<int>("history");
    }
  }
  cursor.last_error = last_error_of(members);
  if (const rapidjson::Value* seen = members.find("seen")) {
    if (!seen->IsObject()) {
      members.fail<int>("seen");
    } else {
      Members inner(*seen);
      decoded.open.to = inner.position("to");
      decoded.open.ids = inner.ids("ids");
      if (!inner.wrong().empty()) members.fail<int>("seen");
    }
  }
  if (!members.wrong().empty())
    return Error{"its field \"" + members.wrong() + "\" is missing or unreadable"};
  return decoded;
}

Result<DecodedChunk> decode_chunk(std::string_view text) {
  rapidjson::Document document;
  if (Status parsed = parse_object(document, text); !parsed.ok()) return parsed.error();
  Members members(document);
  DecodedChunk decoded;
  if (members.number("version") > version_known) return Error{"it has a newer version"};
  decoded.generation = members.number("generation");
  decoded.chunk.to = members.position("to");
  decoded.chunk.unreadable = members.find("unreadable") != nullptr;
  decoded.chunk.ids = members.ids("ids");
  if (!members.wrong().empty())
    return Error{"its field \"" + members.wrong() + "\" is missing or unreadable"};
  return decoded;
}

std::string chunk_key(std::string_view source, std::uint64_t number) {
  return std::string(source) + "/seen/" + std::to_string(number);
}

std::optional<std::uint64_t> chunk_number(std::string_view source, std::string_view key) {
  const std::string prefix = std::string(source) + "/seen/";
  if (!key.starts_with(prefix)) return std::nullopt;
  key.remove_prefix(prefix.size());
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (code != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return number;
}

}  // namespace auditstream::core
