// What an instance tells of a source, from its own poller or from the records that others write.
#include "admin/sources_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace auditstream::test {
namespace {

using admin::SourceState;
using admin::SourcesView;
using admin::SourceView;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int partitions = 12;
const Time noon = *parse_rfc3339("2026-11-20T12:00:00Z");

struct Shown {
  Shown() {
    source.name = "acme";
    source.vendor = "tines";
    source.account = "acme";
    source.origin = "5f3a";
    cursor.source = "acme";
    cursor.vendor = "tines";
    cursor.account = "acme";
    cursor.origin = "5f3a";
    cursor.watermark = noon;
    cursor.updated = noon;
  }
  int home() const { return murmur2_partition("acme", partitions); }
  void write(const std::string& value, int partition) { sources_view.apply(partition, "acme", value); }
  void write() { write(core::encode_cursor(cursor, {}), home()); }
  void own(const std::string& instance) {
    sources_view.apply(home(), core::owner_key, "{\"instance\":\"" + instance + "\",\"nonce\":\"n\"}");
  }
  SourceView view() {
    sources_view.configure({std::make_shared<const Source>(source)});
    return sources_view.view(fleet, noon + 30s).at(0);
  }
  // As the poller of this instance has it.
  SourceView view_here(core::Activity activity, const std::string& last_error = "", int status = 0) {
    core::SourceStatus here;
    here.source = std::make_shared<const Source>(source);
    here.partition = home();
    here.poller.activity = activity;
    here.poller.error = last_error;
    here.poller.error_status = status;
    here.poller.cursor = cursor;
    fleet.sources = {here};
    return view();
  }

  Source source;
  core::Cursor cursor;
  core::FleetStatus fleet;
  SourcesView sources_view{partitions};
};

TEST(SourcesView, ASourceThatNobodyHasTouchedIsUnassigned) {
  Shown shown;
  const SourceView view = shown.view();
  EXPECT_EQ(view.state, SourceState::unassigned);
  EXPECT_EQ(view.partition, shown.home());
  EXPECT_FALSE(view.owner);
  EXPECT_FALSE(view.cursor);
}

TEST(SourcesView, ASourceOfAnotherInstanceIsKnownByItsRecords) {
  Shown shown;
  shown.own("host-1");
  shown.own("host-2");
  shown.write();
  SourceView view = shown.view();
  EXPECT_EQ(view.state, SourceState::running);
  EXPECT_EQ(view.owner, "host-2");
  EXPECT_EQ(view.cursor->watermark, noon);
  EXPECT_EQ(view.activity, std::nullopt);

  shown.cursor.last_error = core::LastError{401, "the key is refused; make a new one"};
  shown.write();
  view = shown.view();
  EXPECT_EQ(view.state, SourceState::failed);
  EXPECT_EQ(view.error, "the key is refused; make a new one");
  EXPECT_EQ(view.error_status, 401);

  shown.cursor.state = core::Cursor::State::paused;
  shown.write();
  EXPECT_EQ(shown.view().state, SourceState::paused);
}

TEST(SourcesView, AHistoryThatAnotherInstanceReadsIsKnownByTheRecord) {
  Shown shown;
  shown.own("host-2");
  shown.cursor.history = core::History{noon, noon - 24h, {noon - 24h, ""}, 0, {}};
  shown.write();
  EXPECT_EQ(shown.view().activity, core::Activity::backfilling);
  shown.cursor.history->last_error = core::LastError{403, "not so far back"};
  shown.write();
  EXPECT_EQ(shown.view().state, SourceState::failed);
  EXPECT_EQ(shown.view().error, "not so far back");
}

TEST(SourcesView, WhatNoOwnerCanUseIsFailedWithItsRemedy) {
  Shown shown;
  shown.own("host-1");
  shown.write("{", shown.home());
  EXPECT_EQ(shown.view().state, SourceState::failed);
  EXPECT_THAT(shown.view().error, HasSubstr("cursors reset acme"));

  shown.cursor.origin = "77";
  shown.write();
  EXPECT_EQ(shown.view().state, SourceState::failed);
  EXPECT_THAT(shown.view().error, HasSubstr("another log"));

  shown.sources_view.apply(shown.home(), "acme", std::nullopt);
  shown.cursor.origin = "5f3a";
  shown.write(core::encode_cursor(shown.cursor, {}), shown.home() + 1);
  EXPECT_EQ(shown.view().state, SourceState::failed);
  EXPECT_THAT(shown.view().error, HasSubstr("cursors move acme"));
}

TEST(SourcesView, WhatNobodyCanTellIsNotShownAsRunning) {
  std::vector<SourceView> views(4);
  views[0].state = SourceState::running;
  views[1].state = SourceState::failed;
  views[1].error = "refused";
  views[2].state = SourceState::paused;
  views[3].state = SourceState::unassigned;
  doubt(views, "Kafka can't be reached");
  EXPECT_EQ(views[0].state, SourceState::unassigned);
  EXPECT_EQ(views[0].error, "Kafka can't be reached");
  EXPECT_EQ(views[1].state, SourceState::failed);
  EXPECT_EQ(views[1].error, "refused");
  EXPECT_EQ(views[2].state, SourceState::paused);
  EXPECT_EQ(views[3].error, "Kafka can't be reached");
  for (const SourceView& view : views) EXPECT_FALSE(view.known);
}

TEST(SourcesView, ASourceThatIsPolledHereIsSeenFromNearer) {
  Shown shown;
  shown.own("us");
  EXPECT_EQ(shown.view_here(core::Activity::starting).state, SourceState::running)
      << "its first record is still on its way";
  const SourceView throttled = shown.view_here(core::Activity::throttled, "the vendor wants us to wait", 429);
  EXPECT_EQ(throttled.state, SourceState::running);
  EXPECT_EQ(throttled.activity, core::Activity::throttled);
  EXPECT_EQ(throttled.error, "the vendor wants us to wait");
  EXPECT_EQ(throttled.error_status, 429);
  const SourceView stopped = shown.view_here(core::Activity::stopped, "its cursor is gone");
  EXPECT_EQ(stopped.state, SourceState::failed);
  EXPECT_EQ(stopped.error, "its cursor is gone");

  EXPECT_EQ(shown.view_here(core::Activity::retrying, "503", 503).state, SourceState::running);
  EXPECT_EQ(shown.view_here(core::Activity::failing, "we were refused", 401).state, SourceState::failed);
  EXPECT_EQ(shown.view_here(core::Activity::failing, "we were refused", 401).error_status, 401);

  shown.source.enabled = false;
  EXPECT_EQ(shown.view_here(core::Activity::stopped, "disabled").state, SourceState::paused);
}

TEST(SourcesView, APartitionOfOursThatIsNotOpenYetHasNoOwner) {
  Shown shown;
  shown.own("host-1");
  shown.write();
  shown.cursor.last_error.emplace().state = core::LastError::State::retrying;
  shown.write();
  shown.fleet.partitions_not_open[shown.home()];
  EXPECT_EQ(shown.view().state, SourceState::unassigned);
  EXPECT_EQ(shown.view().activity, std::nullopt) << "nobody retries";
  shown.fleet.partitions_not_open[shown.home()] = core::JournalFailed{{"no leader"}};
  EXPECT_EQ(shown.view().state, SourceState::unassigned);
  EXPECT_EQ(shown.view().error, "no leader");
  shown.fleet.partitions_not_open[shown.home()] =
      core::JournalFailed{{"denied: the ACL", ErrorKind::misconfigured}};
  EXPECT_EQ(shown.view().state, SourceState::failed);
  EXPECT_EQ(shown.view().error, "denied: the ACL");
  shown.cursor.last_error->state = core::LastError::State::failed;
  shown.cursor.last_error->attempts = 7;
  shown.write();
  EXPECT_EQ(shown.view().error, "denied: the ACL") << "its last owner's trouble is none of ours";
  EXPECT_EQ(shown.view().attempts, 0);
}

TEST(SourcesView, CountsEventsByTheMinuteOfTheirRecords) {
  Shown shown;
  shown.own("host-1");
  const auto publish = [&](std::uint64_t all, Time when) {
    shown.cursor.published = all;
    shown.cursor.updated = when;
    shown.write();
  };
  publish(100, noon - 10min);  // the first that we hear of says nothing
  publish(110, noon - 2min);
  publish(115, noon - 2min + 59s);
  publish(116, noon + 1s);
  publish(0, noon + 2s);  // begun anew
  publish(3, noon + 3s);
  const std::vector<std::uint64_t> per_minute = shown.view().per_minute;
  ASSERT_EQ(per_minute.size(), 30u);
  EXPECT_THAT(std::vector(per_minute.end() - 4, per_minute.end()), ElementsAre(0, 15, 0, 4));
}

TEST(SourcesView, ChunksOfIdsAreNoCursors) {
  Shown shown;
  shown.own("host-1");
  shown.write();
  shown.sources_view.apply(shown.home(), "acme/seen/0", "{}");
  EXPECT_EQ(shown.view().state, SourceState::running);
}

}  // namespace
}  // namespace auditstream::test
