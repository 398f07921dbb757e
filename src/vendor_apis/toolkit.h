// What the vendors share: URLs, links, slicing a page into verbatim events, and what an answer that is no
// page means. Pure; knows no single vendor, no clock and no secret.
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

namespace auditstream::vendor_apis::toolkit {

// --- URLs

// Everything but RFC 3986's unreserved characters as %XX, so brackets and slashes too.
std::string percent_encode(std::string_view text);

// An URL being built: an origin, a path that is already encoded, and parameters that are not.
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

// RFC 3339 with exactly three digits of fraction: the form that some APIs want. Cuts what is finer.
std::string rfc3339_ms(Time time);

// "https://host:port" in lower case and with its port; "" if the URL is not an absolute http(s) URL, or names
// a user.
std::string origin_of(std::string_view url);

// Whether the host of an absolute URL is localhost or a loopback address.
bool is_on_this_machine(std::string_view url);

// The path of a link ("/path?query") as an URL that can be sent: raw brackets and the like encoded. Nothing
// for what is no path of its own.
std::optional<std::string> on_own_origin(std::string_view base_url, std::string_view path);

// The decoded value of a query parameter. Brackets in the link may be raw or encoded; `name` is decoded.
std::optional<std::string> query_parameter(std::string_view link, std::string_view name);

// --- Answers that are no page

// What to tell the operator of a vendor, by kind of trouble: full sentences that name the setting to change.
// Static text.
struct Remedies {
  std::string_view title;         // "Endor Labs"
  std::string_view unauthorized;  // 401
  std::string_view forbidden;     // 403
  std::string_view not_found;     // 404
  std::string_view throttled;     // 429
  std::string_view unreachable;   // no address, refused, timeout: wrong host or region
};

// The meaning of an answer that is not 200, or of none at all. Also for a 200 that is known to be wrong:
// malformed.
Refusal classify(const Source& source, const http::Response& response, const Remedies& remedies);

// A refusal for a 200 that is not what the API gives. `what` ends a sentence that begins with the vendor's
// title: "sent no meta.next_page_number". Names the content type and the beginning of the body.
Refusal malformed(const Source& source, const http::Response& response, const Remedies& remedies,
                  std::string_view what);
// The same, but quotes this part of the body.
Refusal malformed(const Source& source, const http::Response& response, const Remedies& remedies,
                  std::string_view what, std::string_view quoted);

// The vendor's Retry-After, relative to its own Date header. Zero for a date that has passed; nothing for
// garbage.
std::optional<Duration> retry_after(const http::Response& response);

// At most the first 80 printable characters, spaces folded; what looks like a secret is hidden.
std::string excerpt(std::string_view text);

// --- Pages

// Where things stand in a vendor's page, as JSON pointers: those of `events`, `envelope` and `fields` from
// the root, `id` and `times` from an event.
struct Shape {
  std::string_view events;              // the array of events
  std::string_view id;                  // of an event: a string, a number or a boolean
  std::vector<std::string_view> times;  // candidates; the first that can be read wins
  std::vector<std::string_view>
      fields;  // scalars outside the events; values in Slices::fields, in this order
  // Where set: an object that has to be there, but without the array (or with null for it) it is an empty
  // page. Where empty: without the array the answer is malformed.
  std::string_view envelope = {};
  // The last resort for the time, from the vendor's id. May be null.
  std::optional<Time> (*time_from_id)(std::string_view id) = nullptr;
};

// A value outside the events.
struct Field {
  bool present = false;             // the key is there, maybe null or no scalar
  std::optional<std::string> text;  // the scalar: a string unescaped, a number or boolean as written
  bool odd = false;                 // an object, an array or no Unicode text: nobody knows what it means
};

// The field as a whole number, where it is one.
std::optional<std::uint64_t> count(const Field& field);

struct Slices {
  std::vector<Event> events;  // in the order of the page
  std::vector<Field> fields;  // as many as Shape::fields
  std::string
      last_id;  // the vendor's own id of the last event that has one, as it can be sent; "" if none has
};

// The events of an answer, or why it has none to trust: classify() for anything but 200, malformed for a body
// that is not this shape, is cut or no valid JSON, or if more than half of at least 4 events have no readable
// time or are no valid JSON. Fewer such events don't hide the others as long as it is clear where they end:
// they come with Event::flaw, and with id and time where these can be read. `source.time_field`, where set,
// replaces Shape::times and time_from_id.
std::variant<Slices, Refusal> read_page(const Source& source, const http::Response& response,
                                        const Shape& shape, const Remedies& remedies);

// --- Tokens

// The seconds of "14400", "14400s" or "14400.5"; nothing for what is no lifetime.
std::optional<Duration> whole_seconds(std::string_view text);

// The `exp` claim of a JSON Web Token (RFC 7519), unverified; nothing if the token is none.
std::optional<Time> jwt_expiry(std::string_view token);

}  // namespace auditstream::vendor_apis::toolkit
