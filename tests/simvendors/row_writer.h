// Writes one event as JSON, and the parts that events of all vendors share: people, addresses, and payloads
// that a consumer which re-serialises would not survive.
#pragma once

#include <string>
#include <string_view>

#include "simvendors/tenant.h"
#include "simvendors/wire.h"

namespace auditstream::sim {

// Members in the order of the calls. Names and texts must need no escaping.
class RowWriter {
 public:
  explicit RowWriter(std::string& out) : out_(out) { out_ += '{'; }

  // For a value of any form, to be appended to what is returned.
  std::string& value(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void raw(std::string_view name, std::string_view json) { value(name) += json; }
  void text(std::string_view name, std::string_view plain) {
    std::string& out = value(name);
    out += '"';
    out += plain;
    out += '"';
  }
  void number(std::string_view name, std::uint64_t number) { append_number(value(name), number); }
  void time(std::string_view name, Time time, int digits, char separator = 'T', std::string_view zone = "Z") {
    std::string& out = value(name);
    out += '"';
    append_time(out, time, digits, separator, zone);
    out += '"';
  }
  void address(std::string_view name, std::uint64_t chance);
  // The id, given as JSON, unless the flaw takes it away.
  void id(std::string_view name, std::string_view json, Flaw flaw);
  // False where the flaw spoils the time: then nothing else is to be written for it.
  bool may_tell_time(std::string_view name, Flaw flaw);
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

struct Person {
  std::uint64_t id;
  std::string_view name;
  std::string_view email;
};
inline constexpr std::size_t people_count = 8;
const Person& person(std::uint64_t chance);
std::string_view user_agent(std::uint64_t chance);
// A JSON object.
std::string_view payload(std::uint64_t chance);
// Some events name their id a second time: the first one counts.
inline bool names_id_twice(std::uint64_t dice, Flaw flaw) { return flaw == Flaw::none && dice % 97 == 5; }

// "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx"; distinct for distinct serials of a seed, in no order.
std::string uuid(std::uint64_t seed, Serial serial);
// The serial within such an id.
std::optional<Serial> uuid_serial(std::string_view id);
// 24 hex digits: the second, the tenant, the serial, as MongoDB's ObjectId begins with its time.
std::string object_id(std::uint64_t seed, Serial serial, Time time);
// The serial within an object_id of that seed.
std::optional<Serial> object_serial(std::uint64_t seed, std::string_view id);

}  // namespace auditstream::sim
