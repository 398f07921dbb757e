#include "config/source_reader.h"

#include <algorithm>

#include "base/hash.h"
#include "config/endpoint.h"
#include "config/expansion.h"
#include "config/topic_name.h"
#include "vendor_apis/registry.h"

namespace auditstream::config {
namespace {

bool is_common(std::string_view name) {
  const auto& settings = common_settings();
  return std::any_of(settings.begin(), settings.end(),
                     [name](const CommonSetting& s) { return s.name == name; });
}

// What tells sources apart can't have a default for all of them.
bool may_be_default(const CommonSetting& setting) { return !setting.required(); }

// Strings in a row, encoded so that different sequences give different bytes.
class Canonical {
 public:
  void add(std::string_view text) {
    bytes_ += std::to_string(text.size()) + ":";
    bytes_ += text;
  }

  // A setting with its default value adds nothing: a setting that a later version introduces must not change
  // the hash.
  void add(const Setting& setting, const Source& source) {
    if (const auto list = source.lists.find(setting.name); list != source.lists.end()) {
      std::vector<std::string> values = list->second;
      std::sort(values.begin(), values.end());
      values.erase(std::unique(values.begin(), values.end()), values.end());
      add(setting.name);
      for (const std::string& value : values) add(value);
      add("");  // the list's end: no value is empty
      return;
    }
    const std::string_view value = source.setting(setting.name);
    if (value.empty() || value == setting.fallback) return;
    add(setting.name);
    add(value);
  }

  std::string hash() const { return hash_hex(bytes_); }

 private:
  std::string bytes_;
};

std::string origin_of(const Source& source, const Vendor& vendor) {
  Canonical canonical;
  canonical.add(source.vendor);
  canonical.add(source.base_url);
  for (const Setting& setting : vendor.settings()) {
    if (setting.identity) canonical.add(setting, source);
  }
  return canonical.hash();
}

std::string filter_of(const Source& source, const Vendor& vendor) {
  std::vector<const Setting*> filters;
  for (const Setting& setting : vendor.settings()) {
    if (setting.filters) filters.push_back(&setting);
  }
  std::sort(filters.begin(), filters.end(),
            [](const Setting* a, const Setting* b) { return a->name < b->name; });
  Canonical canonical;
  for (const Setting* setting : filters) canonical.add(*setting, source);
  return canonical.hash();
}

}  // namespace

SourceReader::SourceReader(const Surroundings& surroundings, Findings& findings)
    : surroundings_(surroundings), findings_(findings) {}

void SourceReader::check_defaults() {
  Section defaults(surroundings_.defaults, surroundings_.defaults_place, findings_);
  Draft nobody{.now = surroundings_.now};
  for (const CommonSetting& setting : common_settings()) {
    if (!may_be_default(setting)) continue;
    if (const Node* node = defaults.find(setting.name))
      apply(setting, {node, defaults.place_of(*node)}, nobody);
  }
  if (const auto text = nobody.read.find("topic"); text != nobody.read.end()) {
    const Result<std::string> topic = fill_topic(text->second.text, "vendor", "source");
    if (!topic.ok()) text->second.mistake(findings_, topic.error().message);
  }
  defaults.refuse_unknown();
}

SourceReader::Found SourceReader::look_up(std::string_view name, Section& own) const {
  if (const Node* node = own.find(name)) return {node, own.place_of(*node)};
  for (const Node& node : surroundings_.defaults.items) {
    if (node.key == name) return {&node, surroundings_.defaults_place.named(name, node.line_to_blame())};
  }
  return {nullptr, own.place().named(name, own.place().line)};
}

void SourceReader::apply(const CommonSetting& setting, const Found& found, Draft& draft) {
  std::vector<Text> values;
  if (setting.list && found.node->kind == Node::Kind::list) {
    values = read_list(*found.node, found.place, findings_);
    if (found.node->items.empty()) findings_.mistake(found.place, "is an empty list");
  } else if (std::optional<Text> text = read_text(*found.node, found.place, findings_)) {
    // An optional setting can be turned off by a reference that may be empty: ${env:PROXY:-}.
    const bool absent = text->text.empty() && !text->spelled.empty() && !setting.required();
    if (!absent) values.push_back(std::move(*text));
  }
  for (const Text& value : values) {
    if (value.text.empty()) {
      value.mistake(findings_, "is empty");
      continue;
    }
    if (setting.shown && !may_be_shown(value)) continue;
    const Status applied = setting.apply(value.text, draft);
    if (!applied.ok()) value.mistake(findings_, applied.error().message);
    if (!setting.list) draft.read[setting.name] = value;
  }
}

bool SourceReader::may_be_shown(const Text& text) {
  for (const std::string& name : text.env) shown_variables_.emplace_back(name, text.place);
  if (text.from_file) {
    findings_.mistake(
        text.place,
        "is shown to everybody who may see the status page, and ${file:} is for secrets: write the value "
        "here, or use ${env:NAME}");
  }
  return !text.from_file;
}

void SourceReader::check_shown(const std::set<std::string>& further_secrets) {
  for (const auto& [name, place] : shown_variables_) {
    if (!secret_variables_.contains(name) && !further_secrets.contains(name)) continue;
    findings_.mistake(place, "is shown to everybody who may see the status page, and ${env:" + name +
                                 "} is a secret elsewhere in this config: use another variable");
  }
}

ReadSource SourceReader::read(const Node& node, const Place& place) {
  const std::size_t mistakes_before = findings_.mistake_count();
  Section own(node, place, findings_);
  if (node.kind != Node::Kind::map) {
    if (node.kind == Node::Kind::null) findings_.mistake(place, "has no value");
    return {};
  }

  Draft draft{.now = surroundings_.now};
  Source& source = draft.source;
  if (place.allowance != nullptr) source.allowance = *place.allowance;
  ReadSource result;
  std::map<std::string_view, Found> places;
  for (const CommonSetting& setting : common_settings()) {
    Found found = look_up(setting.name, own);
    if (found.node != nullptr) {
      apply(setting, found, draft);
    } else if (setting.required()) {
      findings_.mistake(found.place, "is required");
    } else if (!setting.fallback.empty()) {
      AS_CHECK(setting.apply(std::string(setting.fallback), draft).ok());
    }
    places[setting.name] = std::move(found);
  }
  result.name = places["name"].place;
  result.account = places["account"].place;
  result.rate_limit = places["rate_limit"].place;
  result.topic = places["topic"].node != nullptr ? places["topic"].place : surroundings_.events_place;
  if (source.account.empty()) source.account = source.name;

  if (draft.source.api == nullptr) {
    // It is unknown which settings are valid; but one that no vendor has is certainly wrong.
    for (const Vendor* vendor : vendor_apis::vendors()) {
      for (const Setting& setting : vendor->settings()) own.find(setting.name);
    }
    own.refuse_unknown();
    result.source = std::make_shared<const Source>(std::move(source));
    return result;
  }

  const Vendor& vendor = *draft.source.api;
  for (const Setting& setting : vendor.settings()) {
    if (!is_common(setting.name)) read_vendor_setting(setting, own, source);
  }
  own.refuse_unknown();
  add_mistakes_of_vendor(own, draft);

  if (source.base_url.empty()) source.base_url = vendor.default_base_url(source);
  if (source.rate_limit.empty()) source.rate_limit = vendor.traits().rate_limit;
  if (source.page_size == 0) source.page_size = vendor.traits().page_size;
  if (!source.name.empty()) fill_topics(draft, result.topic);
  warn_of_retention(draft, places["backfill_start_time"].place);
  source.route = shared_route(draft.route);
  source.origin = origin_of(source, vendor);
  source.filter = filter_of(source, vendor);

  result.valid = findings_.mistake_count() == mistakes_before && !source.topic.empty() &&
                 !source.dead_letter_topic.empty();
  result.source = std::make_shared<const Source>(std::move(source));
  return result;
}

void SourceReader::read_vendor_setting(const Setting& setting, Section& own, Source& source) {
  const Node* node = own.find(setting.name);
  if (node == nullptr) {
    if (setting.required) {
      findings_.mistake(own.place().named(setting.name, own.place().line), "is required: " + setting.meaning);
    } else if (!setting.fallback.empty()) {
      source.settings[setting.name] = setting.fallback;
    }
    return;
  }
  const Place place = own.place_of(*node);
  if (setting.type == Setting::Type::secret) {
    const std::size_t mistakes_before = findings_.mistake_count();
    read_secret(*node, place, findings_, true);
    if (findings_.mistake_count() != mistakes_before) return;
    source.secret_templates[setting.name] = Secret(node->text);
    secret_variables_.merge(variables_in(node->text));
    return;
  }
  if (setting.type == Setting::Type::list) {
    std::vector<std::string> values;
    for (const Text& text : read_list(*node, place, findings_)) {
      if (may_be_shown(text)) values.push_back(text.text);
    }
    if (!values.empty()) source.lists[setting.name] = std::move(values);
    return;
  }
  const std::optional<Text> text = read_text(*node, place, findings_);
  if (!text || !may_be_shown(*text)) return;
  if (text->text.empty()) {
    if (setting.required || text->spelled.empty()) text->mistake(findings_, "is empty");
    if (!setting.fallback.empty()) source.settings[setting.name] = setting.fallback;
    return;
  }
  Status valid = success();
  std::string value = text->text;
  if (setting.type == Setting::Type::boolean) {
    const Result<bool> boolean = parse_boolean(text->text);
    if (!boolean.ok()) valid = boolean.error();
  } else if (!setting.choices.empty()) {
    valid = check_choice(text->text, setting.choices);
  } else if (setting.request_host) {
    Result<std::string> domain = parse_domain(text->text);
    if (domain.ok()) {
      value = *domain;
    } else {
      valid = domain.error();
    }
  }
  if (!valid.ok()) {
    text->mistake(findings_, valid.error().message);
    return;
  }
  source.settings[setting.name] = std::move(value);
}

void SourceReader::add_mistakes_of_vendor(const Section& own, const Draft& draft) {
  for (const auto& [name, message] : draft.source.api->mistakes(draft.source)) {
    const auto child = std::find_if(own.children().begin(), own.children().end(),
                                    [&name = name](const Node& candidate) { return candidate.key == name; });
    const bool given = child != own.children().end();
    const Place place = given ? own.place_of(*child) : own.place().named(name, own.place().line);
    // The settings table's own finding on that setting is clearer.
    if (findings_.has_mistake_at(place.file, place.path)) continue;
    const std::string value(draft.source.setting(name));
    Text text{.text = value, .spelled = given ? child->text : "", .place = place};
    if (text.spelled.find("${") != std::string::npos) text.outside = {value};
    text.mistake(findings_, message);
  }
}

void SourceReader::fill_topics(Draft& draft, const Place& topic_place) {
  Source& source = draft.source;
  const std::string& pattern = source.topic.empty() ? surroundings_.topics.events : source.topic;
  const Result<std::string> topic = fill_topic(pattern, source.vendor, source.name);
  if (!topic.ok() && !findings_.has_mistake_at(topic_place.file, topic_place.path)) {
    const auto own = draft.read.find("topic");
    (own != draft.read.end() ? own->second : Text{.place = topic_place})
        .mistake(findings_, topic.error().message);
  }
  const Result<std::string> dead_letters =
      fill_topic(surroundings_.topics.dead_letters, source.vendor, source.name);
  const Place& dead_letters_place = surroundings_.dead_letters_place;
  if (!dead_letters.ok() && !findings_.has_mistake_at(dead_letters_place.file, dead_letters_place.path)) {
    findings_.mistake(dead_letters_place, dead_letters.error().message);
  }
  source.topic = topic.ok() ? *topic : std::string{};
  source.dead_letter_topic = dead_letters.ok() ? *dead_letters : std::string{};
}

void SourceReader::warn_of_retention(const Draft& draft, const Place& place) {
  const std::optional<Duration> retention = draft.source.api->traits().retention;
  const std::optional<Time> start = draft.source.backfill_start_time;
  if (!retention || !start || *start >= surroundings_.now - *retention) return;
  findings_.warning(place, format_rfc3339(*start) + " is further back than " +
                               std::string(draft.source.api->title()) + " is known to keep its log (" +
                               format_duration(*retention) + "): older events may be missing");
}

std::shared_ptr<const http::Route> SourceReader::shared_route(const http::Route& route) {
  std::shared_ptr<const http::Route>& shared = routes_[{route.ca_file, route.proxy}];
  if (!shared) shared = std::make_shared<const http::Route>(route);
  return shared;
}

}  // namespace auditstream::config
