#include "ocsf/fields.h"

#include <algorithm>

#include "auditstream/check.h"
#include "base/json_walk.h"

namespace auditstream::ocsf {
namespace {

json::PointerNode grow(const Pointers& pointers) {
  return json::grow_pointers({pointers.all().begin(), pointers.all().end()});
}

class FieldReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FieldReader> {
 public:
  FieldReader(std::string_view text, const json::PointerNode& root, std::size_t count)
      : text_(text), root_(root), count_(count), track_(&root) {}

  void begin(const json::Bytes& bytes) {
    bytes_ = &bytes;
    track_ = json::Track(&root_);
    fields_.assign(count_, Field{});
    lists_.clear();
    is_object_ = false;
  }

  bool Null() { return track_.value(), true; }
  bool Bool(bool value) { return scalar(value ? "true" : "false"); }
  bool RawNumber(const char*, rapidjson::SizeType size, bool) {
    return scalar(text_.substr(bytes_->Tell() - size, size));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view decoded(text, size);
    if (!lists_.empty() && lists_.back().depth == track_.depth()) {
      const std::string_view item = json::as_spelled(text_, bytes_->Tell(), decoded);
      for (const int slot : lists_.back().node->slots) field(slot).items.emplace_back(item);
    }
    return scalar(decoded);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return track_.key({text, size}), true; }

  bool StartObject() {
    if (track_.depth() == 0) is_object_ = true;
    return track_.open(track_.value(), false);
  }
  bool EndObject(rapidjson::SizeType) { return track_.close(), true; }

  bool StartArray() {
    const json::PointerNode* node = track_.value();
    if (!track_.open(node, true)) return false;
    if (node != nullptr && !node->slots.empty()) lists_.push_back({node, track_.depth()});
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    if (!lists_.empty() && lists_.back().depth == track_.depth()) lists_.pop_back();
    track_.close();
    return true;
  }

  bool is_object() const { return is_object_; }
  std::vector<Field> take() { return std::move(fields_); }

 private:
  struct List {
    const json::PointerNode* node;
    std::size_t depth;
  };

  Field& field(int slot) { return fields_[static_cast<std::size_t>(slot)]; }

  bool scalar(std::string_view decoded) {
    const json::PointerNode* node = track_.value();
    if (node == nullptr || node->slots.empty()) return true;
    const std::string_view kept = json::as_spelled(text_, bytes_->Tell(), decoded);
    for (const int slot : node->slots) field(slot).text = kept;
    return true;
  }

  const std::string_view text_;
  const json::PointerNode& root_;
  const std::size_t count_;

  const json::Bytes* bytes_ = nullptr;
  json::Track track_;
  std::vector<Field> fields_;
  std::vector<List> lists_;  // the arrays around the parser's position at which a pointer leads
  bool is_object_ = false;
};

std::string words_for(const json::Verdict& verdict) {
  switch (verdict.flaw) {
    case json::Flaw::none:
      break;
    case json::Flaw::cut:
      return "ends too early for JSON";
    case json::Flaw::too_deep:
      return "is JSON nested deeper than " + std::to_string(json::depth_max) + " levels";
    case json::Flaw::broken:
      return "is not valid JSON, at byte " + std::to_string(verdict.offset) + ": " + verdict.reason;
  }
  return "is not valid JSON";
}

}  // namespace

int Pointers::slot(std::string_view pointer) {
  const auto known = std::ranges::find(all_, pointer);
  const auto slot = static_cast<int>(known - all_.begin());
  if (known == all_.end()) {
    AS_CHECK(all_.size() < count_max);
    all_.emplace_back(pointer);
  }
  return slot;
}

Result<std::vector<Field>> read_fields(std::string_view line, const Pointers& pointers) {
  const json::PointerNode root = grow(pointers);
  FieldReader reader(line, root, pointers.all().size());
  const json::Verdict verdict = json::walk(line, reader);
  if (verdict.flaw != json::Flaw::none) return Error{words_for(verdict), ErrorKind::refused};
  if (!reader.is_object()) return Error{"is JSON, but not an object", ErrorKind::refused};
  return reader.take();
}

}  // namespace auditstream::ocsf
