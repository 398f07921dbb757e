#include "base/json_elements.h"

#include <algorithm>
#include <utility>

#include "base/json_walk.h"

namespace auditstream::json {
namespace {

constexpr std::size_t damages_max = 10'000;

struct Nobody : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Nobody> {
  void begin(const Bytes&) {}
};

// Splits the text at its structure: brackets, quotes, commas and colons. Whatever is between two of these may
// be wrong if it is a single thing: two side by side mean that a quote is missing or too many, and then
// strings and structure may be swapped from there on.
class ElementScan {
 public:
  ElementScan(std::string_view text, std::size_t begin, std::size_t nesting_max)
      : text_(text), at_(begin), nesting_max_(nesting_max), patched_{std::string(text), {}} {}

  // Scans to the array's end; false if it is unclear where an element ends.
  bool run() {
    while (patched_.damages.size() <= damages_max) {
      at_ = text_.find_first_not_of(" \t\r\n", at_);
      if (at_ == std::string_view::npos) return false;
      if (text_[at_] == ']' && open_.empty()) return true;
      if (!step(text_[at_])) return false;
    }
    return false;
  }

  Patched take() { return std::move(patched_); }

 private:
  bool step(char c) {
    switch (c) {
      case '{':
      case '[':
        return enter(c);
      case '}':
      case ']':
        return leave(c);
      case ',':
      case ':':
        separated_ = true;
        ++at_;
        return c == ',' || !open_.empty();
      default:
        return leaf(c == '"');
    }
  }

  bool begin_value() {
    if (open_.empty()) element_ = at_;
    return std::exchange(separated_, false);
  }

  bool enter(char bracket) {
    if (!begin_value()) return false;
    if (open_.size() == nesting_max_) too_deep_ = at_;
    open_ += bracket;
    separated_ = true;
    ++at_;
    return true;
  }

  bool leave(char bracket) {
    if (open_.empty() || open_.back() != (bracket == '}' ? '{' : '[')) return false;
    open_.pop_back();
    separated_ = false;
    ++at_;
    if (open_.size() == nesting_max_) {
      damage({too_deep_, at_, too_deep_, "nested deeper than " + std::to_string(depth_max) + " levels"});
    }
    end_value();
    return true;
  }

  bool leaf(bool is_string) {
    if (!begin_value()) return false;
    const std::size_t begin = at_;
    bool plain = is_string;  // as most strings are
    if (is_string) {
      for (++at_; at_ < text_.size() && text_[at_] != '"';) {
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (c < 0x20 || c >= 0x80 || c == '\\') plain = false;
        at_ += c == '\\' ? 2 : 1;
      }
      if (at_ >= text_.size()) return false;
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(",:{}[]\" \t\r\n", at_), text_.size());
    }
    // What is nested too deep is replaced as a whole.
    if (!plain && open_.size() <= nesting_max_) check(begin);
    end_value();
    return true;
  }

  void end_value() {
    if (!open_.empty()) return;
    // Finds what else is wrong: a comma too many, a name without a value.
    const std::size_t before = patched_.damages.size();
    check(element_);
    if (patched_.damages.size() == before) return;
    const auto inner = std::ranges::lower_bound(patched_.damages.begin(), patched_.damages.end() - 1,
                                                element_, {}, &Damage::begin);
    patched_.damages.erase(inner, patched_.damages.end() - 1);
  }

  // Checks that [begin, at_) is JSON, and records the damage if not.
  void check(std::size_t begin) {
    const std::string_view value = std::string_view(patched_.text).substr(begin, at_ - begin);
    Nobody nobody;
    const Verdict verdict = walk(value, nobody);
    if (verdict.flaw == Flaw::none) return;
    damage({begin, at_, begin + std::min(verdict.offset, value.size() - 1),
            verdict.reason.empty() ? "Invalid value." : verdict.reason});
  }

  void damage(Damage damage) {
    char* const first = patched_.text.data() + damage.begin;
    char* const last = patched_.text.data() + damage.end;
    const bool is_string = *first == '"' && damage.end - damage.begin > 1 && last[-1] == '"';
    if (is_string) {
      std::fill(first + 1, last - 1, '?');
    } else {
      std::fill(first, last, ' ');
      *first = '0';
    }
    patched_.damages.push_back(std::move(damage));
  }

  const std::string_view text_;
  std::size_t at_;
  const std::size_t nesting_max_;
  Patched patched_;
  std::string open_;          // open brackets inside the element
  bool separated_ = true;     // a value may begin here
  std::size_t element_ = 0;   // where the element began
  std::size_t too_deep_ = 0;  // where the part nested too deep began
};

}  // namespace

std::optional<Patched> patch_elements(std::string_view text, std::size_t begin, std::size_t depth) {
  ElementScan scan(text, begin, depth_max - depth);
  if (!scan.run()) return std::nullopt;
  Patched patched = scan.take();
  return patched.damages.empty() ? std::nullopt : std::optional(std::move(patched));
}

}  // namespace auditstream::json
