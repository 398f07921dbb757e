// One map of the config, read name by name: types, references and unknown keys. Knows no particular setting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/time.h"
#include "config/findings.h"
#include "config/tree.h"

namespace auditstream::config {

// A scalar after its ${...} were replaced.
struct Text {
  std::string text{};
  std::string spelled{};               // as written in the file
  std::vector<std::string> outside{};  // the values in it from the environment and from files
  std::vector<std::string> env{};      // the variables that it refers to
  bool from_file = false;
  Place place{};

  // Reports a mistake about this value. If it came from outside, it may be a misplaced secret: the message
  // then shows the reference. If it is in the config and looks like a secret, it is hidden.
  void mistake(Findings& findings, std::string message) const;
};

// The scalar with its references replaced and otherwise unchanged, or a mistake.
std::optional<Text> read_verbatim(const Node& node, const Place& place, Findings& findings);

// The scalar, or a mistake. Referenced text loses surrounding blanks; control characters are mistakes.
std::optional<Text> read_text(const Node& node, const Place& place, Findings& findings);

// The scalars of a list; other items are mistakes and left out.
std::vector<Text> read_list(const Node& node, const Place& place, Findings& findings);

// A secret, revealed, with the usual warnings and mistakes. If it `may_be_missing`, a file that can't be read
// or is empty is not a mistake, but a missing secret.
std::optional<std::string> read_secret(const Node& node, const Place& place, Findings& findings,
                                       bool may_be_missing = false);

// Must not outlive the node that it reads.
class Section {
 public:
  // A null is an empty map; anything else that is no map, or a duplicate key, is a mistake.
  Section(const Node& node, Place place, Findings& findings);

  const Place& place() const { return place_; }
  Place place_of(const Node& child) const { return place_.named(child.key, child.line_to_blame()); }

  // The value of that name (may be a null), or nullptr. Makes the name a valid one.
  const Node* find(std::string_view name);
  std::optional<Text> text(std::string_view name);

  // Every name that was not asked for is a mistake; to be called last.
  void refuse_unknown() const;

  const std::vector<Node>& children() const { return children_; }

 private:
  Place place_;
  Findings& findings_;
  const std::vector<Node>& children_;
  std::vector<std::string> known_;
};

// An integer in [min, max], or a sentence that does not name the place.
Result<long> parse_number(std::string_view text, long min, long max);
Result<Duration> parse_duration_within(const std::string& text, Duration min, Duration max);
Result<bool> parse_boolean(std::string_view text);
// `text` if it is one of the choices.
Status check_choice(std::string_view text, const std::vector<std::string>& choices);

}  // namespace auditstream::config
