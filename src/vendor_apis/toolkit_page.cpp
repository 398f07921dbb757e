// Slices a page into events: one pass over the body, no document tree; events are views of the very bytes
// received.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <utility>

#include "auditstream/json.h"
#include "base/hash.h"
#include "base/json_elements.h"
#include "base/json_walk.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

// More than three times the largest page of any vendor: a body of tiny elements must not fill the memory.
constexpr std::size_t page_events_max = 100'000;

// Slots of the tree for everything outside the events; the fields follow, and the envelope is last.
constexpr int events_slot = 0;
constexpr int first_field = 1;
// Slots of the tree inside an event, by the order of its pointers: the candidates for the time, those for
// the actor, then what happened.
constexpr int id_slot = 0;
constexpr int first_time = 1;

constexpr std::size_t action_bytes_max = 128;

std::vector<std::string_view> outer_pointers(const Shape& shape) {
  std::vector<std::string_view> pointers{shape.events};
  pointers.insert(pointers.end(), shape.fields.begin(), shape.fields.end());
  if (!shape.envelope.empty()) pointers.push_back(shape.envelope);
  return pointers;
}

std::vector<std::string_view> inner_pointers(const Shape& shape, const std::vector<std::string_view>& times,
                                             const std::vector<ActorAt>& actors) {
  std::vector<std::string_view> pointers{shape.event.id};
  pointers.insert(pointers.end(), times.begin(), times.end());
  for (const ActorAt& actor : actors) pointers.push_back(actor.pointer);
  if (!shape.action.empty()) pointers.push_back(shape.action);
  return pointers;
}

// Where and why a body is wrong: "at byte 17 (0xe9): Invalid value.", counted from `begin`.
std::string place_of(std::string_view body, std::size_t begin, std::size_t at, std::string_view reason) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string words = "at byte " + std::to_string(at - begin);
  if (at < body.size()) {
    const auto byte = static_cast<unsigned char>(body[at]);
    words += std::string(" (0x") + digits[byte >> 4] + digits[byte & 15] + ")";
  }
  return words + ": " + std::string(reason);
}

// The text around a position.
std::string_view around(std::string_view body, std::size_t at) {
  constexpr std::size_t time_before = 40;
  constexpr std::size_t everything = 80;
  return body.substr(std::min(at - std::min(at, time_before), body.size()), everything);
}

class Slicer : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Slicer> {
 public:
  Slicer(const std::shared_ptr<const std::string>& body, const Shape& shape,
         const std::vector<std::string_view>& times, std::optional<Time> (*time_from_id)(std::string_view),
         const std::vector<ActorAt>& actors)
      : body_(body),
        text_(*body),
        outer_(json::grow_pointers(outer_pointers(shape))),
        inner_(json::grow_pointers(inner_pointers(shape, times, actors))),
        field_count_(shape.fields.size()),
        first_actor_(first_time + static_cast<int>(times.size())),
        action_slot_(first_actor_ + static_cast<int>(actors.size())),
        time_from_id_(time_from_id),
        actors_(actors),
        track_(&outer_) {}

  void begin(const json::Bytes& bytes) {
    bytes_ = &bytes;
    track_ = json::Track(&outer_);
    slices_ = Slices{};
    slices_.fields.resize(field_count_);
    array_found_ = envelope_found_ = array_misplaced_ = overfull_ = false;
    events_depth_ = 0;
    forget_event();
  }

  // The damage in the text that the next pass sees patched. Must outlive the pass.
  void mind(const std::vector<json::Damage>& damages) { damages_ = &damages; }

  bool Null() { return scalar(std::nullopt); }
  bool Bool(bool value) { return scalar(value ? "true" : "false"); }
  bool RawNumber(const char*, rapidjson::SizeType size, bool) {
    return scalar(text_.substr(bytes_->Tell() - size, size));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return scalar(std::string_view(text, size));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return track_.key({text, size}), true; }

  bool StartObject() {
    const json::PointerNode* node = value();
    if (!in_events() && node != nullptr) {
      for (const int slot : node->slots) {
        if (slot == events_slot)
          array_misplaced_ = true;
        else if (is_field(slot))
          field(slot) = Field{true, std::nullopt, true};
        else
          envelope_found_ = true;
      }
    }
    return track_.open(node, false);
  }
  bool EndObject(rapidjson::SizeType) {
    track_.close();
    return at_element() ? finish_event() : true;
  }

  bool StartArray() {
    const json::PointerNode* node = value();
    if (!track_.open(node, true)) return false;
    if (in_events() || node == nullptr) return true;
    for (const int slot : node->slots) {
      if (slot == events_slot) {
        array_found_ = true;
        events_depth_ = track_.depth();
        array_ = {bytes_->Tell(), events_depth_};
        mark_ = array_.begin;
      } else if (is_field(slot)) {
        field(slot) = Field{true, std::nullopt, true};
      }
    }
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    track_.close();
    if (at_element()) return finish_event();
    if (track_.depth() < events_depth_) events_depth_ = 0;
    return true;
  }

  bool found_events() const { return array_found_ || (envelope_found_ && !array_misplaced_); }
  bool overfull() const { return overfull_; }
  // The position after the opening bracket of the events' array, and its depth; nothing if it was not found.
  struct Array {
    std::size_t begin;
    std::size_t depth;
  };
  std::optional<Array> array() const { return array_found_ ? std::optional(array_) : std::nullopt; }
  Slices take() { return std::move(slices_); }

 private:
  bool in_events() const { return events_depth_ != 0; }
  bool at_element() const { return in_events() && track_.depth() == events_depth_; }
  bool is_field(int slot) const {
    return slot >= first_field && slot < first_field + static_cast<int>(field_count_);
  }
  Field& field(int slot) { return slices_.fields[slot - first_field]; }

  const json::PointerNode* value() { return at_element() ? &inner_ : track_.value(); }

  bool scalar(std::optional<std::string_view> text) {
    if (at_element()) return finish_event();
    const json::PointerNode* node = track_.value();
    if (node == nullptr || node->slots.empty()) return true;
    const std::string_view kept = json::as_spelled(text_, bytes_->Tell(), text.value_or(""));
    const bool is_text = text && kept.data() == text->data();
    for (const int slot : node->slots) {
      if (in_events()) {
        if (text && !is_damaged()) keep_of_event(slot, kept, is_text);
      } else if (slot == events_slot) {
        array_misplaced_ = text.has_value();
      } else if (is_field(slot)) {
        field(slot) =
            Field{true, is_text ? std::optional<std::string>(kept) : std::nullopt, text && !is_text};
      }
    }
    return true;
  }

  void keep_of_event(int slot, std::string_view text, bool is_text) {
    if (slot == id_slot) {
      id_ = text;
      id_is_text_ = is_text;
    } else if (slot < first_actor_) {
      if (slot >= best_time_) return;
      if (const std::optional<Time> time = parse_event_time(text)) {
        time_ = time;
        best_time_ = slot;
      }
    } else if (slot < action_slot_) {
      if (slot >= best_actor_) return;
      if (std::string actor = actors_[static_cast<std::size_t>(slot - first_actor_)].read(text);
          !actor.empty()) {
        actor_ = std::move(actor);
        best_actor_ = slot;
      }
    } else {
      keep_action(text);
    }
  }

  // Only its place is kept, so its bytes must be those of the body: what is escaped, and what is no string,
  // differs from them.
  void keep_action(std::string_view text) {
    if (text.empty() || text.size() > action_bytes_max) return;
    const std::size_t at = bytes_->Tell() - text.size() - 1;
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (!is_plain || text_[at - 1] != '"' || text_.substr(at, text.size()) != text) return;
    action_at_ = at;
    action_size_ = text.size();
  }

  // The event ends here, and began after the comma behind the previous one.
  bool finish_event() {
    const std::size_t begin = text_.find_first_not_of(" \t\r\n,", mark_);
    mark_ = bytes_->Tell();
    std::shared_ptr<const std::string> flaw;
    if (const json::Damage* damage = last_damage(); damage != nullptr && damage->end > begin) {
      mark_ = std::max(mark_, damage->end);
      flaw = std::make_shared<const std::string>(words_for(begin));
    }
    if (slices_.events.size() == page_events_max) {
      overfull_ = true;
      return false;
    }
    const std::string_view raw = text_.substr(begin, mark_ - begin);
    if (!id_.empty() && id_is_text_) slices_.last_id = id_;
    if (!time_ && !id_.empty() && time_from_id_ != nullptr) time_ = time_from_id_(id_);
    Event& event = slices_.events.emplace_back(
        Event{id_.empty() ? hash_hex(raw) : std::move(id_), time_, raw, body_, std::move(flaw)});
    event.actor = std::move(actor_);
    if (action_size_ > 0) {
      event.action_at = static_cast<std::uint32_t>(action_at_ - begin);
      event.action_size = static_cast<std::uint32_t>(action_size_);
    }
    forget_event();
    return true;
  }

  // The last damage that begins before the parser's position.
  const json::Damage* last_damage() const {
    if (damages_ == nullptr) return nullptr;
    const auto next = std::ranges::lower_bound(*damages_, bytes_->Tell(), {}, &json::Damage::begin);
    return next == damages_->begin() ? nullptr : &*std::prev(next);
  }
  // Whether the scalar that ends here only replaces a damaged part.
  bool is_damaged() const {
    const json::Damage* damage = last_damage();
    return damage != nullptr && bytes_->Tell() <= damage->end;
  }
  // What is wrong with the event that begins there: the first of its damages.
  std::string words_for(std::size_t begin) const {
    const json::Damage& first = *std::ranges::lower_bound(*damages_, begin, {}, &json::Damage::begin);
    return "the event is no valid JSON, " + place_of(text_, begin, first.at, first.reason) + ": " +
           excerpt(around(text_, first.at));
  }

  void forget_event() {
    id_.clear();
    time_.reset();
    best_time_ = first_actor_;
    actor_.clear();
    best_actor_ = action_slot_;
    action_size_ = 0;
  }

  const std::shared_ptr<const std::string> body_;
  const std::string_view text_;
  const json::PointerNode outer_;
  const json::PointerNode inner_;
  const std::size_t field_count_;
  const int first_actor_;
  const int action_slot_;
  std::optional<Time> (*const time_from_id_)(std::string_view);
  const std::vector<ActorAt>& actors_;

  const std::vector<json::Damage>* damages_ = nullptr;

  // State of the pass over the page.
  const json::Bytes* bytes_ = nullptr;
  json::Track track_;
  Slices slices_;
  bool array_found_ = false;
  bool envelope_found_ = false;
  bool array_misplaced_ = false;  // something else than an array or null stands in its place
  bool overfull_ = false;
  Array array_{};
  std::size_t events_depth_ = 0;  // depth inside the array of events; 0 outside of it

  // State of the current event.
  std::size_t mark_ = 0;  // where the previous element ended
  std::string id_;
  bool id_is_text_ = true;
  std::optional<Time> time_;
  int best_time_ = 0;  // slot of the candidate that gave time_; only a smaller one may replace it
  std::string actor_;
  int best_actor_ = 0;         // the same for actor_
  std::size_t action_at_ = 0;  // in the body
  std::size_t action_size_ = 0;
};

std::string flaw_text(const json::Verdict& verdict, std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "sent an empty body";
  if (body[first] == '<') return "sent a page of HTML instead of JSON";
  switch (verdict.flaw) {
    case json::Flaw::none:
      break;
    case json::Flaw::cut:
      return "sent JSON that ends too early, after " + std::to_string(body.size()) + " bytes";
    case json::Flaw::too_deep:
      return "sent JSON nested deeper than " + std::to_string(json::depth_max) + " levels";
    case json::Flaw::broken:
      return "sent no valid JSON, " + place_of(body, 0, verdict.offset, verdict.reason);
  }
  return "sent no valid JSON";
}

// A changed format must not send page after page to the dead letters.
template <class Is>
bool most(const std::vector<Event>& events, Is is) {
  const auto count = static_cast<std::size_t>(std::count_if(events.begin(), events.end(), is));
  return events.size() >= 4 && count * 2 > events.size();
}

// Reads on past damaged events if it is clear where they end.
bool read_around(Slicer& slicer, const json::Verdict& verdict, std::string_view body) {
  if (verdict.flaw != json::Flaw::broken && verdict.flaw != json::Flaw::too_deep) return false;
  // UTF-8 is checked before the parser runs, so it has not yet seen the array.
  if (!slicer.array()) json::walk(body.substr(0, verdict.offset), slicer);
  const auto array = slicer.array();
  if (!array) return false;
  const std::optional<json::Patched> patched = json::patch_elements(body, array->begin, array->depth);
  if (!patched) return false;
  slicer.mind(patched->damages);
  return json::walk(patched->text, slicer).flaw == json::Flaw::none;
}

Refusal unreadable_times(const Source& source, const http::Response& response, const Remedies& remedies,
                         const std::vector<std::string_view>& times) {
  std::string names;
  for (const std::string_view time : times) names += (names.empty() ? "" : ", ") + std::string(time);
  Refusal refusal =
      malformed(source, response, remedies,
                "sent a page in which most events have no readable time, looked for at " + names);
  refusal.remedy =
      "Set time_field to the JSON pointer of the event's time, such as /created_at, as the events show it.";
  return refusal;
}

}  // namespace

std::optional<std::uint64_t> count(const Field& field) {
  if (!field.text) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = field.text->data() + field.text->size();
  const auto [at, error] = std::from_chars(field.text->data(), end, value);
  return error == std::errc{} && at == end ? std::optional(value) : std::nullopt;
}

std::variant<Slices, Refusal> read_page(const Source& source, const http::Response& response,
                                        const Shape& shape, const Remedies& remedies) {
  if (response.transport != http::Transport::none || response.status != 200)
    return classify(source, response, remedies);
  const bool own_time = !source.time_field.empty();
  const std::vector<std::string_view> times =
      own_time ? std::vector<std::string_view>{source.time_field} : shape.event.times;

  static const std::vector<ActorAt> nobody;
  Slicer slicer(response.body, shape, times, own_time ? nullptr : shape.event.time_from_id,
                source.key == "actor" ? shape.actors : nobody);
  const json::Verdict verdict = json::walk(*response.body, slicer);
  const bool is_whole = verdict.flaw == json::Flaw::none;
  const bool is_read = is_whole || (!slicer.overfull() && read_around(slicer, verdict, *response.body));
  if (slicer.overfull())
    return malformed(source, response, remedies, "sent more events in a page than are taken, 100000");
  const auto refuse_flaw = [&] {
    return malformed(source, response, remedies, flaw_text(verdict, *response.body),
                     around(*response.body, verdict.offset));
  };
  if (!is_read) return refuse_flaw();
  if (!slicer.found_events()) {
    return malformed(source, response, remedies,
                     "sent JSON without the array of events " + std::string(shape.events));
  }

  Slices slices = slicer.take();
  if (!is_whole && most(slices.events, [](const Event& event) { return event.flaw != nullptr; }))
    return refuse_flaw();
  if (most(slices.events, [](const Event& event) { return !event.time; }))
    return unreadable_times(source, response, remedies, times);
  return slices;
}

}  // namespace auditstream::vendor_apis::toolkit
