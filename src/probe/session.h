// Session: asks one source's vendor for ranges, page after page, as the engine would, within a number of
// requests. Pure: what it does outside is passed in as functions.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auditstream/vendor.h"
#include "core/access_token.h"
#include "core/vendor_clock.h"
#include "probe/rows.h"

namespace auditstream::probe {

struct Outside {
  // Sends one request, in its turn, and waits for the response. Nothing: the user wants no more.
  std::function<std::optional<http::Response>(http::Request)> exchange;
  // Waits. False: the user wants no more.
  std::function<bool(Duration)> rest;
  std::function<Now()> now;
};

// A request for a page, and what came of it.
struct Exchanged {
  const PageRequest& ask;
  const http::Request& request;
  const http::Response& response;
  const Answer& answer;
  const Secrets& secrets;
  const std::optional<Token>& token;
  bool as_the_engine;  // the very request that the vendor's file makes of `ask`
};

struct Query {
  Window window;
  std::uint32_t page_size = 0;  // 0: the source's
  // Of pages with rows: one more is read, because for some vendors an empty page is the last. 0: only one.
  unsigned pages_max = 1;
  unsigned attempts_max = 3;  // for each page
  bool margin = true;         // around the window, as the engine has it
  bool one_row = false;       // only with Traits::probe
  // Instead of what the vendor's file would send.
  std::optional<Time> wire_from{};
  std::optional<Time> wire_to{};
};

class Session {
 public:
  Session(std::shared_ptr<const Source> source, Secrets secrets, Outside outside, unsigned requests_max,
          std::function<void(const Exchanged&)> observe);

  Answered ask(const Query& query);
  // What the vendor says to a credential in which one character is wrong.
  Answered ask_with_damaged_secret();

  const Source& source() const { return *source_; }
  const Traits& traits() const { return source_->api->traits(); }
  // The earlier of our clock and the vendor's.
  Time now() const;
  // False: the user wants no more.
  bool rest(Duration duration) { return stopped_ ? false : !(stopped_ = !outside_.rest(duration)); }

  unsigned sent() const { return sent_; }
  unsigned left() const;
  // So many of the requests are for later.
  void hold_back(unsigned requests) { held_back_ = requests; }
  bool stopped() const { return stopped_; }
  bool reached() const { return reached_; }
  // There was a response other than 5xx.
  bool served() const { return served_; }
  // So many requests in a row came to nothing that there is no point in going on. One question may be too much for the
  // vendor, two in a row are not.
  bool unreachable() const { return failed_in_a_row_ >= (reached_ ? 6U : 3U); }
  // Our clock minus the vendor's; nothing without a Date header.
  const std::optional<Duration>& clock_skew() const { return clock_skew_; }

 private:
  std::optional<http::Response> exchange(http::Request request);
  std::variant<Page, Refusal, End> page(const Query& query, const PageRequest& ask, const Secrets& secrets,
                                        Answered& answered);
  std::optional<Refusal> authorize(const Secrets& secrets, Answered& answered);
  PageRequest request_of(const Query& query) const;
  Row row_of(Event event) const;

  std::shared_ptr<const Source> source_;
  Secrets secrets_;
  Outside outside_;
  unsigned requests_max_;
  unsigned held_back_ = 0;
  std::function<void(const Exchanged&)> observe_;

  core::AccessToken token_;
  core::VendorClock clock_;
  std::optional<Duration> clock_skew_;
  unsigned sent_ = 0;
  unsigned failed_in_a_row_ = 0;
  bool stopped_ = false;
  bool reached_ = false;
  bool served_ = false;
};

}  // namespace auditstream::probe
