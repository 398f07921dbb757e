// One map of the config, read name by name: shapes, references and unknown keys. Knows no setting by itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.h"
#include "config/tree.h"

namespace auditstream::config {

// A scalar after ${...} was filled in.
struct Text {
  std::string text{};
  std::string spelled{};               // as the file has it
  std::vector<std::string> outside{};  // what of it came from the environment and from files
  std::vector<std::string> env{};      // the variables that it names
  bool from_file = false;
  Place place{};

  // A mistake about this value. Where the value came from outside it may be a secret in the wrong place: the
  // message then shows the reference instead. One that stands here and looks like a secret is not shown.
  void mistake(Findings& findings, std::string message) const;
};

// The scalar with its references filled in and nothing else done to it, or a mistake.
std::optional<Text> read_verbatim(const Node& node, const Place& place, Findings& findings);

// The scalar, or a mistake. Text from outside loses surrounding blanks; control characters are mistakes.
std::optional<Text> read_text(const Node& node, const Place& place, Findings& findings);

// The scalars of a list; items that are none are mistakes and left out.
std::vector<Text> read_list(const Node& node, const Place& place, Findings& findings);

// A secret, revealed; the usual warnings and mistakes. Of a secret that `may_be_missing`, a file that can't
// be read or holds none is no mistake: it is a missing secret.
std::optional<std::string> read_secret(const Node& node, const Place& place, Findings& findings,
                                       bool may_be_missing = false);

// Lives no longer than the node it reads.
class Section {
 public:
  // A null is an empty map; anything else but a map, or a key given twice, is a mistake.
  Section(const Node& node, Place place, Findings& findings);

  const Place& place() const { return place_; }
  Place place_of(const Node& child) const { return place_.named(child.key, child.line_to_blame()); }

  // The value of that name, null values included, or nullptr. From now on the name is a valid one.
  const Node* find(std::string_view name);
  std::optional<Text> text(std::string_view name);

  // Whatever was not asked for is a mistake; call it when everything was.
  void refuse_unknown() const;

  const std::vector<Node>& children() const { return children_; }

 private:
  Place place_;
  Findings& findings_;
  const std::vector<Node>& children_;
  std::vector<std::string> known_;
};

// Whole decimal numbers in [min, max], or a sentence without the place.
Result<long> parse_number(std::string_view text, long min, long max);
Result<bool> parse_boolean(std::string_view text);
// `text` if it is one of the choices.
Status check_choice(std::string_view text, const std::vector<std::string>& choices);

}  // namespace auditstream::config
