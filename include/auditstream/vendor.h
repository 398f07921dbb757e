// Vendor: how one API is asked and what its answers mean. Pure: no clock, no I/O, no state; everything is an
// argument.
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

// What is known of a vendor's API. Sources of each fact stand in the vendor's .cpp.
struct Traits {
  bool by_day = false;            // the time filter takes whole days in an unknown zone
  Duration precision = 1s;        // in which the vendor prints event times, at most a second
  std::uint32_t page_size = 100;  // default
  std::uint32_t page_size_max = 100;
  std::vector<RateSpec> rate_limit{};
  std::optional<Duration> retention{};  // how far back the vendor is known to keep its log
  bool probe = false;                   // a query for one row tells the total of the range
  bool total_is_exact = false;          // Page::total can be trusted to count the rows of the query
};

// One page to ask for. `from` and `to` are already widened by the guard: a vendor must ask for everything in
// [from, to], more does no harm, less loses events.
struct PageRequest {
  Time from;
  std::optional<Time> to;  // nothing: open at its end
  std::string token;       // Page::next of the answer before, "" for the first page
  std::uint32_t page_size = 0;
  bool probe = false;  // only where Traits::probe: ask for one row, for the sake of Page::total
  Time now;            // the earlier of our clock and the vendor's
  // The later of the two. An API that needs an upper bound even where `to` is open gets this and 24 h: what
  // is dated ahead must be seen at once, not when its time has come, for then it looks like news.
  Time latest;
};

// A bearer token got in exchange for the configured secrets.
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
  virtual const std::vector<Setting>& settings() const = 0;

  // The origin that the settings imply ("https://fq-api.eu.floqast.app"); used where base_url is not
  // configured.
  virtual std::string default_base_url(const Source& source) const = 0;

  // Mistakes that the table of settings can't express: pairs of setting name and message with remedy.
  virtual std::vector<std::pair<std::string, std::string>> mistakes(const Source& source) const = 0;

  // The request for one page. `token` is set where exchanges_token().
  virtual http::Request request(const Source& source, const Secrets& secrets,
                                const std::optional<Token>& token, const PageRequest& ask) const = 0;

  // What the answer to that very request means.
  virtual Answer read(const Source& source, const PageRequest& ask, const http::Response& response) const = 0;

  // Vendors whose secrets are exchanged for a token of limited life.
  virtual bool exchanges_token() const { return false; }
  virtual http::Request token_request(const Source& source, const Secrets& secrets) const;
  virtual std::variant<Token, Refusal> read_token(const Source& source, const http::Response& response,
                                                  Time now) const;

  // What to look at when the log is empty although it should not be; for `check`. Sentences of the product
  // page.
  virtual std::vector<std::string> empty_hints(const Source& source) const = 0;
};

}  // namespace auditstream
