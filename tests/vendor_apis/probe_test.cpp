// The survey against simulated vendors: as documented nothing is contradicted, and whatever else they do is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "probe/transcript.h"
#include "simvendors/row_writer.h"
#include "support/child.h"
#include "vendor_apis/names.h"
#include "vendor_apis/probed.h"
#include "vendor_apis/registry.h"
#include "vendor_apis/transcript_check.h"

namespace auditstream::vendor_apis {
namespace {

using probe::Verdict;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> all_vendors() {
  std::vector<std::string> names;
  for (const VendorName& vendor : vendor_names) names.emplace_back(vendor.name);
  return names;
}

class Probe : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Vendors, Probe, ::testing::ValuesIn(all_vendors()),
                         [](const auto& info) { return info.param; });

TEST_P(Probe, AVendorAsDocumentedContradictsNothing) {
  const Probed found = probed(GetParam(), {.wishes = {.bad_credential = true}});
  EXPECT_EQ(found.contradictions(), "");
  EXPECT_EQ(found.bad_requests, 0u) << found.complaint;
  EXPECT_FALSE(found.report.interrupted);
  for (const char* fact :
       {"readable", "filter_heard", "filter_acts_on_printed_time", "open_end", "paging", "end", "same_again",
        "wide_ranges", "order", "ids", "times", "precision", "clock", "bad_credential"}) {
    EXPECT_EQ(found.fact(fact).verdict, Verdict::holds) << fact << ": " << found.fact(fact).seen;
  }
}

// Each in both directions, where the documents leave it open.
TEST_P(Probe, WhatTheDocumentsLeaveOpenContradictsNothing) {
  for (const char* tenant :
       {R"({"printed_bounds":true,"inclusive":true})", R"({"printed_bounds":true,"inclusive":false})",
        R"({"order":"ascending"})", R"({"order":"newest_first"})", R"({"order":"unsorted"})",
        R"({"day_offset":"-8h"})", R"({"day_offset":"10h"})", R"({"empty_pages":true})",
        R"({"null_as_text":true})", R"({"archive_overlap":"0s"})",
        R"({"rate":0.05,"late_share":0.1,"late_max":"30s"})", R"({"self_feeding":true})",
        R"({"redirect_over":100})", R"({"shape":"product_page"})",
        R"({"history":40000,"history_span":"300d"})", R"({"history":12,"history_span":"40d"})",
        R"({"rate_limit":[],"faults":0.02})"}) {
    const bool odd_shape = std::string(tenant).find("product_page") != std::string::npos;
    if (odd_shape && (GetParam() == "floqast" || GetParam() == "workato")) continue;
    const Probed found = probed(GetParam(), {.tenant = tenant, .requests = 90});
    EXPECT_EQ(found.contradictions(), "") << tenant;
    EXPECT_EQ(found.bad_requests, 0u) << tenant << ": " << found.complaint;
    EXPECT_EQ(found.fact("readable").verdict, Verdict::holds) << tenant << found.fact("readable").seen;
  }
}

TEST_P(Probe, ADamagedCredentialIsSentOnceAndOnlyIfWanted) {
  EXPECT_EQ(probed(GetParam()).unauthorized, 0u);
  EXPECT_EQ(probed(GetParam(), {.wishes = {.bad_credential = true}}).unauthorized, 1u);
}

struct Lie {
  const char* tenant;
  const char* fact;
  const char* seen;
  std::vector<std::string> vendors;  // empty: all
};

TEST_P(Probe, EachLieIsFound) {
  const auto with = [](bool (*trait)(const Traits&)) {
    std::vector<std::string> names;
    for (const std::string& name : all_vendors()) {
      if (trait(find_vendor(name)->traits())) names.push_back(name);
    }
    return names;
  };
  const auto by_second = with([](const Traits& traits) { return !traits.by_day; });
  const auto by_day = with([](const Traits& traits) { return traits.by_day; });
  const auto with_total = with([](const Traits& traits) { return traits.total_is_exact; });
  const auto with_retention = with([](const Traits& traits) { return traits.retention.has_value(); });
  for (const Lie& lie : std::vector<Lie>{
           {R"({"filter_ignored":true})", "filter_heard", "range of the future", {}},
           {R"({"filter_ignored":true})", "filter_acts_on_printed_time", "from beyond the range", {}},
           {R"({"filter_late":"6h"})", "filter_acts_on_printed_time", "missing", by_second},
           {R"({"printed_offset":"5h"})", "filter_acts_on_printed_time", "missing", by_second},
           {R"({"printed_offset":"40h"})", "filter_acts_on_printed_time", "", by_day},
           {R"({"printed_offset":"2h","rate":0.02})", "clock", "after the Date", {}},
           {R"({"date_offset":"-10m","rate":0.02})", "clock", "after the Date", {}},
           {R"({"open_end_cut":"200h"})", "open_end", "don't come", by_second},
           {R"({"range_max":"5d"})", "wide_ranges", "but its parts have", {}},
           {R"({"endless_pages":true})", "end", "still a next one", {}},
           {R"({"lost_at_borders":true})", "paging", "missing", {}},
           {R"({"changing_bytes":true})", "same_again", "other bytes", {}},
           {R"({"shared_ids":0.3})", "ids", "the id of another", {}},
           {R"({"flaw_share":0.2})", "ids", "have no /", {}},
           {R"({"flaw_share":0.2})",
            "times",
            "no readable time",
            {"captivateiq", "endorlabs", "tines", "workato"}},
           {R"({"malformed_share":0.1})", "times", "no valid JSON", {}},
           {R"({"total_more":3})", "total", "it says", with_total},
           {R"({"history":900,"history_span":"1400d"})", "reaches_back", "are claimed", with_retention},
           {R"({"bad_credential":200})", "bad_credential", "with one character", {}},
           {R"({"bad_credential":404})", "bad_credential", "not_found", {}},
           {R"({"day_offset":"30h"})", "days", "", by_day},
           {R"({"day_end_exclusive":true})", "days", "left out", {"floqast"}},
       }) {
    if (!lie.vendors.empty() && std::ranges::find(lie.vendors, GetParam()) == lie.vendors.end()) continue;
    const Probed found =
        probed(GetParam(), {.tenant = lie.tenant, .wishes = {.bad_credential = true}, .requests = 120});
    const probe::Fact& fact = found.fact(lie.fact);
    EXPECT_EQ(fact.verdict, Verdict::contradicted)
        << lie.tenant << ": " << lie.fact << ": " << fact.seen << "\n"
        << found.contradictions();
    EXPECT_THAT(fact.seen, HasSubstr(lie.seen)) << lie.tenant;
    EXPECT_NE(fact.remedy, "") << lie.tenant;
  }
}

TEST_P(Probe, AnEmptyLogTellsNothingAndContradictsNothing) {
  const Probed found = probed(GetParam(), {.tenant = R"({"history":0})"});
  EXPECT_EQ(found.contradictions(), "");
  for (const char* fact : {"filter_heard", "filter_acts_on_printed_time", "open_end", "paging", "same_again",
                           "wide_ranges", "reaches_back", "ids", "times"}) {
    EXPECT_EQ(found.fact(fact).verdict, Verdict::cant_tell) << fact << ": " << found.fact(fact).seen;
  }
}

TEST_P(Probe, WhoeverIsRefusedHearsWhy) {
  for (const int status : {401, 403, 404}) {
    const Probed found = probed(GetParam(), {.tenant = "{\"refuse\":" + std::to_string(status) + "}"});
    EXPECT_TRUE(found.report.refused);
    EXPECT_TRUE(found.report.reached);
    EXPECT_LE(found.report.requests, 2u) << "a refused credential is not tried again and again";
    EXPECT_EQ(found.contradictions(), "");
    EXPECT_THAT(found.fact("readable").seen, HasSubstr(std::to_string(status)));
  }
}

TEST_P(Probe, AfterARefusalNoDamagedCredentialIsSent) {
  const std::string refuse = R"({"refuse":401})";
  const Probed without = probed(GetParam(), {.tenant = refuse});
  const Probed with = probed(GetParam(), {.tenant = refuse, .wishes = {.bad_credential = true}});
  EXPECT_EQ(with.report.requests, without.report.requests);
  EXPECT_THAT(with.fact("bad_credential").seen, HasSubstr("the real one was refused"));
}

TEST_P(Probe, WhoeverOnlyAnswersWith5xxServesNothing) {
  const Probed found = probed(GetParam(), {.tenant = R"({"refuse":503})"});
  EXPECT_TRUE(found.report.reached);
  EXPECT_FALSE(found.report.served);
  EXPECT_TRUE(probed(GetParam(), {.tenant = R"({"refuse":404})"}).report.served);
}

TEST_P(Probe, PagesForPeopleAreNoPagesOfTheLog) {
  const Probed found = probed(GetParam(), {.tenant = R"({"faults":{"html_ok":1}})"});
  EXPECT_TRUE(found.report.refused);
  EXPECT_EQ(found.fact("readable").verdict, Verdict::contradicted);
  EXPECT_THAT(found.fact("readable").seen, AnyOf(HasSubstr("HTML"), HasSubstr("text/html")));
}

// A wide range that the vendor is too slow for is no reason to ask nothing else.
TEST_P(Probe, GoesOnAfterAQuestionThatIsTooMuch) {
  std::size_t wide = 0;
  ProbedWith with{.requests = 200};
  with.fails = [&](const http::Request& request) {
    const probe::WireBounds bounds = probe::wire_bounds(request.url);
    const bool is_wide = bounds.lower && bounds.upper && bounds.upper->time - bounds.lower->time > 24h * 30;
    wide += is_wide ? 1 : 0;
    return is_wide;
  };
  const Probed found = probed(GetParam(), with);
  EXPECT_GE(wide, 3u);
  EXPECT_EQ(found.contradictions(), "");
  EXPECT_EQ(found.fact("wide_ranges").verdict, Verdict::holds) << found.fact("wide_ranges").seen;
  EXPECT_THAT(found.fact("wide_ranges").seen, HasSubstr("32 d: transient"));
}

TEST_P(Probe, KeepsWithinItsRequests) {
  for (const unsigned requests : {1U, 2U, 3U, 5U, 8U, 13U, 21U, 34U}) {
    const Probed found = probed(GetParam(), {.requests = requests});
    EXPECT_LE(found.report.requests, requests);
    EXPECT_EQ(found.contradictions(), "") << requests;
  }
}

TEST_P(Probe, WhatWasFoundBeforeAnInterruptStays) {
  const Probed found = probed(GetParam(), {.interrupted_after = 12});
  EXPECT_TRUE(found.report.interrupted);
  EXPECT_EQ(found.contradictions(), "");
  EXPECT_EQ(found.fact("readable").verdict, Verdict::holds);
  EXPECT_EQ(found.fact("ids").verdict, Verdict::holds);
}

TEST_P(Probe, WatchingMeasuresTheOverlap) {
  const ProbedWith late{.tenant = R"({"rate":0.05,"late_share":0.5,"late_max":"40m"})",
                        .wishes = {.watch = 2h, .requests_for_watch = 300},
                        .requests = 400};
  const Probed found = probed(GetParam(), late);
  ASSERT_TRUE(found.report.lateness);
  EXPECT_GT(found.report.lateness->events, 200u);
  EXPECT_GT(found.report.lateness->max, 30min);
  EXPECT_LE(found.report.lateness->max, 42min);
  EXPECT_EQ(found.fact("lateness").verdict, Verdict::contradicted);
  EXPECT_EQ(found.fact("lateness").remedy, "overlap: 2h");

  const Probed punctual = probed(
      GetParam(),
      {.tenant = R"({"rate":0.05})", .wishes = {.watch = 1h, .requests_for_watch = 130}, .requests = 230});
  EXPECT_EQ(punctual.fact("lateness").verdict, Verdict::holds) << punctual.fact("lateness").seen;
  EXPECT_EQ(probed(GetParam()).fact("lateness").verdict, Verdict::cant_tell);

  ProbedWith interrupted = late;
  interrupted.interrupted_after = 200;
  const Probed part = probed(GetParam(), interrupted);
  EXPECT_TRUE(part.report.interrupted);
  ASSERT_TRUE(part.report.lateness) << "what was seen until then stays";
  EXPECT_GT(part.report.lateness->events, 10u);
}

// What is written down is a test as it stands, and nobody is to be found in it.
TEST_P(Probe, TranscriptsAreTestsWithoutPeopleInThem) {
  const Vendor& vendor = *find_vendor(GetParam());
  std::unique_ptr<probe::Transcript> transcript;
  ProbedWith with{.tenant = R"({"history":80,"empty_pages":true,"redirect_over":60})",
                  .wishes = {.bad_credential = true}};
  with.change = [&](Source& source) {
    for (const Setting& setting : vendor.settings()) {
      if (setting.name == "user_ids") source.lists[setting.name] = {"7642", "someone@acme.test"};
    }
    transcript = std::make_unique<probe::Transcript>(source, probed_secrets(GetParam()));
  };
  with.observe = [&](const probe::Exchanged& exchanged) { transcript->add(exchanged); };
  const Probed found = probed(GetParam(), with);
  EXPECT_GT(transcript->exchanges(), 20u);
  const test::TemporaryDirectory directory;
  const std::string file = directory.path() / "seen.txt";
  test::write_file(file, transcript->text());
  expect_as_it_says(vendor, read_transcript(vendor, file));

  const std::string text = transcript->text();
  EXPECT_THAT(
      text, AllOf(HasSubstr("[page]"), HasSubstr("[request]"), HasSubstr("text 1"), HasSubstr("192.0.2.1")));
  for (const auto& [name, secret] : probed_secrets(GetParam()))
    EXPECT_THAT(text, Not(HasSubstr(secret.reveal())));
  for (std::size_t chance = 0; chance < sim::people_count; ++chance) {
    EXPECT_THAT(text, Not(HasSubstr(sim::person(chance).email)));
    EXPECT_THAT(text, Not(HasSubstr(sim::person(chance).name)));
  }
  for (const char* others :
       {"203.0.113.", "127.0.0.", "Mozilla", "ACME Inc", "Acme Corp", "quarterly review", "/_payload/"})
    EXPECT_THAT(text, Not(HasSubstr(others)));
}

// What the vendors' files call not verified is told, whichever it is.
TEST(ProbeBounds, AreToldEitherWay) {
  const auto seen = [](const char* tenant) {
    return probed("tines", {.tenant = tenant}).fact("bounds").seen;
  };
  EXPECT_THAT(seen(R"({"printed_bounds":true,"inclusive":true})"),
              AllOf(HasSubstr("lower inclusive"), HasSubstr("upper inclusive")));
  EXPECT_THAT(
      seen(R"({"printed_bounds":true,"inclusive":false})"),
      AllOf(HasSubstr("lower exclusive"), HasSubstr("upper exclusive"), HasSubstr("no fractions are sent")));
  const auto fractions = [](const char* tenant) {
    return probed("workato", {.tenant = tenant}).fact("bounds").seen;
  };
  EXPECT_THAT(fractions(R"({"shape":"milliseconds"})"), HasSubstr("fractions are heard"));
  EXPECT_THAT(fractions(R"({"shape":"milliseconds","fractions_ignored":true})"),
              HasSubstr("fractions are heard above only"));
}

TEST(ProbeDays, TellTheZone) {
  for (const std::string vendor : {"captivateiq", "floqast"}) {
    const auto seen = [&](const char* tenant) {
      return probed(vendor, {.tenant = tenant}).fact("days").seen;
    };
    EXPECT_THAT(seen("{}"), AllOf(HasSubstr("UTC fits"), HasSubstr("the last day is part of the range")))
        << vendor;
    EXPECT_THAT(seen(R"({"day_offset":"-8h"})"), HasSubstr("UTC doesn't fit")) << vendor;
  }
  EXPECT_THAT(probed("captivateiq", {.tenant = R"({"day_end_exclusive":true})"}).fact("days").seen,
              HasSubstr("the last day is left out"));
}

TEST(ProbeTimeField, IsNamedWhereTheRowsHaveTheTimeThatTheFilterActsOn) {
  const Probed found = probed("tines", {.tenant = R"({"filter_late":"6h"})"});
  EXPECT_THAT(found.fact("filter_acts_on_printed_time").remedy, HasSubstr("time_field: /updated_at"));
  const Probed mended = probed("tines", {.tenant = R"({"filter_late":"6h"})", .change = [](Source& source) {
                                           source.time_field = "/updated_at";
                                         }});
  EXPECT_EQ(mended.contradictions(), "");
}

TEST(ProbeOrder, IsTold) {
  const auto seen = [](const char* tenant) {
    return probed("captivateiq", {.tenant = tenant}).fact("order").seen;
  };
  EXPECT_THAT(seen(R"({"order":"ascending"})"), HasSubstr("oldest first"));
  EXPECT_THAT(seen(R"({"order":"newest_first"})"), HasSubstr("newest first"));
  EXPECT_THAT(seen(R"({"order":"unsorted"})"), HasSubstr("none"));
}

}  // namespace
}  // namespace auditstream::vendor_apis
