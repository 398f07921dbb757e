// The settings that every source has, whatever its vendor. This table parses and documents them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/result.h"
#include "auditstream/vendor.h"
#include "config/section.h"

namespace auditstream::config {

// A source that is being read.
struct Draft {
  Time now;
  Source source{};
  http::Route route{};
  std::map<std::string_view, Text> read{};  // of the common settings with one value: what was applied
};

struct CommonSetting {
  std::string_view name;
  std::string_view fallback;   // default, as YAML; "" if it can't be written down
  std::string_view otherwise;  // what applies then, in words
  bool list = false;           // may also be a list: `apply` gets one value after another
  std::string_view meaning;
  Status (*apply)(const std::string& value, Draft& draft);
  bool shown = false;  // to everybody who can open the status page: must not come from a file

  bool required() const { return fallback.empty() && otherwise.empty(); }
};

// `name` and `vendor` come first: the others depend on them.
const std::vector<CommonSetting>& common_settings();

}  // namespace auditstream::config
