#include "simvendors/row_writer.h"

#include <iterator>

namespace auditstream::sim {

namespace {

constexpr Person people[people_count] = {
    {7642, "Example User", "user@example.org"},
    {7643, "Zo\\u00eb Caf\\u00e9", "zoe@example.org"},
    {7644, "Zoë Café", "zoe.utf8@example.org"},
    {7645, "山田 太郎", "taro@example.jp"},
    {7646, "O\\\"Brien \\\\ Sons", "obrien@example.ie"},
    {7647, "Jane Admin", "jane.admin+audit@example.com"},
    {2100003309, "John Smith", "john.smith@example.com"},
    {2100003310, "robot \\ud83e\\udd16 \\/ ci", "ci@example.net"},
};

constexpr std::string_view agents[] = {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Safari/537.36",
    "python-requests/2.31.0",
    "curl/8.5.0",
    "Terraform/1.9.8 (+https:\\/\\/www.terraform.io)",
};

constexpr std::string_view payloads[] = {
    R"({"amount":1e2,"ratio":0.1000,"big":12345678901234567890123,"minus":-0.0,"power":1E+2,"tiny":1.0e-7})",
    R"({"title":"caf\u00e9 \ud83d\ude80 \u0000 \u2028 end","path":"C:\\new\\table","slash":"a\/b","tab":"\t"})",
    R"({"note":"Zürich, 東京, 🚀, ẞ","empty":"","none":null,"list":[],"object":{}})",
    R"({ "spaced" : [ 1 , 2.50 , [ ] ] ,	"tabbed":{ } , "true" : true })",
    R"({"deep":{"a":{"b":{"c":{"d":{"e":{"f":{"g":[[[[[[{"h":null}]]]]]]}}}}}}},"depth":14})",
    R"({"key":1,"key":2,"Key":3,"":"empty name","a.b":"dot","a/b":"slash","a~b":"tilde"})",
    R"({"id":"decoy","uuid":"decoy","created_at":"1999-01-01T00:00:00Z","timestamp":"1999-01-01 00:00:00 UTC","meta":{"create_time":"1999-01-01T00:00:00Z"}})",
    R"({"text":"}],\"data\":[{\"id\":1}],\"next_page_number\":7,\"links\":{\"next\":\"/x\"}"})",
    R"({"old_value":"disabled","new_value":"enabled","changed":["name","owner","schedule"],"secret":"REDACTED"})",
    R"({"credentialId":3013,"teamId":118,"scopes":["AUDIT_LOG_READ","STORY_WRITE"],"expires":null,"force":false})",
    R"({"description":"A longer text, as people write it into a change request: the quarterly review found that two of the rules overlap, and that the second one can be switched off without harm.","approved":true})",
    R"({"rows":[{"n":1,"v":"a"},{"n":2,"v":"b"},{"n":3,"v":"c"},{"n":4,"v":"d"},{"n":5,"v":"e"},{"n":6,"v":"f"}],"sum":21.00})",
    R"({"\u0069d":"escaped name","\"quoted\"":"name","new\nline":1,"unicode \u00e9":2})",
    R"({"integer":9007199254740993,"max":18446744073709551616,"min":-9223372036854775809,"float":3.141592653589793238462643})",
    R"({"url":"https:\/\/example.org\/a?b=c&d=%20#e","html":"<script>alert('x')<\/script>","sql":"' OR 1=1 --"})",
    R"({})",
};

constexpr Serial odd_factor = 0x9e3779b1;

constexpr Serial inverse(Serial odd) {
  Serial result = odd;
  for (int i = 0; i < 5; ++i) result *= 2 - odd * result;
  return result;
}
static_assert(odd_factor * inverse(odd_factor) == 1);

}  // namespace

void RowWriter::address(std::string_view name, std::uint64_t chance) {
  std::string& out = value(name);
  out += "\"203.0.113.";
  append_number(out, chance % 254 + 1);
  out += '"';
}

void RowWriter::id(std::string_view name, std::string_view json, Flaw flaw) {
  if (flaw == Flaw::no_id) return;
  raw(name, flaw == Flaw::null_id ? "null" : flaw == Flaw::shared_id ? "1" : json);
}

bool RowWriter::may_tell_time(std::string_view name, Flaw flaw) {
  if (flaw == Flaw::odd_time) text(name, "the day before yesterday");
  return flaw != Flaw::odd_time && flaw != Flaw::no_time;
}

const Person& person(std::uint64_t chance) { return people[chance % people_count]; }
std::string_view user_agent(std::uint64_t chance) { return agents[chance % std::size(agents)]; }
std::string_view payload(std::uint64_t chance) { return payloads[chance % std::size(payloads)]; }

std::string uuid(std::uint64_t seed, Serial serial) {
  const std::uint64_t chance = mix(seed ^ 0x1d, serial);
  std::string out;
  out.reserve(36);
  append_hex(out, chance >> 32, 8);
  out += '-';
  append_hex(out, chance >> 16, 4);
  out += "-4";
  append_hex(out, chance >> 4, 3);
  out += "-a";
  append_hex(out, mix(chance), 3);
  out += '-';
  append_hex(out, mix(seed) & 0xffff, 4);
  append_hex(out, Serial{serial * odd_factor}, 8);
  return out;
}

std::optional<Serial> uuid_serial(std::string_view id) {
  const auto mixed = id.size() == 36 ? parse_hex(id.substr(28)) : std::nullopt;
  if (!mixed) return std::nullopt;
  return static_cast<Serial>(*mixed) * inverse(odd_factor);
}

std::string object_id(std::uint64_t seed, Serial serial, Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::string out;
  out.reserve(24);
  append_hex(out, static_cast<std::uint64_t>(second), 8);
  append_hex(out, mix(seed) & 0xffffffff, 8);
  append_hex(out, serial, 8);
  return out;
}

std::optional<Serial> object_serial(std::uint64_t seed, std::string_view id) {
  if (id.size() != 24 || parse_hex(id.substr(8, 8)) != (mix(seed) & 0xffffffff)) return std::nullopt;
  const auto serial = parse_hex(id.substr(16));
  if (!serial) return std::nullopt;
  return static_cast<Serial>(*serial);
}

}  // namespace auditstream::sim
