// Each of the product's vendors reads its simulated counterpart: what one asks the other must accept, and
// whatever exists in the range asked for must come back, in every shape, order and reading of the bounds.
#include <gtest/gtest.h>

#include <set>

#include "auditstream/vendor.h"
#include "sim/simvendors_client.h"
#include "simvendors/in_process.h"
#include "vendor_apis/registry.h"

namespace auditstream::sim {
namespace {

constexpr std::size_t body_bytes_max = 64 << 20;

Source source_of(const TenantSpec& tenant) {
  Source source;
  source.name = "meeting";
  source.vendor = tenant.vendor;
  source.api = vendor_apis::find_vendor(tenant.vendor);
  source.base_url = "http://127.0.0.1:1";
  source.page_size = 50;
  for (const auto& [name, value] : api_of(tenant.vendor).profile().settings(tenant)) {
    source.settings[name] = value;
  }
  return source;
}

Secrets secrets_of(const TenantSpec& tenant) {
  const Profile& profile = api_of(tenant.vendor).profile();
  Secrets secrets{{profile.key_setting, Secret(tenant.credential)}};
  if (!profile.secret_setting.empty()) secrets.emplace(profile.secret_setting, Secret(tenant.secret));
  return secrets;
}

// The events of all pages, by their bytes; fails on a refusal. Counts the empty pages that led on.
std::multiset<std::string> read_range(SimvendorsClient& client, const Vendor& vendor, Time from,
                                      std::optional<Time> to, int& empty_pages) {
  const TenantSpec& spec = client.tenant().spec;
  const Source source = source_of(spec);
  const Secrets secrets = secrets_of(spec);
  const auto send = [&](const http::Request& request) {
    return to_response(client.vendors.handle(to_request(request), client.now), body_bytes_max, 60s);
  };
  std::optional<Token> token;
  if (vendor.exchanges_token()) {
    auto answer = vendor.read_token(source, send(vendor.token_request(source, secrets)), client.now);
    EXPECT_TRUE(std::holds_alternative<Token>(answer));
    token = std::get<Token>(std::move(answer));
  }
  std::multiset<std::string> events;
  PageRequest ask{.from = from,
                  .to = to,
                  .token = "",
                  .page_size = source.page_size,
                  .now = client.now,
                  .latest = client.now};
  for (int pages = 0; pages < 200; ++pages) {
    const Answer answer = vendor.read(source, ask, send(vendor.request(source, secrets, token, ask)));
    if (const auto* refusal = std::get_if<Refusal>(&answer)) {
      ADD_FAILURE() << refusal->message << "; " << client.tenant().stats.last_complaint;
      return events;
    }
    const Page& page = std::get<Page>(answer);
    for (const Event& event : page.events) events.emplace(event.raw);
    if (page.next.empty()) return events;
    // Endor Labs' second collection begins with a token of our own.
    if (page.events.empty() && page.next != "archived") ++empty_pages;
    ask.token = page.next;
  }
  ADD_FAILURE() << "the pages do not end";
  return events;
}

TEST(VendorsMeetSimvendors, AndReadEverythingInARange) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    const Profile& profile = api_of(vendor->name()).profile();
    for (const std::string& shape : profile.shapes) {
      for (const Order order : {Order::ascending, Order::descending, Order::unsorted}) {
        for (const bool printed : {false, true}) {
          SCOPED_TRACE(std::string(vendor->name()) + " " + shape + " " +
                       std::to_string(static_cast<int>(order)) + (printed ? " printed" : " hidden"));
          TenantSpec spec = spec_of(std::string(vendor->name()));
          spec.shape = shape;
          spec.order = order;
          spec.printed_bounds = printed;
          spec.null_as_text = printed;
          spec.empty_pages = printed;
          SimvendorsClient client(spec);
          // Across the line between Endor Labs' two collections, with bursts on either side.
          const Time from = client.now - 24h * 33;
          const Time to = client.now - 24h * 20;
          int empty_pages = 0;
          const auto found = read_range(client, *vendor, from - 2s, to + 2s, empty_pages);
          EXPECT_EQ(empty_pages > 0, printed && !profile.goes_on_from_last_row);
          std::size_t expected = 0;
          for (Serial row = 0; row < client.tenant().log.size(); ++row) {
            const Truth truth = client.vendors.truth_of(client.tenant(), row);
            if (*truth.time < from || *truth.time >= to) continue;
            ++expected;
            EXPECT_TRUE(found.contains(truth.raw)) << truth.raw;
          }
          EXPECT_GT(expected, 500U);
          EXPECT_EQ(client.tenant().stats.bad_requests, 0U);
        }
      }
    }
  }
}

// An event that the vendor dates ahead has to be seen as soon as it is there. One that is seen only when its
// time has come looks like one that has just happened, and proves that the vendor's ingest goes on although
// it may stand still: what the ingest then brings would lie below the floor.
TEST(VendorsMeetSimvendors, AndAnOpenWindowShowsWhatIsDatedAhead) {
  for (const Vendor* vendor : vendor_apis::vendors()) {
    SCOPED_TRACE(vendor->name());
    TenantSpec spec = spec_of(std::string(vendor->name()));
    spec.log = {.history = 50, .history_span = 1h, .rate = 1, .ahead_share = 1, .ahead_by = 23h};
    SimvendorsClient client(spec);
    client.now += 30s;
    int empty_pages = 0;
    const auto found = read_range(client, *vendor, client.now - 2h, std::nullopt, empty_pages);
    std::size_t ahead = 0;
    std::vector<std::string> hidden;
    for (Serial row = 0; row < client.tenant().log.size(); ++row) {
      const Truth truth = client.vendors.truth_of(client.tenant(), row);
      if (*truth.time > client.now) ++ahead;
      if (!found.contains(truth.raw)) hidden.push_back(truth.raw);
    }
    EXPECT_TRUE(hidden.empty()) << hidden.size()
                                << " events, most of them dated 23 h ahead, are not requested although "
                                << "PageRequest::to is empty: send no upper bound, or latest + 24 h; one of "
                                << "them: " << (hidden.empty() ? "" : hidden.back());
    EXPECT_GT(ahead, 10U);
  }
}

}  // namespace
}  // namespace auditstream::sim
