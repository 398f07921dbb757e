// The settings that every source has, whatever its vendor. This table parses them and documents them.
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

// A source while it is read.
struct Draft {
  Time now;
  Source source{};
  http::Route route{};
  std::map<std::string_view, Text> read{};  // of the common settings with one value: what was applied
};

struct CommonSetting {
  std::string_view name;
  std::string_view fallback;   // default, as YAML; "" if there is none that could be written down
  std::string_view otherwise;  // what holds then, in words
  bool list = false;           // may also be a list: `apply` sees one value after the other
  std::string_view meaning;
  Status (*apply)(const std::string& value, Draft& draft);
  bool shown = false;  // to everybody who may see the status page: nothing out of a file

  bool required() const { return fallback.empty() && otherwise.empty(); }
};

// `name` and `vendor` come first: the others look at them.
const std::vector<CommonSetting>& common_settings();

}  // namespace auditstream::config
