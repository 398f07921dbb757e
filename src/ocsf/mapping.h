// A mapping: which values of a vendor's event say what in OCSF. Read from YAML; docs/ocsf.md explains it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "ocsf/classes.h"
#include "ocsf/fields.h"

namespace auditstream::ocsf {

// Where a value comes from.
struct Origin {
  int slot = 0;
  std::string claim{};  // "user": the rest of the first text "user=..." in the list; "": the scalar itself
};
using Origins = std::vector<Origin>;  // the first that is present

// A meaning (a Type, an outcome) by value.
template <class Meaning>
struct Table {
  Origins from;
  // Equal values win over prefixes, prefixes over suffixes, and longer ones over shorter ones.
  std::vector<std::pair<std::string, Meaning>> equals;
  std::vector<std::pair<std::string, Meaning>> prefix;
  std::vector<std::pair<std::string, Meaning>> suffix;
  Meaning otherwise;  // of a value that is in none of them
  Meaning absent;     // without a value
};

struct Actor {
  Origins uid;
  Origins name;
  Origins email;
  Origins app_uid;
  Origins app_name;
};

struct Resource {
  Origins uid;
  Origins name;
  Origins type;
};

struct Mapping {
  Pointers pointers;

  Origins event_code;
  Origins service;
  Table<Type> type;
  std::vector<Actor> actors;  // the first of which anything is known
  Origins source_ip;
  Origins user_agent;
  Table<int> outcome;
  Origins status_code;
  Origins status_detail;
  Resource resource;
  Origins tenant;
};

struct ReadMapping {
  std::optional<Mapping> mapping;  // if there are no mistakes
  std::vector<config::Finding> mistakes;
};

// `file` is only named in mistakes.
ReadMapping read_mapping(std::string_view yaml, const std::string& file, std::string_view vendor);

}  // namespace auditstream::ocsf
