// The mappings of config/ocsf on the events of every simulated vendor: id and time are those of the record in
// Kafka. Whether the rest is OCSF, script/schemas tests with OCSF's own schema.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "auditstream/json.h"
#include "ocsf/mapper.h"
#include "paths.h"
#include "simvendors/event_lines.h"
#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"

namespace auditstream::vendor_apis {
namespace {

class EveryMapping : public ::testing::TestWithParam<const Vendor*> {
 protected:
  const Vendor& vendor() const { return *GetParam(); }

  ocsf::Mapper mapper(const ocsf::Circumstances& circumstances = {}) const {
    const std::string file = PROJECT_DIR "/config/ocsf/" + std::string(vendor().name()) + ".yaml";
    std::ifstream in(file, std::ios::binary);
    const std::string yaml{std::istreambuf_iterator<char>(in), {}};
    ocsf::ReadMapping read = ocsf::read_mapping(yaml, file, vendor().name());
    for (const config::Finding& mistake : read.mistakes) ADD_FAILURE() << mistake.text();
    if (!read.mapping) throw std::runtime_error(file + " is no mapping");
    return {vendor(), *std::move(read.mapping), circumstances};
  }

  // As the poller gets it, alone on its page.
  Event sliced(const std::string& event) const {
    const sim::Envelope& page = sim::api_of(vendor().name()).profile().page;
    const http::Response response =
        given_response(200, page.before + event + page.between + "null" + page.after);
    Answer answer = vendor().read(any_source(vendor()), any_ask(vendor()), response);
    if (const auto* refusal = std::get_if<Refusal>(&answer)) throw std::runtime_error(refusal->message);
    return std::get<Page>(answer).events.at(0);
  }
};

std::string at(const ocsf::Mapped& mapped, std::string_view pointer) {
  return json::scalar_at(mapped.event, pointer).value_or("");
}

std::string milliseconds(Time time) {
  return std::to_string(std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
}

TEST_P(EveryMapping, GivesTheIdAndTheTimeOfTheRecord) {
  const ocsf::Mapper map = mapper();
  std::size_t failed = 0;
  const auto lines = sim::event_lines(sim::api_of(vendor().name()), 300, 7);
  ASSERT_GE(lines.size(), 300u);
  for (const sim::EventLine& line : lines) {
    const Event event = sliced(line.text);
    const ocsf::Mapped mapped = map.map(line.text, Time{});
    EXPECT_EQ(at(mapped, "/metadata/uid"), event.id) << line.text;
    EXPECT_EQ(at(mapped, "/raw_data"), line.text);
    EXPECT_EQ(mapped.problem.empty(), event.time.has_value()) << line.text;
    EXPECT_EQ(at(mapped, "/time"), milliseconds(event.time.value_or(Time{}))) << line.text;
    if (!mapped.problem.empty()) ++failed;
    if (line.flawed) continue;
    EXPECT_EQ(at(mapped, "/metadata/uid"), line.id);
    EXPECT_EQ(at(mapped, "/time"), milliseconds(line.time));
    EXPECT_NE(at(mapped, "/class_uid"), "0") << line.text;
  }
  EXPECT_LT(failed, lines.size() / 10);
}

// A mapping that finds nothing would be valid, too.
TEST_P(EveryMapping, FindsWhatIsThere) {
  const ocsf::Mapper map = mapper({.log_source = "urn:auditstream:x:y"});
  std::map<std::string, std::size_t> found;
  const auto lines = sim::event_lines(sim::api_of(vendor().name()), 300, 7);
  for (const sim::EventLine& line : lines) {
    const ocsf::Mapped mapped = map.map(line.text, Time{});
    if (!mapped.problem.empty()) continue;
    ++found["events"];
    for (const char* pointer :
         {"/metadata/event_code", "/metadata/log_source", "/src_endpoint/ip", "/metadata/tenant_uid"}) {
      if (!at(mapped, pointer).empty()) ++found[pointer];
    }
    const std::string who = at(mapped, "/actor/user/name") + at(mapped, "/actor/app_uid");
    if (!who.empty() && who != "Unknown") ++found["actor"];
    if (at(mapped, "/activity_id") != "0") ++found["activity"];
  }
  for (const char* part : {"/metadata/event_code", "/metadata/log_source", "/src_endpoint/ip", "activity"}) {
    EXPECT_EQ(found[part], found["events"]) << part;
  }
  // Half of Endor Labs' shapes have claims that are no texts. FloQast's events name no tenant.
  EXPECT_GE(found["actor"], found["events"] * 2 / 5);
  EXPECT_EQ(found["/metadata/tenant_uid"], vendor().name() == "floqast" ? 0 : found["events"]);
}

INSTANTIATE_TEST_SUITE_P(Vendors, EveryMapping, ::testing::ValuesIn(vendors()),
                         [](const auto& vendor) { return std::string(vendor.param->name()); });

}  // namespace
}  // namespace auditstream::vendor_apis
