#include "ocsf/mapping.h"

#include <algorithm>
#include <variant>

#include "auditstream/json.h"
#include "config/findings.h"
#include "config/nearest.h"
#include "config/section.h"
#include "config/tree.h"

namespace auditstream::ocsf {
namespace {

using config::Findings;
using config::Node;
using config::Place;
using config::Section;

// Some are left for the event's id and time.
constexpr std::size_t pointers_max = Pointers::count_max - 8;

class MappingReader {
 public:
  explicit MappingReader(Findings& findings) : findings_(findings) {}

  Mapping read(Section& root, std::string_view vendor) {
    Mapping mapping;
    const Node* node = root.find("vendor");
    const std::optional<std::string> named =
        node == nullptr ? std::nullopt : text(*node, root.place_of(*node));
    if (node == nullptr) {
      findings_.mistake(root.place(), "has no vendor: it must be " + std::string(vendor));
    } else if (named && *named != vendor) {
      findings_.mistake(
          root.place_of(*node),
          config::in_quotes(*named) + " is not the vendor of these events, " + std::string(vendor));
    }
    mapping.event_code = origins(root, "event_code");
    mapping.service = origins(root, "service");
    mapping.type = table<Type>(root, "type", find_type, type_names(), unknown_type());
    mapping.actors = actors(root);
    mapping.source_ip = origins(root, "source_ip");
    mapping.user_agent = origins(root, "user_agent");
    mapping.outcome = table<int>(root, "outcome", find_outcome, outcome_names(), outcome_unknown);
    mapping.status_code = origins(root, "status_code");
    mapping.status_detail = origins(root, "status_detail");
    if (const Node* resource = root.find("resource")) {
      Section section(*resource, root.place_of(*resource), findings_);
      mapping.resource = {origins(section, "uid"), origins(section, "name"), origins(section, "type")};
      section.refuse_unknown();
    }
    mapping.tenant = origins(root, "tenant");
    root.refuse_unknown();
    mapping.pointers = std::move(pointers_);
    return mapping;
  }

 private:
  std::optional<std::string> text(const Node& node, const Place& place) {
    if (node.kind == Node::Kind::scalar) return node.text;
    findings_.mistake(place, "a single value belongs here");
    return std::nullopt;
  }

  std::optional<int> slot(const Node& node, const Place& place) {
    const std::optional<std::string> pointer = text(node, place);
    if (!pointer) return std::nullopt;
    const Status valid = json::validate_pointer(*pointer);
    if (!valid.ok()) {
      findings_.mistake(place, valid.error().message);
    } else if (pointers_.all().size() == pointers_max && !std::ranges::count(pointers_.all(), *pointer)) {
      findings_.mistake(
          place, "is one pointer more than the " + std::to_string(pointers_max) + " that a mapping may have");
    } else {
      return pointers_.slot(*pointer);
    }
    return std::nullopt;
  }

  // "/pointer", or {claim: NAME, in: /pointer}.
  void add_origin(const Node& node, const Place& place, Origins& origins) {
    Origin origin;
    std::optional<int> at;
    if (node.kind == Node::Kind::map) {
      Section section(node, place, findings_);
      const Node* claim = section.find("claim");
      const Node* in = section.find("in");
      section.refuse_unknown();
      if (claim == nullptr || in == nullptr) {
        findings_.mistake(place, "a claim needs both: {claim: user, in: /spec/claims}");
        return;
      }
      origin.claim = text(*claim, section.place_of(*claim)).value_or("");
      if (origin.claim.empty()) findings_.mistake(section.place_of(*claim), "has no name");
      at = slot(*in, section.place_of(*in));
    } else {
      at = slot(node, place);
    }
    if (!at) return;
    origin.slot = *at;
    origins.push_back(std::move(origin));
  }

  // One, or a list of them.
  Origins origins(Section& section, std::string_view name) {
    Origins origins;
    const Node* node = section.find(name);
    if (node == nullptr) return origins;
    const Place place = section.place_of(*node);
    if (node->kind != Node::Kind::list) {
      add_origin(*node, place, origins);
      return origins;
    }
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      add_origin(node->items[i], place.item(i, node->items[i].line), origins);
    }
    return origins;
  }

  Actor actor(const Node& node, const Place& place) {
    Section section(node, place, findings_);
    Actor actor{origins(section, "uid"), origins(section, "name"), origins(section, "email"),
                origins(section, "app_uid"), origins(section, "app_name")};
    section.refuse_unknown();
    return actor;
  }

  std::vector<Actor> actors(Section& root) {
    std::vector<Actor> actors;
    const Node* node = root.find("actor");
    if (node == nullptr) return actors;
    const Place place = root.place_of(*node);
    if (node->kind != Node::Kind::list) {
      actors.push_back(actor(*node, place));
      return actors;
    }
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      actors.push_back(actor(node->items[i], place.item(i, node->items[i].line)));
    }
    return actors;
  }

  template <class Meaning>
  using Find = std::optional<Meaning> (*)(std::string_view);

  template <class Meaning>
  std::optional<Meaning> meaning(const Node& node, const Place& place, Find<Meaning> find,
                                 const std::vector<std::string>& names) {
    const std::optional<std::string> name = text(node, place);
    if (!name) return std::nullopt;
    std::optional<Meaning> found = find(*name);
    if (!found) {
      const std::string meant = config::did_you_mean(*name, names);
      findings_.mistake(place, config::in_quotes(*name) + " is not known" +
                                   (meant.empty() ? ": it is one of " + config::listed(names) : meant));
    }
    return found;
  }

  // One meaning for all events, or a table.
  template <class Meaning>
  Table<Meaning> table(Section& root, std::string_view name, Find<Meaning> find,
                       const std::vector<std::string>& names, const Meaning& unknown) {
    Table<Meaning> table{{}, {}, {}, {}, unknown, unknown};
    const Node* node = root.find(name);
    if (node == nullptr) return table;
    const Place place = root.place_of(*node);
    if (node->kind == Node::Kind::scalar) {
      table.absent = meaning(*node, place, find, names).value_or(unknown);
      return table;
    }
    Section section(*node, place, findings_);
    table.from = origins(section, "from");
    if (section.find("from") == nullptr) findings_.mistake(place, "has no from: what the table is about");
    const auto rows = [&](std::string_view kind, std::vector<std::pair<std::string, Meaning>>& into) {
      const Node* map = section.find(kind);
      if (map == nullptr) return;
      Section entries(*map, section.place_of(*map), findings_);
      for (const Node& entry : entries.children()) {
        if (auto found = meaning(entry, entries.place_of(entry), find, names)) {
          into.emplace_back(entry.key, std::move(*found));
        }
      }
      std::ranges::stable_sort(into, std::ranges::greater{},
                               [](const auto& row) { return row.first.size(); });
    };
    rows("equals", table.equals);
    rows("prefix", table.prefix);
    rows("suffix", table.suffix);
    for (auto [key, into] : {std::pair{"otherwise", &table.otherwise}, std::pair{"absent", &table.absent}}) {
      if (const Node* value = section.find(key)) {
        *into = meaning(*value, section.place_of(*value), find, names).value_or(unknown);
      }
    }
    section.refuse_unknown();
    return table;
  }

  Findings& findings_;
  Pointers pointers_;
};

}  // namespace

ReadMapping read_mapping(std::string_view yaml, const std::string& file, std::string_view vendor) {
  ReadMapping result;
  const std::variant<Node, config::SyntaxError> parsed = config::parse_yaml(yaml);
  if (const auto* error = std::get_if<config::SyntaxError>(&parsed)) {
    result.mistakes.push_back({file, error->line, "", error->message});
    return result;
  }
  Findings findings;
  Section root(std::get<Node>(parsed), Place{file, 1, "", nullptr}, findings);
  Mapping mapping = MappingReader(findings).read(root, vendor);
  result.mistakes = findings.take_mistakes(file);
  if (result.mistakes.empty()) result.mapping = std::move(mapping);
  return result;
}

}  // namespace auditstream::ocsf
