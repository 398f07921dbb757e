// The part of OCSF 1.8.0 that mappings may use: classes, their activities, and outcomes, by name and number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditstream::ocsf {

inline constexpr std::string_view schema_version = "1.8.0";

struct Class {
  int uid;
  std::string_view name;  // as in a mapping: "api_activity"
  // Which attributes the schema of the class has beside those of every class.
  bool has_actor;      // actor, src_endpoint and http_request, too
  bool needs_actor;    // actor and src_endpoint are required
  bool has_resources;  // api, too, which is required
  bool has_user;       // required
  bool has_service;    // required
};

// A class and one of its activities.
struct Type {
  const Class* of = nullptr;
  int activity = 0;
  std::string_view caption;  // of the activity: "Create"

  int uid() const { return of->uid * 100 + activity; }
};

inline constexpr int activity_other = 99;

// "api_activity/create"; nothing if there is none of that name.
std::optional<Type> find_type(std::string_view name);
std::vector<std::string> type_names();
// What is known of an event of which nothing is known: base_event/unknown.
const Type& unknown_type();

inline constexpr int outcome_unknown = 0;

// Unknown, success, failure or other, as OCSF's status_id.
std::optional<int> find_outcome(std::string_view name);
std::vector<std::string> outcome_names();

}  // namespace auditstream::ocsf
