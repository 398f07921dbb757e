// Profile: what tests have to know of a vendor beside what its simulated API does. Each vendor's file in this
// folder has its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simvendors/tenant.h"
#include "support/http_exchange.h"

namespace auditstream::sim {

// Settings of a source: name and value, as YAML spells it.
using SourceSettings = std::vector<std::pair<std::string, std::string>>;

// What surrounds the events of a page and the link to the next one.
struct Envelope {
  std::string before;       // the events
  std::string between;      // events and link
  std::string after;        // the link
  std::string link_header;  // where the link is not in the body: the header's name
};

struct Profile {
  // --- How a source reads a tenant. The settings that only this vendor has:
  std::function<SourceSettings(const TenantSpec&)> settings = [](const TenantSpec&) {
    return SourceSettings{};
  };
  std::string key_setting = "api_key";  // takes the tenant's credential
  std::string secret_setting = {};      // and its secret, where the vendor wants two
  // How those of the tenants begin that nobody has described; a number follows.
  std::string key = {};
  std::string secret = {};

  // --- How a request carries the credential: in this header, after this.
  std::string header = "authorization";
  std::string scheme = "Bearer ";
  // Where it is exchanged for a token, which then stands in its place: the request. The answer has it at
  // /token.
  std::function<test::Request(const TenantSpec&)> exchange = {};

  // --- A walk through the whole log of a tenant "acme" in pages of 500 or more, and what is refused with
  // 400. Targets are paths with their query.
  std::string first_page = {};
  // "" at the end. `page` counts those that were read.
  std::function<std::string(const test::Reply&, std::size_t page)> next_page = {};
  std::vector<std::string> refused = {};

  // --- Events and pages.
  std::vector<std::string> shapes = {};  // what TenantSpec::shape may be; the first is meant by ""
  std::string usual_shape = {};          // of the tenants that nobody has described
  std::string id = "/id";                // JSON pointers into an event of that shape
  std::string time = {};
  Envelope page = {};

  // --- What differs from most vendors.
  std::vector<Order> orders = {Order::ascending, Order::descending, Order::unsorted};  // that it may have
  // The next page is asked for from the last row that came, for want of a link: an empty page is the last.
  bool goes_on_from_last_row = false;
  bool records_requests = false;  // with TenantSpec::self_feeding each request becomes an event
  bool ids_tell_times = false;    // an event without any other time has that of its id
};

// The answer's scalar at the JSON pointer, or "".
std::string text_at(const test::Reply& reply, std::string_view pointer);
// Path and query of a link, which may be absolute.
std::string target_of(std::string link);

// The rows of an answer, as their bytes: the elements of its first array.
std::vector<std::string> rows_of(const std::string& body);

}  // namespace auditstream::sim
