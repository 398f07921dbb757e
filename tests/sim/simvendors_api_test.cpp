// Each simulated API against its vendor's documents: everything can be read to the end, and nothing wrong is
// accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "sim/simvendors_client.h"
#include "vendor_apis/names.h"

namespace auditstream::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string scalar(const std::string& body, const char* pointer) {
  return json::scalar_at(body, pointer).value_or("");
}

const std::string endor_path = "/v1/namespaces/acme/audit-logs";

std::string endor_filter(const std::string& filter) {
  return endor_path + "?list_parameters.filter=" + encoded(filter);
}

SimvendorsClient client_of(TenantSpec spec) {
  SimvendorsClient client(std::move(spec));
  if (api_of(client.tenant().spec.vendor).profile().exchange) client.exchange();
  return client;
}

// All rows of all pages; fails where the pages do not end.
std::vector<std::string> read_all(SimvendorsClient& client, const Profile& profile) {
  std::vector<std::string> all;
  std::size_t page = 0;
  for (std::string target = profile.first_page; !target.empty() && page < 100;) {
    const test::Reply reply = client.get(target);
    EXPECT_EQ(reply.status, 200) << target << ": " << *reply.body;
    const auto rows = rows_of(*reply.body);
    all.insert(all.end(), rows.begin(), rows.end());
    target = profile.next_page(reply, ++page);
  }
  EXPECT_LT(page, 100U);
  return all;
}

std::vector<std::string> raws(const std::vector<Truth>& truth) {
  std::vector<std::string> all;
  for (const Truth& row : truth) all.push_back(row.raw);
  return all;
}

std::vector<std::string> sorted(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

class EachVendor : public ::testing::TestWithParam<const Api*> {
 protected:
  static const Profile& profile() { return GetParam()->profile(); }
  static TenantSpec spec() { return spec_of(std::string(GetParam()->vendor())); }
};

TEST_P(EachVendor, HasACompleteProfile) {
  EXPECT_EQ(&api_of(GetParam()->vendor()), GetParam()) << "the file's name is not what vendor() says";
  EXPECT_NE(profile().key, "");
  EXPECT_EQ(profile().secret.empty(), profile().secret_setting.empty());
  EXPECT_NE(profile().first_page, "");
  EXPECT_TRUE(profile().next_page);
  EXPECT_FALSE(profile().refused.empty());
  EXPECT_FALSE(profile().shapes.empty());
  EXPECT_NE(profile().time, "");
  EXPECT_NE(profile().page.before, "");
  EXPECT_FALSE(profile().orders.empty());
}

TEST_P(EachVendor, ShowsEveryEventOnceInEveryShapeAndOrder) {
  for (const std::string& shape : profile().shapes) {
    for (const Order order : {Order::ascending, Order::descending, Order::unsorted}) {
      TenantSpec spec = this->spec();
      spec.shape = shape;
      spec.order = order;
      // Endor Labs' older events are in another collection.
      spec.log.history_span = 24h * 20;
      SimvendorsClient client = client_of(spec);
      EXPECT_TRUE(sorted(read_all(client, profile())) == sorted(raws(client.truth()))) << shape;
    }
  }
}

TEST_P(EachVendor, TellsIdAndTimeOfEachEventTruly) {
  TenantSpec spec = this->spec();
  spec.shape = profile().usual_shape;
  SimvendorsClient client(spec);
  std::set<std::string> ids;
  for (const Truth& row : client.truth()) {
    EXPECT_EQ(scalar(row.raw, profile().id.c_str()), row.id);
    EXPECT_EQ(parse_event_time(scalar(row.raw, profile().time.c_str())), row.time) << row.raw;
    EXPECT_GT(row.raw.size(), 300U);
    EXPECT_LT(row.raw.size(), 1000U);
    ids.insert(row.id);
  }
  EXPECT_EQ(ids.size(), spec.log.history);
}

TEST_P(EachVendor, RefusesWhatIsNotDocumented) {
  SimvendorsClient client = client_of(spec());
  for (const std::string& target : profile().refused) {
    const auto reply = client.get(target);
    EXPECT_EQ(reply.status, 400) << target;
    EXPECT_THAT(*reply.body, ::testing::StartsWith("{")) << target;
  }
  EXPECT_EQ(client.tenant().stats.bad_requests, profile().refused.size());
  EXPECT_THAT(client.tenant().stats.last_complaint, HasSubstr(profile().refused.back()));
}

TEST_P(EachVendor, RefusesWrongAndMissingCredentialsAndMethods) {
  SimvendorsClient client = client_of(spec());
  test::Request request = client.request(profile().first_page);
  request.method = "POST";
  EXPECT_EQ(client.vendors.handle(request, client.now).status, 405);
  request.method = "GET";
  request.headers.front().value += "x";
  EXPECT_EQ(client.vendors.handle(request, client.now).status, 401);
  request.headers.clear();
  EXPECT_EQ(client.vendors.handle(request, client.now).status, 401);
}

TEST_P(EachVendor, IsTheSameForTheSameSeed) {
  TenantSpec spec = this->spec();
  spec.log.rate = 3;
  spec.log.late_share = 0.3;
  spec.log.late_max = 5min;
  spec.faults = FaultRates::spread(0.3);
  SimvendorsClient one = client_of(spec);
  SimvendorsClient two = client_of(spec);
  for (int i = 0; i < 50; ++i) {
    const auto first = one.get(profile().first_page);
    const auto second = two.get(profile().first_page);
    EXPECT_EQ(*first.body, *second.body);
    EXPECT_EQ(first.status, second.status);
    EXPECT_EQ(first.fate, second.fate);
    one.now += 7s;
    two.now += 7s;
  }
}

INSTANTIATE_TEST_SUITE_P(Simvendors, EachVendor, ::testing::ValuesIn(apis()),
                         [](const auto& api) { return std::string(api.param->vendor()); });

TEST(Simvendors, EachVendorHasOne) {
  for (const auto& [name, title] : vendor_apis::vendor_names) EXPECT_NO_THROW(api_of(name));
}

// --- what is particular to one vendor

std::string tines_between(Time after, Time before) {
  return "/api/v1/audit_logs?per_page=500&after=" + encoded(time_text(after, 0)) +
         "&before=" + encoded(time_text(before, 0));
}

TEST(SimTines, BoundsActOnThePrintedOrTheHiddenTime) {
  TenantSpec spec = spec_of("tines");
  SimvendorsClient hidden(spec);
  spec.printed_bounds = true;
  SimvendorsClient printed(spec);
  // Some event of a burst: dozens share its second, and most of them are hidden behind its start.
  const Time second = floor_second(hidden.tenant().log.time(7));
  std::size_t in_second = 0;
  std::size_t exact = 0;
  for (Serial row = 0; row < hidden.tenant().log.size(); ++row) {
    const Time time = hidden.tenant().log.time(row);
    if (time >= second && time < second + 1s) ++in_second;
    if (time == second) ++exact;
  }
  ASSERT_GE(in_second, 300U);
  EXPECT_EQ(rows_of(hidden.body(tines_between(second, second + 1s))).size(), in_second - exact);
  EXPECT_EQ(rows_of(printed.body(tines_between(second, second + 1s))).size(), 0U);
  EXPECT_EQ(rows_of(printed.body(tines_between(second - 1s, second + 1s))).size(), in_second);
  printed.tenant().spec.inclusive = true;
  EXPECT_EQ(rows_of(printed.body(tines_between(second, second))).size(), in_second);
}

TEST(SimTines, RowsMoveToTheNextPageWhenNewOnesArrive) {
  TenantSpec spec = spec_of("tines");
  spec.log.rate = 1;
  spec.log.burst_every = 0;
  SimvendorsClient client(spec);
  const auto first = rows_of(client.body("/api/v1/audit_logs?per_page=100&page=1"));
  client.now += 3s;
  const auto second = rows_of(client.body("/api/v1/audit_logs?per_page=100&page=2"));
  const std::vector<std::string> end(first.end() - 3, first.end());
  EXPECT_EQ(std::vector<std::string>(second.begin(), second.begin() + 3), end);
}

TEST(SimTines, FiltersByUserAndOperation) {
  SimvendorsClient client(spec_of("tines"));
  const auto rows =
      rows_of(client.body("/api/v1/audit_logs?per_page=500&user_id%5B%5D=7642&operation_name=Login"));
  EXPECT_GT(rows.size(), 5U);
  for (const std::string& row : rows) {
    EXPECT_EQ(scalar(row, "/user_id"), "7642");
    EXPECT_EQ(scalar(row, "/operation_name"), "Login");
  }
}

TEST(SimTines, CanWriteNullAsText) {
  TenantSpec spec = spec_of("tines");
  spec.null_as_text = true;
  SimvendorsClient client(spec);
  EXPECT_THAT(client.body("/api/v1/audit_logs?page=1000"),
              HasSubstr(R"("next_page":"null","next_page_number":"null")"));
}

TEST(SimCaptivateiq, DaysIncludeOrExcludeTheLastAndBeginWhereTold) {
  TenantSpec spec = spec_of("captivateiq");
  spec.order = Order::ascending;
  const std::string target = "/ciq/v1/audit-logs/?limit=1000&start_date=2026-11-10&end_date=2026-11-11";
  const Time day = *parse_day("2026-11-10");
  const auto seen = [&] {
    SimvendorsClient client(spec);
    const auto rows = rows_of(client.body(target));
    std::vector<Time> times;
    for (const std::string& row : rows) times.push_back(*parse_event_time(scalar(row, "/created_at")));
    return std::pair(times.front(), times.back());
  };
  auto [first, last] = seen();
  EXPECT_LT(first - day, 3h);
  EXPECT_GT(last - day, 45h);
  EXPECT_LT(last - day, 48h);
  spec.day_end_exclusive = true;
  EXPECT_LT(seen().second - day, 24h);
  spec.day_end_exclusive = false;
  spec.day_offset = -8h;
  EXPECT_LT(seen().first - day, -5h);
}

TEST(SimCaptivateiq, NextIsAbsoluteAndRelativeInTurn) {
  SimvendorsClient client(spec_of("captivateiq"));
  EXPECT_THAT(scalar(client.body("/ciq/v1/audit-logs/?limit=100"), "/next"),
              ::testing::StartsWith("http://127.0.0.1:1/ciq"));
  EXPECT_THAT(scalar(client.body("/ciq/v1/audit-logs/?limit=100&offset=100"), "/next"),
              ::testing::StartsWith("/ciq"));
}

TEST(SimCaptivateiq, WantsTheSlash) {
  SimvendorsClient client(spec_of("captivateiq"));
  EXPECT_EQ(client.get("/ciq/v1/audit-logs?limit=1").status, 404);
}

TEST(SimWorkato, TotalIsNoCount) {
  SimvendorsClient client(spec_of("workato"));
  const std::string body = client.body("/api/activity_logs");
  EXPECT_NE(scalar(body, "/total"), std::to_string(rows_of(body).size()));
  EXPECT_NE(scalar(body, "/total"), std::to_string(client.tenant().log.size()));
}

TEST(SimWorkato, GoesOnAfterAnIdThatNoRowHas) {
  TenantSpec spec = spec_of("workato");
  for (const Order order : {Order::ascending, Order::descending}) {
    spec.order = order;
    SimvendorsClient client(spec);
    const Api& api = workato_api();
    for (Serial row = 100; row < 110; ++row) {
      const std::uint64_t id = *parse_number(api.id(client.tenant(), row));
      for (const std::uint64_t after : {id - 1, id, id + 1}) {
        const auto rows = rows_of(
            client.body("/api/activity_logs?page%5Bsize%5D=1&page%5Bafter%5D=" + std::to_string(after)));
        ASSERT_EQ(rows.size(), 1U);
        const std::uint64_t next = *parse_number(scalar(rows.front(), "/id"));
        EXPECT_TRUE(order == Order::ascending ? next > after : next < after);
        EXPECT_LT(order == Order::ascending ? next - after : after - next, 14U);
      }
    }
  }
}

TEST(SimFloqast, RecordsItsOwnRequests) {
  TenantSpec spec = spec_of("floqast");
  spec.self_feeding = true;
  SimvendorsClient client(spec);
  for (int i = 0; i < 5; ++i) client.body("/api/v1/audit-trail?page%5Bsize%5D=1");
  const auto truth = client.truth();
  EXPECT_EQ(truth.size(), spec.log.history + 5);
  EXPECT_TRUE(truth.back().own);
  EXPECT_EQ(scalar(truth.back().raw, "/uri"), "/api/v1/audit-trail");
  EXPECT_EQ(scalar(truth.back().raw, "/userApiKey/_id"), scalar(client.body("/api/v1/me"), "/data/apiKeyId"));
  client.vendors.stop_production(client.tenant(), client.now);
  client.body("/api/v1/audit-trail?page%5Bsize%5D=1");
  EXPECT_EQ(client.truth().size(), truth.size());
  client.vendors.go_on_producing(client.tenant(), client.now);
  client.body("/api/v1/audit-trail?page%5Bsize%5D=1");
  EXPECT_EQ(client.truth().size(), truth.size() + 1);
}

TEST(SimFloqast, SendsLargePayloadsToAnotherHostThatWantsNoKey) {
  TenantSpec spec = spec_of("floqast");
  spec.redirect_over = 1000;
  spec.redirect_origin = "http://127.0.0.2:2";
  SimvendorsClient client(spec);
  EXPECT_EQ(client.get("/api/v1/audit-trail?page%5Bsize%5D=1000").status, 200);
  const auto reply = client.get("/api/v1/audit-trail?page%5Bsize%5D=1001");
  ASSERT_EQ(reply.status, 303);
  const std::string url = scalar(*reply.body, "/data/url");
  EXPECT_EQ(reply.headers[1].value, url);
  test::Request request = client.request(url.substr(spec.redirect_origin.size()));
  EXPECT_EQ(client.vendors.handle(request, client.now).status, 400);
  EXPECT_EQ(client.tenant().stats.leaked, 1U);
  request.headers.clear();
  const auto payload = client.vendors.handle(request, client.now);
  EXPECT_EQ(payload.status, 200);
  EXPECT_EQ(rows_of(*payload.body).size(), 1001U);
}

TEST(SimEndorlabs, TokensEndWithTheirLifetimeAndCanBeRevoked) {
  TenantSpec spec = spec_of("endorlabs");
  spec.token_lifetime = 10min;
  SimvendorsClient client(spec);
  EXPECT_EQ(client.exchange("wrong").status, 401);
  const auto reply = client.exchange();
  EXPECT_EQ(parse_event_time(scalar(*reply.body, "/expiration_time")), client.now + 10min);
  EXPECT_EQ(client.get(endor_path).status, 200);
  client.now += 10min;
  const auto expired = client.get(endor_path);
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(scalar(*expired.body, "/code"), "16");
  client.exchange();
  EXPECT_EQ(client.get(endor_path).status, 200);
  EXPECT_EQ(client.post("/_control", R"({"revoke_tokens":true})").status, 200);
  EXPECT_EQ(client.get(endor_path).status, 401);
}

TEST(SimEndorlabs, TheExpiryHasTwoSpellingsOrOnlyTheToken) {
  TenantSpec spec = spec_of("endorlabs");
  spec.expiry_field = "expirationTime";
  EXPECT_THAT(*SimvendorsClient(spec).exchange().body, HasSubstr("\"expirationTime\":\"2026-"));
  spec.expiry_field = "";
  EXPECT_THAT(*SimvendorsClient(spec).exchange().body, Not(HasSubstr("xpiration")));
}

TEST(SimEndorlabs, OlderRowsAreArchivedAndSomeAreInBothCollections) {
  TenantSpec spec = spec_of("endorlabs");
  spec.archive_overlap = 24h;
  spec.log.burst_every = 0;
  SimvendorsClient client = client_of(spec);
  const auto count = [&](const std::string& path) {
    return *parse_number(scalar(client.body(path + "?list_parameters.count=true"), "/count_response/count"));
  };
  const std::uint64_t active = count(endor_path);
  const std::uint64_t archived = count(endor_path + "/archived");
  const EventLog& log = client.tenant().log;
  const std::uint64_t both = log.between(client.now - 24h * 30, client.now - 24h * 29).count();
  EXPECT_GT(both, 10U);
  EXPECT_EQ(active + archived - both, log.size());
}

TEST(SimEndorlabs, GivesUpOnWindowsThatAreTooWide) {
  TenantSpec spec = spec_of("endorlabs");
  spec.deadline_rows = 400;
  SimvendorsClient client = client_of(spec);
  const auto reply = client.get(endor_filter("meta.create_time>=date(2026-11-01)"));
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(scalar(*reply.body, "/code"), "4");
  EXPECT_EQ(
      client.get(endor_filter("meta.create_time>=date(2026-11-19) and meta.create_time<date(2026-11-20)"))
          .status,
      200);
}

TEST(SimEndorlabs, AnotherNamespaceIsForbiddenAndChildrenNeedTraverse) {
  TenantSpec spec = spec_of("endorlabs");
  spec.child_share = 0.5;
  spec.log.history_span = 24h * 5;
  SimvendorsClient client = client_of(spec);
  EXPECT_EQ(client.get("/v1/namespaces/acme.endorlabs.com/audit-logs").status, 403);
  const auto count = [&](const std::string& more) {
    return *parse_number(
        scalar(client.body(endor_path + "?list_parameters.count=true" + more), "/count_response/count"));
  };
  EXPECT_EQ(count("&list_parameters.traverse=true"), spec.log.history);
  const auto truth = client.truth();
  EXPECT_EQ(count(""), static_cast<std::uint64_t>(std::count_if(
                           truth.begin(), truth.end(), [](const Truth& row) { return !row.child; })));
}

TEST(SimEndorlabs, CanSortTheFirstPage) {
  SimvendorsClient client = client_of(spec_of("endorlabs"));
  const auto rows = rows_of(client.body(
      endor_path +
      "?list_parameters.sort.path=meta.create_time&list_parameters.sort.order=SORT_ENTRY_ORDER_DESC"));
  EXPECT_EQ(scalar(rows.front(), "/uuid"), client.truth().back().id);
}

}  // namespace
}  // namespace auditstream::sim
