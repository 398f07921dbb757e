#include "bench/slice.h"

#include <rapidjson/reader.h>

#include <stdexcept>
#include <utility>

namespace auditstream::bench {
namespace {

// An event is what begins at depth 3: {"audit_logs":[{...
constexpr int event_depth = 3;
constexpr std::size_t page_events = 500;

// RapidJSON reads from a copy of its own StringStream, whose place nobody would see; it does not copy this
// one.
struct Input : rapidjson::StringStream {
  using GenericStringStream::GenericStringStream;
};

class Slicer : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Slicer> {
 public:
  Slicer(const Input& input, std::string_view text, std::vector<Event>& events)
      : input_(input), text_(text), events_(events) {}

  bool Default() { return true; }
  bool StartArray() { return ++depth_, true; }
  bool EndArray(rapidjson::SizeType) { return --depth_, true; }
  bool StartObject() {
    if (++depth_ == event_depth) begin_ = input_.Tell() - 1;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (depth_-- == event_depth) {
      event_.raw = text_.substr(begin_, input_.Tell() - begin_);
      events_.push_back(event_);
    }
    return true;
  }
  bool Key(const char* name, rapidjson::SizeType size, bool) {
    key_ = depth_ != event_depth                          ? Wanted::nothing
           : std::string_view(name, size) == "id"         ? Wanted::id
           : std::string_view(name, size) == "created_at" ? Wanted::created_at
                                                          : Wanted::nothing;
    return true;
  }
  bool RawNumber(const char*, rapidjson::SizeType size, bool) {
    if (key_ == Wanted::id) event_.id = text_.substr(input_.Tell() - size, size);
    return true;
  }
  bool String(const char*, rapidjson::SizeType size, bool) {
    constexpr std::size_t quote = 1;
    if (key_ == Wanted::created_at) event_.created_at = text_.substr(input_.Tell() - size - quote, size);
    return true;
  }

 private:
  enum class Wanted { nothing, id, created_at };

  const Input& input_;
  const std::string_view text_;
  std::vector<Event>& events_;

  int depth_ = 0;
  std::size_t begin_ = 0;
  Wanted key_ = Wanted::nothing;
  Event event_;
};

}  // namespace

Page slice(std::string body) {
  Page page{std::make_shared<const std::string>(std::move(body)), {}};
  page.events.reserve(page_events);
  Input input(page.body->c_str());
  Slicer slicer(input, *page.body, page.events);
  rapidjson::Reader reader;
  if (!reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(input, slicer))
    throw std::runtime_error("the page is no JSON");
  return page;
}

}  // namespace auditstream::bench
