// Turns one event of a vendor into one of OCSF: https://schema.ocsf.io/1.8.0. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auditstream/time.h"
#include "auditstream/vendor.h"
#include "ocsf/mapping.h"

namespace auditstream::ocsf {

struct Mapped {
  std::string event;    // one line of JSON
  std::string problem;  // why it is only a base event, "" if it is not: "has no time at /created_at"
};

// What is known of the events beside their bytes.
struct Circumstances {
  std::string time_field{};  // as in the source's config, or ""
  std::string log_source{};  // what ce_source says of them, or "" if it is not known
};

class Mapper {
 public:
  Mapper(const Vendor& vendor, Mapping mapping, const Circumstances& circumstances);

  // For any line. One that can't be mapped becomes a base event of the time `now`.
  Mapped map(std::string_view line, Time now) const;

 private:
  struct Moment;
  using Fields = std::vector<Field>;

  std::string id_of(const Fields& fields, std::string_view line) const;
  std::optional<Moment> moment_of(const Fields& fields, std::string_view id) const;

  const Vendor& vendor_;
  const EventShape& shape_;
  Mapping mapping_;
  const std::string log_source_;
  int id_slot_;
  std::vector<int> time_slots_;
  std::string times_;  // for a message: "/created_at, /timestamp"
  bool has_own_time_;
};

}  // namespace auditstream::ocsf
