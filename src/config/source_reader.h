// Reads one source of the config: common settings, its vendor's settings, and what follows from both.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "auditstream/vendor.h"
#include "config/common_settings.h"
#include "config/config.h"
#include "config/section.h"

namespace auditstream::config {

// A source that was read, and the places of what may clash with others. With mistakes it is incomplete.
struct ReadSource {
  std::shared_ptr<const Source> source;
  bool valid = false;
  Place name;
  Place account;
  Place rate_limit;
  Place topic;
};

// What sources need from the rest of the config. Outlives the reader.
struct Surroundings {
  Time now;
  const Node& defaults;
  Place defaults_place;
  const TopicSettings& topics;
  Place events_place;        // topics.events
  Place dead_letters_place;  // topics.dead_letters
};

class SourceReader {
 public:
  SourceReader(const Surroundings& surroundings, Findings& findings);

  // Mistakes in `defaults:`, whether or not any source uses them.
  void check_defaults();

  ReadSource read(const Node& node, const Place& place);

  // After all sources were read: a variable that holds a secret, of a source or in `further`, must not be
  // shown as a setting.
  void check_shown(const std::set<std::string>& further_secrets);

 private:
  struct Found {
    const Node* node = nullptr;
    Place place;
  };

  Found look_up(std::string_view name, Section& own) const;
  void apply(const CommonSetting& setting, const Found& found, Draft& draft);
  void read_vendor_setting(const Setting& setting, Section& own, Source& source);
  void add_mistakes_of_vendor(const Section& own, const Draft& draft);
  void fill_topics(Draft& draft, const Place& topic_place);
  // For settings that everybody may see; false if the value comes from a file, which is a mistake.
  bool may_be_shown(const Text& text);
  void warn_of_retention(const Draft& draft, const Place& place);
  std::shared_ptr<const http::Route> shared_route(const http::Route& route);

  const Surroundings& surroundings_;
  Findings& findings_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const http::Route>> routes_;
  std::set<std::string> secret_variables_;
  std::vector<std::pair<std::string, Place>> shown_variables_;
};

}  // namespace auditstream::config
