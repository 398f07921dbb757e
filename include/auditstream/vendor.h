// Vendor: how to request pages of one API, and what its responses mean. Pure: no clock, no I/O, no state;
// everything is an argument.
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

namespace auditstream {

// One setting in a source's YAML. This table parses the config, prints `auditstream vendors NAME` and
// documents it.
struct Setting {
  enum class Type { text, boolean, list, secret };

  std::string name;
  Type type = Type::text;
  bool required = false;
  std::string fallback{};              // default, as YAML; "" if there is none
  std::vector<std::string> choices{};  // text only: the valid values, empty: any
  std::string meaning{};               // one sentence
  bool filters = false;                // narrows what the vendor returns
  bool identity = false;               // part of the source's origin: another value is another log
  bool request_host = false;           // text only: must be a bare domain name (no scheme, slash or user)
};

// What is known about a vendor's API. The vendor's .cpp names the source of each fact.
struct Traits {
  bool by_day = false;      // the time filter takes whole days in an unknown zone
  Duration precision = 1s;  // of the event times that the vendor prints, at most a second
  // Digits of the fraction in ce_time: 3 or 6, never fewer than the vendor is known to print. A time that is
  // finer than that has 6.
  int time_digits = 3;
  std::uint32_t page_size = 100;  // default
  std::uint32_t page_size_max = 100;
  std::vector<RateSpec> rate_limit{};
  std::optional<Duration> retention{};  // how far back the vendor is known to keep its log
  bool probe = false;                   // a query for one row gives the total of the range
  bool total_is_exact = false;          // Page::total can be trusted to count the rows of the query
  bool seen_live = false;               // `auditstream probe` has seen these facts to hold at the vendor
  // For people: which values of an event name who acted, the best one first. What is unverified says so.
  std::string_view actor{};
  // JSON pointer to what happened, as a short text for routing. Never to what identifies a person.
  std::string_view action{};
};

// Where an event's id and time are, as JSON pointers into the event.
struct EventShape {
  std::string_view id;                  // a string, a number or a boolean
  std::vector<std::string_view> times;  // candidates; the first that can be read wins
  // Derives the time from the vendor's id, as a last resort. May be null.
  std::optional<Time> (*time_from_id)(std::string_view id) = nullptr;
};

// One page to request. `from` and `to` already include the query margin: the request must cover [from, to].
// Covering more does no harm, covering less loses events.
struct PageRequest {
  Time from;
  std::optional<Time> to;  // nothing: open at its end
  std::string token;       // Page::next of the previous page, "" for the first page
  std::uint32_t page_size = 0;
  bool probe = false;  // only with Traits::probe: request one row, to get Page::total
  Time now;            // the earlier of our clock and the vendor's
  // The later of the two. If an API needs an upper bound although `to` is open, it is this plus 24 h: an
  // event dated ahead must be seen at once, because when its time has come it would look new.
  Time latest;
};

// A bearer token, obtained in exchange for the configured secrets.
struct Token {
  Secret value;
  Time expires;
};

class Vendor {
 public:
  virtual ~Vendor() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view title() const = 0;  // "Endor Labs"
  virtual const Traits& traits() const = 0;
  virtual const EventShape& event_shape() const = 0;
  virtual const std::vector<Setting>& settings() const = 0;

  // The origin that the settings imply ("https://fq-api.eu.floqast.app"); used unless base_url is configured.
  virtual std::string default_base_url(const Source& source) const = 0;

  // Mistakes that the table of settings can't express: pairs of setting name and message with remedy.
  virtual std::vector<std::pair<std::string, std::string>> mistakes(const Source& source) const = 0;

  // The request for one page. `token` is set if exchanges_token().
  virtual http::Request request(const Source& source, const Secrets& secrets,
                                const std::optional<Token>& token, const PageRequest& ask) const = 0;

  // The meaning of the response to this request.
  virtual Answer read(const Source& source, const PageRequest& ask, const http::Response& response) const = 0;

  // True if the secrets must be exchanged for a token of limited life.
  virtual bool exchanges_token() const { return false; }
  virtual http::Request token_request(const Source& source, const Secrets& secrets) const;
  virtual std::variant<Token, Refusal> read_token(const Source& source, const http::Response& response,
                                                  Time now) const;

  // What to check if the log is unexpectedly empty; for `check`. Sentences from the product page.
  virtual std::vector<std::string> empty_hints(const Source& source) const = 0;
};

}  // namespace auditstream
