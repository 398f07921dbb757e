// What the vendors share: URLs, links, slicing a page into verbatim events, and the meaning of responses that
// are not pages. Pure; knows no single vendor, no clock and no secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auditstream/http.h"
#include "auditstream/model.h"
#include "auditstream/result.h"
#include "auditstream/time.h"
#include "auditstream/vendor.h"
#include "base/url.h"

namespace auditstream::vendor_apis::toolkit {

// --- URLs

using auditstream::percent_encode;

// Builds a URL from an origin, a path that is already encoded, and parameters that are not.
class Url {
 public:
  Url(std::string_view base_url, std::string_view path) : text_(std::string(base_url) + std::string(path)) {}

  Url& add(std::string_view name, std::string_view value);
  Url& add(std::string_view name, std::uint64_t value) { return add(name, std::to_string(value)); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool has_query_ = false;
};

// RFC 3339 with exactly three fraction digits, as some APIs require. Truncates.
std::string rfc3339_ms(Time time);

// "https://host:port" in lower case, always with a port; "" if the URL is not an absolute http(s) URL, or
// names a user.
std::string origin_of(std::string_view url);

// Whether the host of an absolute URL is localhost or a loopback address.
bool is_on_this_machine(std::string_view url);

// The path of a link ("/path?query") as a URL on the base URL, with raw brackets and the like encoded.
// Nothing if `path` is not a path on this origin.
std::optional<std::string> on_own_origin(std::string_view base_url, std::string_view path);

// The decoded value of a query parameter. Brackets in the link may be raw or encoded; `name` is decoded.
std::optional<std::string> query_parameter(std::string_view link, std::string_view name);

// --- Responses that are not pages

// What to tell the operator about a vendor, by kind of trouble: full sentences that name the setting to
// change. Static text.
struct Remedies {
  std::string_view title;         // "Endor Labs"
  std::string_view unauthorized;  // 401
  std::string_view forbidden;     // 403
  std::string_view not_found;     // 404
  std::string_view throttled;     // 429
  std::string_view unreachable;   // no address, refused, timeout: wrong host or region
};

// The meaning of a response that is not 200, or of no response at all. A 200 that is known to be wrong is
// malformed.
Refusal classify(const Source& source, const http::Response& response, const Remedies& remedies);

// A refusal for a 200 that does not conform to the API. `what` follows the vendor's title in a sentence:
// "sent no meta.next_page_number". Names the content type and quotes the beginning of the body.
Refusal malformed(const Source& source, const http::Response& response, const Remedies& remedies,
                  std::string_view what);
// The same, but quotes `quoted`, a part of the body.
Refusal malformed(const Source& source, const http::Response& response, const Remedies& remedies,
                  std::string_view what, std::string_view quoted);

// The vendor's Retry-After, relative to its own Date header. Zero for a past date; nothing if it can't be
// parsed.
std::optional<Duration> retry_after(const http::Response& response);

// At most the first 80 printable characters, spaces folded; what looks like a secret is hidden.
std::string excerpt(std::string_view text);

// --- Pages

// A place in an event that may name who acted.
struct ActorAt {
  std::string_view pointer;
  std::string (*read)(std::string_view value);  // the actor in the scalar there; "" if there is none
};

// Where things are in a vendor's page, as JSON pointers: `events`, `envelope` and `fields` from the root, `actors` and
// `action` from an event.
struct Shape {
  std::string_view events;  // the array of events
  EventShape event;
  std::vector<std::string_view>
      fields;  // scalars outside the events; values in Slices::fields, in this order
  // If set: an object that must be there; without the array in it (or with null) the page is empty. If not
  // set: without the array the response is malformed.
  std::string_view envelope = {};
  // Candidates for Event::actor; the first with an actor wins. Read only if the source's key is "actor".
  std::vector<ActorAt> actors = {};
  std::string_view action = {};  // of Event::action(); "" if there is none
};

// A value outside the events.
struct Field {
  bool present = false;             // the key is there, even if null or not a scalar
  std::optional<std::string> text;  // the scalar: a string unescaped, a number or boolean as written
  bool odd = false;                 // an object, an array or not Unicode text: its meaning is unknown
};

// The field as a whole number, if it is one.
std::optional<std::uint64_t> count(const Field& field);

struct Slices {
  std::vector<Event> events;  // in the order of the page
  std::vector<Field> fields;  // as many as Shape::fields
  std::string
      last_id;  // the vendor's own id of the last event that has one, as it can be sent; "" if none has
};

// The events of a response, or why there are none to trust: classify() for anything but 200; malformed for a
// body that has another shape, is cut or not valid JSON, or if of at least 4 events more than half have no
// readable time or are not valid JSON. Fewer such events don't hide the others, if it is clear where they
// end: they come with Event::flaw, and with id and time if these can be read. `source.time_field`, if set,
// replaces the times of Shape::event.
// Event::action() is a string of 1 to 128 printable ASCII characters, written without escapes.
std::variant<Slices, Refusal> read_page(const Source& source, const http::Response& response,
                                        const Shape& shape, const Remedies& remedies);

// --- Who acted, as a record's key: at most 256 bytes that can be printed

// The address in lower case; "" if the text is not one, or too long.
std::string mail_address(std::string_view text);

// The text; its hash (32 hex digits) if it is too long or can't be printed.
std::string actor_id(std::string_view text);

// --- Tokens

// The seconds of "14400", "14400s" or "14400.5"; nothing for anything else.
std::optional<Duration> whole_seconds(std::string_view text);

// The `exp` claim of a JSON Web Token (RFC 7519), unverified; nothing if the token isn't one.
std::optional<Time> jwt_expiry(std::string_view token);

}  // namespace auditstream::vendor_apis::toolkit
