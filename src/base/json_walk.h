// A single pass over JSON text with RapidJSON, which follows JSON pointers (RFC 6901) without building a
// document tree. For json.cpp and for slicing pages; knows nothing of events or vendors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace auditstream::json {

// RapidJSON's recursive parser needs stack for each level: 200,000 levels end the process. It is also the
// only one that calls back after it has consumed the character, on which slicing relies.
inline constexpr std::size_t depth_max = 256;

// The text as RapidJSON's input. Unlike its MemoryStream it never reads past the end, not even in a truncated
// UTF-8 sequence.
class Bytes {
 public:
  using Ch = char;

  explicit Bytes(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  Ch Peek() const { return at_ == end_ ? '\0' : *at_; }
  Ch Take() { return at_ == end_ ? '\0' : *at_++; }
  std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }

  // Required by the concept; only in-place parsing would call these.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  std::size_t PutEnd(Ch*) { return 0; }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
};

// A set of JSON pointers as a tree. A pointer's slot is its index in the list that the tree was built from.
struct PointerNode {
  std::string token;
  std::vector<PointerNode> children;
  std::vector<int> slots;

  const PointerNode* child(std::string_view key) const;
};

// The pointers must be valid. At most 32 may share a parent.
PointerNode grow_pointers(const std::vector<std::string_view>& pointers);

// Follows a parser through a document and maps each value to its node of the tree. If an object has a key
// twice, only the first one has a node.
class Track {
 public:
  explicit Track(const PointerNode* root) : next_(root) {}

  void key(std::string_view key) {
    Frame& top = frames_[depth_ - 1];
    next_ = top.node == nullptr ? nullptr : first_occurrence(top, key);
  }

  // The node of the value that begins now; null if no pointer leads to or through it. Once for each value.
  const PointerNode* value() {
    if (depth_ == 0) return next_;
    Frame& top = frames_[depth_ - 1];
    if (!top.array) return next_;
    return top.node == nullptr ? nullptr : top.node->child(std::to_string(top.index++));
  }

  // Enters an object or array; its members are looked up in `node`. False if it is nested too deep.
  bool open(const PointerNode* node, bool array) {
    if (depth_ == depth_max) return false;
    frames_[depth_++] = Frame{node, 0, 0, array};
    return true;
  }
  void close() { --depth_; }

  std::size_t depth() const { return depth_; }

 private:
  struct Frame {
    const PointerNode* node;
    std::uint32_t seen;  // bit per child
    std::uint32_t index;
    bool array;
  };

  static const PointerNode* first_occurrence(Frame& frame, std::string_view key);

  std::size_t depth_ = 0;
  const PointerNode* next_;
  std::array<Frame, depth_max> frames_;  // only the first depth_ are alive
};

enum class Flaw { none, cut, too_deep, broken };

struct Verdict {
  Flaw flaw = Flaw::none;
  std::size_t offset = 0;
  std::string reason;  // RapidJSON's message; empty unless broken
};

// The text, with what JSON allows but RapidJSON refuses replaced by something of the same length: half a
// surrogate pair ("\ud83d", seen where a user agent was cut in the middle of a pair) and numbers too large
// for a double ("1e400"). All offsets stay valid.
std::string mend(std::string_view text);

// What the string before `end` means, which the parser has read as `decoded`: usually just that. But Unicode
// text can't hold half a surrogate pair, so mend() has replaced it: such a string is returned as written,
// with quotes, so that different ones stay different. For any scalar.
std::string_view as_spelled(std::string_view text, std::size_t end, std::string_view decoded);

// Whether the text is one JSON value of valid UTF-8, nested at most depth_max deep.
bool is_json(std::string_view text);

// The offset of the first byte that is not UTF-8, or the text's size. A sequence cut off at the end is not an
// error. Done before parsing because most text is ASCII, which is checked eight bytes at a time.
std::size_t utf8_flaw(std::string_view text);

// Parses the whole text as one JSON value of valid UTF-8. The handler is like RapidJSON's, plus `begin(const
// Bytes&)`, which resets it: a document that needs mending is read twice. Numbers may be mended, so a handler
// takes them from the text, where they end at Tell().
template <class Handler>
Verdict walk(std::string_view text, Handler& handler, bool mended = false) {
  constexpr unsigned flags = rapidjson::kParseNumbersAsStringsFlag;
  if (const std::size_t flaw = utf8_flaw(text); flaw < text.size()) {
    return Verdict{Flaw::broken, flaw,
                   rapidjson::GetParseError_En(rapidjson::kParseErrorStringInvalidEncoding)};
  }
  Bytes bytes(text);
  rapidjson::Reader reader;
  handler.begin(bytes);
  reader.Parse<flags>(bytes, handler);
  if (!reader.HasParseError()) {
    // The parser treats a NUL as the end of its input.
    return bytes.at_end() ? Verdict{} : Verdict{Flaw::broken, bytes.Tell(), "a NUL byte after the document"};
  }
  switch (reader.GetParseErrorCode()) {
    case rapidjson::kParseErrorTermination:
      return Verdict{Flaw::too_deep, reader.GetErrorOffset(), ""};
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
    case rapidjson::kParseErrorNumberTooBig:
      if (!mended) return walk(mend(text), handler, true);
      break;
    default:
      break;
  }
  if (bytes.at_end()) return Verdict{Flaw::cut, text.size(), ""};
  return Verdict{Flaw::broken, reader.GetErrorOffset(),
                 rapidjson::GetParseError_En(reader.GetParseErrorCode())};
}

}  // namespace auditstream::json
