#include "config/section.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "config/expansion.h"
#include "config/nearest.h"

namespace auditstream::config {
namespace {

const char* shape(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

bool is_scalar(const Node& node, const Place& place, Findings& findings) {
  if (node.kind == Node::Kind::scalar) return true;
  if (node.kind == Node::Kind::null) {
    findings.mistake(place, "has no value");
  } else {
    findings.mistake(place, std::string(shape(node.kind)) + " stands where a single value belongs");
  }
  return false;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  if (what.empty()) return;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// For values that were changed or cut on their way into the message: removes whatever begins like one, up to
// the end of the quotation.
void blot_out(std::string& message, std::string_view value) {
  constexpr std::size_t beginning = 8;  // shorter ones may be words of the message itself
  if (value.size() < beginning) return;
  const std::string_view start = value.substr(0, beginning);
  for (std::size_t at = 0; (at = message.find(start, at)) != std::string::npos;) {
    const std::size_t end = std::min(message.find('"', at), message.size());
    message.replace(at, end - at, "...");
    at += 3;
  }
}

const std::vector<Node>& children_of(const Node& node) {
  static const std::vector<Node> none;
  return node.kind == Node::Kind::map ? node.items : none;
}

}  // namespace

void Text::mistake(Findings& findings, std::string message) const {
  if (!outside.empty()) {
    replace_all(message, in_quotes(text), in_quotes(spelled));  // both are cut alike if they are long
    replace_all(message, text, spelled);
    for (const std::string& value : outside) blot_out(message, trimmed(value));
  } else if (may_be_secret(text)) {
    replace_all(message, in_quotes(text), "\"...\"");
    replace_all(message, text, "...");
  }
  findings.mistake(place, std::move(message));
}

std::optional<Text> read_verbatim(const Node& node, const Place& place, Findings& findings) {
  if (!is_scalar(node, place, findings)) return std::nullopt;
  Result<Expansion> expansion = expand(node.text, place.allowance);
  if (!expansion.ok()) {
    findings.mistake(place, expansion.error().message);
    return std::nullopt;
  }
  return Text{std::move(expansion->text), node.text, std::move(expansion->outside), std::move(expansion->env),
              expansion->from_file,       place};
}

std::optional<Text> read_text(const Node& node, const Place& place, Findings& findings) {
  std::optional<Text> text = read_verbatim(node, place, findings);
  if (!text) return std::nullopt;
  if (!text->outside.empty()) text->text = std::string(trimmed(text->text));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text->text.begin(), text->text.end(), is_control)) {
    findings.mistake(place, "holds a line break or another control character");
    return std::nullopt;
  }
  return text;
}

std::vector<Text> read_list(const Node& node, const Place& place, Findings& findings) {
  std::vector<Text> texts;
  if (node.kind != Node::Kind::list) {
    if (node.kind != Node::Kind::null) {
      findings.mistake(place, std::string(shape(node.kind)) + " stands where a list belongs: write [...]");
    }
    return texts;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Place item = place.item(i, node.items[i].line);
    std::optional<Text> text = read_text(node.items[i], item, findings);
    if (!text) continue;
    if (text->text.empty()) {
      findings.mistake(item, "is empty");
    } else {
      texts.push_back(std::move(*text));
    }
  }
  return texts;
}

std::optional<std::string> read_secret(const Node& node, const Place& place, Findings& findings,
                                       bool may_be_missing) {
  if (!is_scalar(node, place, findings)) return std::nullopt;
  Result<Revealed> secret = reveal(node.text, place.allowance);
  if (!secret.ok()) {
    if (may_be_missing && secret.error().kind == ErrorKind::unavailable) {
      findings.missing_secret(place, secret.error().message);
    } else {
      findings.mistake(place, secret.error().message);
    }
    return std::nullopt;
  }
  if (secret->was_trimmed)
    findings.warning(place, "surrounding spaces or empty lines of the secret were removed");
  if (secret->in_clear) {
    findings.warning(place, "a secret stands here in clear: use ${env:NAME} or ${file:/path}");
  }
  return std::move(secret->text);
}

Section::Section(const Node& node, Place place, Findings& findings)
    : place_(std::move(place)), findings_(findings), children_(children_of(node)) {
  if (node.kind == Node::Kind::scalar || node.kind == Node::Kind::list) {
    findings_.mistake(place_, std::string(shape(node.kind)) + " stands where a map (name: value) belongs");
  }
  std::map<std::string_view, int> first_lines;
  for (const Node& child : children_) {
    const auto [first, is_new] = first_lines.emplace(child.key, child.key_line);
    if (is_new) continue;
    findings_.mistake(place_.named(child.key, child.key_line),
                      "is given twice, first in line " + std::to_string(first->second));
  }
}

const Node* Section::find(std::string_view name) {
  known_.emplace_back(name);
  const auto child = std::find_if(children_.begin(), children_.end(),
                                  [name](const Node& candidate) { return candidate.key == name; });
  return child == children_.end() ? nullptr : &*child;
}

std::optional<Text> Section::text(std::string_view name) {
  const Node* child = find(name);
  if (child == nullptr) return std::nullopt;
  return read_text(*child, place_of(*child), findings_);
}

void Section::refuse_unknown() const {
  for (const Node& child : children_) {
    if (std::find(known_.begin(), known_.end(), child.key) != known_.end()) continue;
    const Place place = place_.named(child.key, child.key_line);
    if (const std::size_t colon = child.key.find(':'); colon != std::string::npos) {
      findings_.mistake(place, "a blank is missing after the colon");
      continue;
    }
    const std::string meant = did_you_mean(child.key, known_);
    findings_.mistake(
        place, "there is no such setting here" + (meant.empty() ? ": there are " + listed(known_) : meant));
  }
}

Result<long> parse_number(std::string_view text, long min, long max) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range ||
      (error == std::errc{} && end == text.data() + text.size() && (number < min || number > max))) {
    return Error{in_quotes(text) + " is not between " + std::to_string(min) + " and " + std::to_string(max)};
  }
  if (error != std::errc{} || end != text.data() + text.size()) {
    return Error{in_quotes(text) + " is not a whole number"};
  }
  return number;
}

Result<Duration> parse_duration_within(const std::string& text, Duration min, Duration max) {
  Result<Duration> duration = parse_duration(text);
  if (!duration.ok()) return duration;
  if (*duration < min) return Error{in_quotes(text) + " is less than " + format_duration(min)};
  if (*duration > max) return Error{in_quotes(text) + " is more than " + format_duration(max)};
  return duration;
}

Result<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Error{in_quotes(text) + " is not true or false"};
}

Status check_choice(std::string_view text, const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return success();
  return Error{in_quotes(text) + " is not one of " + listed(choices)};
}

}  // namespace auditstream::config
