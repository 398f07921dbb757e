// The traps that sank others, each by its number. Here are those that concern one instance and no wire:
//
//   14  a restore that stops too early ................ kafka ring
//   15  two live copies of one task ................... kafka ring, e2e
//   16  a transaction held open while waiting ......... here (a batch is complete before its commit); kafka
//   ring 17  abortable, retriable and fatal alike .......... here (what each outcome does); kafka ring 18  an
//   oversized record ........................... here (known beforehand, and refused); kafka ring 19  offsets
//   topic with cleanup.policy=delete ...... kafka ring 20  consumers must be read_committed ..............
//   README; e2e 21  failover that takes minutes ................... e2e 23  a credential sent to another host
//   ............. vendor ring (next links), http ring (redirects) 24  HTML with 200, truncation, deep JSON
//   .......... vendor ring, http ring 27  secrets in logs and errors .................... vendor ring
//   (conformance), e2e 28  rotation needs a restart ...................... here (a poll takes the new
//   secret); config's reader, e2e 12  inspect, set, reset ........................... e2e
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/shard_life.h"

namespace auditstream::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(Traps, T01_EventsOfTheBoundarysSecondAreNeitherLostNorRepeated) {
  Life life;
  life.start();
  life.pass(5s);
  const Time second = life.now.wall;
  life.log.add("a", second);
  life.live(30s);
  life.log.add("b", second);
  life.start();
  life.live(30s);
  life.log.add("c", second);
  life.live(30s);
  EXPECT_THAT(life.published, ElementsAre("a", "b", "c"));
}

TEST(Traps, T01_EventsOnTheBoundsOfHistoricWindowsComeOnce) {
  Life life;
  const Time since = noon - 20 * 24h;
  life.source.backfill_start_time = since;
  std::vector<std::string> all;
  for (int hour = 0; hour < 18 * 24; ++hour) {
    for (const char* twin : {"a", "b"}) {
      all.push_back(std::to_string(1000 + hour) + twin);
      life.log.add(all.back(), since + hour * 1h);
    }
  }
  life.start();
  life.poll();
  EXPECT_EQ(life.published, all);
}

TEST(Traps, T02_ACrashBetweenPagesOfANewestFirstListLosesNothing) {
  for (int pages_before_crash = 0; pages_before_crash < 5; ++pages_before_crash) {
    Life life;
    life.source.page_size = 10;
    life.start();
    life.pass(60s);
    for (int i = 0; i < 45; ++i) life.log.add("e" + std::to_string(100 + i), noon + i * 1s);
    for (int page = 0; page < pages_before_crash; ++page) {
      life.step();
      life.respond(life.log.answer(life.sent.at(0).request));
      life.commit_units();
    }
    life.start();
    life.live(2min);
    EXPECT_THAT(life.published, SizeIs(45)) << pages_before_crash;
  }
}

TEST(Traps, T03_CursorNeverJumpsToNowOnAnEmptyPoll) {
  Life life;
  life.start();
  life.log.add("a", noon);
  life.live(12h);
  life.commit(life.poller->take_progress(life.now).value_or(Unit{}));
  EXPECT_EQ(life.cursor().watermark, noon);
  life.log.add("b", noon + 1h);
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("a", "b"));
}

TEST(Traps, T03_CursorNeverMovesOnAFailedPoll) {
  for (const int status : {401, 403, 404, 429, 500, 504}) {
    Life life;
    life.start();
    life.log.add("a", noon);
    life.live(1min);
    life.world = [status](const http::Request&) { return answer_with(status); };
    life.live(50h);
    life.commit(life.poller->take_progress(life.now).value_or(Unit{}));
    EXPECT_EQ(life.cursor().watermark, noon) << status;
    life.log.add("b", noon + 1h);
    life.world = [&life](const http::Request& request) { return life.log.answer(request); };
    life.live(1h);
    EXPECT_THAT(life.published, ElementsAre("a", "b")) << status;
  }
}

TEST(Traps, T04_AQuietGapIsNeitherAWallNorJumpedOver) {
  Life life;
  life.source.backfill_start_time = noon - 500 * 24h;
  life.log.add("before", noon - 499 * 24h);
  life.log.add("in-the-gap", noon - 250 * 24h);
  life.log.add("after", noon - 1h);
  life.start();
  life.poll();
  EXPECT_THAT(life.published, ElementsAre("before", "in-the-gap", "after"));
  life.live(30 * 24h);
  life.log.add("month-later", life.now.wall);
  life.live(1min);
  EXPECT_THAT(life.published, SizeIs(4));
}

TEST(Traps, T05_LateArrivalsInsideTheOverlapComeOnce) {
  Life life;
  life.start();
  life.live(30min);
  std::vector<std::string> all;
  for (int i = 0; i < 60; ++i) {
    all.push_back("now" + std::to_string(i));
    life.log.add(all.back(), life.now.wall);
    all.push_back("late" + std::to_string(i));
    life.log.add(all.back(), life.now.wall - 9min);
    life.live(47s);
    if (i % 10 == 0) life.start();
  }
  std::ranges::sort(all);
  EXPECT_EQ(life.sorted(), all);
}

TEST(Traps, T06_FiftyThousandEventsInOneSecond) {
  for (const bool historic : {false, true}) {
    Life life;
    const Time moment = historic ? noon - 3 * 24h : noon + 1s;
    if (historic) life.source.backfill_start_time = moment - 1min;
    life.source.page_size = 1000;
    life.options.reading.events_max = 10'000;
    std::string rows;
    for (int i = 0; i < 50'000; ++i) rows += event_line("e" + std::to_string(100'000 + i), moment);
    // One answer, because what is tried here is the window and not the paging.
    life.world = [&](const http::Request& request) {
      const Asked range = asked(request);
      const bool inside = moment >= range.from && (!range.to || moment <= *range.to);
      return answer_with(200, inside ? rows : "");
    };
    life.start();
    life.pass(10s);
    life.live(1min);
    EXPECT_THAT(life.published, SizeIs(50'000));
    EXPECT_TRUE(std::ranges::is_sorted(life.published));
    EXPECT_LE(life.events_at_once, 10'000u);
    life.start();
    life.live(1min);
    EXPECT_THAT(life.published, SizeIs(50'000));
  }
}

TEST(Traps, T07_RowsThatShiftWhileANewestFirstListIsPagedComeOnce) {
  Life life;
  life.source.page_size = 10;
  life.start();
  life.pass(100s);
  for (int i = 0; i < 50; ++i) life.log.add("e" + std::to_string(100 + i), noon + i * 1s);
  int grown = 0;
  life.world = [&](const http::Request& request) {
    const http::Response response = life.log.answer(request);
    if (grown < 7) life.log.add("new" + std::to_string(grown++), noon + 60s);
    return response;
  };
  life.live(2min);
  EXPECT_THAT(life.published, SizeIs(57));
  std::vector<std::string> once = life.sorted();
  EXPECT_EQ(std::ranges::adjacent_find(once), once.end());
}

TEST(Traps, T08_ANextPageTokenThatRepeatsFailsThePoll) {
  for (const std::vector<std::string>& circle : {std::vector<std::string>{"a"}, {"a", "b", "c"}}) {
    Life life;
    life.start();
    std::size_t requests = 0;
    life.world = [&](const http::Request&) {
      const std::size_t page = requests++;
      return answer_with(
          200, event_line(std::to_string(page), noon + 1s) + "next " + circle[page % circle.size()] + "\n");
    };
    life.poll();
    EXPECT_EQ(requests, circle.size() + 1);
    EXPECT_EQ(life.state(), "retrying");
    EXPECT_GT(life.poller->wake_at(), life.now.steady);
  }
}

TEST(Traps, T09_EventsThatDifferOnlyInTheirIdAreDistinct) {
  Life life;
  life.start();
  life.log.add("a", noon);
  life.log.add("b", noon);
  life.log.add("A", noon);
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("A", "a", "b"));
}

TEST(Traps, T10_IdsAreBoundedByTimeAndTheOverlapShrinksLoudly) {
  Life life;
  life.start();
  std::vector<std::string> bodies;
  constexpr int each = 31'000;
  for (int minute = 0; minute < 4; ++minute) {
    std::string& body = bodies.emplace_back();
    for (int i = 0; i < each; ++i) {
      body += event_line("e" + std::to_string(minute) + "-" + std::to_string(i),
                         noon + minute * 1min + std::chrono::milliseconds(i));
    }
  }
  std::size_t visible = 0;
  life.world = [&](const http::Request&) {
    std::string body;
    for (std::size_t i = 0; i < visible; ++i) body += bodies[i];
    return answer_with(200, body);
  };
  for (visible = 1; visible <= 3; ++visible) {
    life.pass(1min);
    life.live(30s);
  }
  EXPECT_EQ(life.times_said("overlap_shrunk"), 0u);
  const std::size_t before = life.published.size();
  EXPECT_EQ(before, 3u * each);
  visible = 4;
  life.pass(1min);
  life.live(30s);
  EXPECT_EQ(life.times_said("overlap_shrunk"), 1u);
  EXPECT_GT(life.cursor().floor.time, noon);
  life.start();
  life.live(5min);
  EXPECT_EQ(life.published.size(), 4u * each);
}

TEST(Traps, T11_TheBackfillStartIsHonoured) {
  Life life;
  const Time since = noon - 90 * 24h;
  life.source.backfill_start_time = since;
  life.log.add("too-early", since - 1us);
  life.log.add("first", since);
  life.log.add("last", noon - 1s);
  life.start();
  life.poll();
  EXPECT_THAT(life.published, ElementsAre("first", "last"));
}

TEST(Traps, T11_WithoutABackfillStartHistoryStaysOut) {
  Life life;
  life.log.add("before", noon - 1s);
  life.log.add("first", noon);
  life.start();
  life.live(1min);
  EXPECT_THAT(life.published, ElementsAre("first"));
}

TEST(Traps, T13_NoCursorRecordOutgrowsAMessage) {
  Life life;
  life.start();
  std::string body;
  for (int i = 0; i < 60'000; ++i) body += event_line("e" + std::to_string(i), noon + i * 10ms);
  life.world = [&](const http::Request&) { return answer_with(200, body); };
  life.pass(10min);
  life.live(1min);
  EXPECT_EQ(life.published.size(), 60'000u);
  EXPECT_GT(life.records.size(), 1u);
  for (const auto& [key, value] : life.records) EXPECT_LT(value.size(), 300'000u) << key;
}

TEST(Traps, T16_NothingIsCommittedWhileAVendorIsSlow) {
  ShardLife life;
  life.add("slow").backfill_start_time = noon - 30min;
  life.add("fast").backfill_start_time = noon - 30min;
  life.tenants["fast"].events.emplace_back("f", noon - 1min);
  life.answering = false;
  life.start();
  life.live(1min);
  ASSERT_THAT(life.client.waiting, SizeIs(2));
  EXPECT_FALSE(life.journal->busy());
  const auto fast = std::ranges::find_if(life.client.waiting, [](const auto& request) {
    return request.second.url.find("fast") != std::string::npos;
  });
  const http::RequestId id = fast->first;
  life.client.waiting.erase(fast);
  life.shard->on_response(id, life.tenants["fast"].answer(), life.now);
  life.shard->step(life.now);
  life.live(1s);
  EXPECT_THAT(life.journal->published, ElementsAre("f"));
}

TEST(Traps, T17_EachOutcomeOfACommitHasItsOwnAnswer) {
  for (const auto& [outcome, opens] :
       {std::pair{Outcome::committed, 1}, {Outcome::lost, 2}, {Outcome::refused, 2}}) {
    ShardLife life;
    life.add("acme").backfill_start_time = noon - 1h;
    life.tenants["acme"].events = {{"a", noon - 2min}, {"b", noon - 1min}};
    int times = 0;
    life.journal->outcome = [&, result = outcome](const Batch& batch) {
      return batch.events > 0 && times++ == 0 ? result : Outcome::committed;
    };
    life.start();
    life.live(5min);
    EXPECT_EQ(life.journal->opens, opens);
    EXPECT_THAT(life.journal->published, ElementsAre("a", "b"));
    EXPECT_THAT(life.journal->dead, IsEmpty());
  }
}

TEST(Traps, T18_AnOversizedEventDoesNotBlockTheStream) {
  Life life;
  life.options.record_bytes_max = 10'000;
  life.start();
  life.log.add("a", noon);
  life.log.rows.push_back({"huge", noon + 1s, 10'000});
  life.log.add("b", noon + 2s);
  life.pass(5s);
  life.live(2min);
  life.start();
  life.live(2min);
  EXPECT_THAT(life.published, ElementsAre("a", "b"));
  EXPECT_THAT(life.dead, ElementsAre("huge too_large"));
  EXPECT_EQ(life.times_said("dead_letter_too_large"), 1u);
}

TEST(Traps, T22_ARefusedCredentialIsNoStorm) {
  ShardLife life;
  life.add("acme");
  life.tenants["acme"].refusal = answer_with(403, "{}");
  life.start();
  life.live(24h);
  EXPECT_LE(life.tenants["acme"].asked_at.size(), 24u * 60);
  for (std::size_t i = 1; i < life.tenants["acme"].asked_at.size(); ++i) {
    EXPECT_GE(life.tenants["acme"].asked_at[i] - life.tenants["acme"].asked_at[i - 1], 1min);
  }
}

TEST(Traps, T22_RetryAfterInEverySpelling) {
  for (const auto& [header, least, most] : {std::tuple{std::string("0"), Duration{1s}, Duration{90s}},
                                            {std::string("45"), Duration{45s}, Duration{90s}},
                                            {std::string("10800"), Duration{15min}, Duration{16min}},
                                            {std::string("nonsense"), Duration{1s}, Duration{90s}}}) {
    ShardLife life;
    life.add("acme");
    life.tenants["acme"].refusal = answer_with(429, "{}", {{"retry-after", header}});
    life.start();
    while (life.tenants["acme"].asked_at.empty()) life.live(1s);
    const Steady first = life.tenants["acme"].asked_at.front();
    life.tenants["acme"].refusal.reset();
    life.live(20min);
    ASSERT_GE(life.tenants["acme"].asked_at.size(), 2u);
    EXPECT_GE(life.tenants["acme"].asked_at[1] - first, least) << header;
    EXPECT_LE(life.tenants["acme"].asked_at[1] - first, most) << header;
  }
}

TEST(Traps, T25_ATokenThatEndsInAWindowIsRenewedOnceAndTheSameRequestRepeated) {
  Life life;
  life.vendor.with_token = true;
  life.start();
  life.pass(10s);
  life.step();
  ASSERT_TRUE(asks_for_token(life.sent.at(0).request));
  life.respond(answer_with(200, "one"));
  life.step_and_respond(answer_with(200, event_line("a", noon) + "next 2\n"));
  life.step();
  const http::Request request = life.sent.at(0).request;
  EXPECT_EQ(bearer(request), "one");
  life.respond(answer_with(401));
  life.step();
  ASSERT_THAT(life.sent, SizeIs(1));
  ASSERT_TRUE(asks_for_token(life.sent.at(0).request));
  life.respond(answer_with(200, "two"));
  life.step();
  ASSERT_THAT(life.sent, SizeIs(1));
  EXPECT_EQ(life.sent.at(0).request.url, request.url);
  EXPECT_EQ(bearer(life.sent.at(0).request), "two");
  life.respond(answer_with(200, event_line("b", noon + 1s)));
  life.commit_units();
  EXPECT_THAT(life.published, ElementsAre("a", "b"));
  EXPECT_THAT(life.said, IsEmpty()) << "nobody needs to know";
}

TEST(Traps, T26_ManyLanesHoldNoMoreThanTheBuffer) {
  Life life;
  const Time since = noon - 100 * 24h;
  life.source.backfill_start_time = since;
  life.source.lanes = 8;
  life.source.page_size = 10;
  life.options.buffered_bytes_max = 100'000;
  life.options.reading.bytes_max = 200'000;
  std::size_t count = 0;
  for (int hour = 0; hour < 8; ++hour) {
    for (int i = 0; i < 50; ++i) {
      life.log.rows.push_back({"e" + std::to_string(1000 + count++), since + hour * 1h + i * 1min, 5000});
    }
  }
  life.start();
  // The first lane's answer never comes: the others fill the buffer and then stop asking.
  life.step();
  ASSERT_FALSE(life.sent.empty());
  std::size_t answered_bytes = 0;
  for (int round = 0; round < 100; ++round) {
    while (life.sent.size() > 1) {
      const http::Response response = life.log.answer(life.sent.at(1).request);
      answered_bytes += response.body->size();
      life.respond(response, 1);
    }
    life.step();
  }
  EXPECT_LE(answered_bytes, 100'000u + 8 * 10 * 5100);
  life.poll();
  EXPECT_EQ(life.published.size(), count);
}

TEST(Traps, T28_ANewSecretIsUsedByTheNextPoll) {
  ShardLife life;
  life.add("acme");
  life.answering = false;
  life.start();
  life.live(1min);
  ASSERT_THAT(life.client.waiting, SizeIs(1));
  EXPECT_EQ(life.client.waiting[0].second.headers[0].value, "Bearer one");
  life.secrets.secrets["api_key"] = Secret("two");
  life.shard->on_response(life.client.waiting[0].first, life.tenants["acme"].answer(), life.now);
  life.client.waiting.clear();
  life.shard->step(life.now);
  life.live(1min);
  ASSERT_THAT(life.client.waiting, SizeIs(1));
  EXPECT_EQ(life.client.waiting[0].second.headers[0].value, "Bearer two");
}

TEST(Traps, T29_OneBadSourceStopsNoOther) {
  ShardLife life;
  life.add("good");
  for (const auto& [name, refusal] : {std::pair{"wrong-key", answer_with(401, "{}")},
                                      {"down", answer_with(502, "")},
                                      {"html", answer_with(200, "<html>")},
                                      {"huge", answer_with(429, "{}", {{"retry-after", "9999"}})}}) {
    life.add(name);
    life.tenants[name].refusal = refusal;
  }
  life.start();
  life.live(1min);
  for (int i = 0; i < 20; ++i) {
    life.tenants["good"].events.emplace_back("e" + std::to_string(100 + i), life.now.wall);
    life.live(1min);
  }
  EXPECT_THAT(life.journal->published, SizeIs(20));
  EXPECT_EQ(life.state("wrong-key"), "failing");
  EXPECT_EQ(life.state("good"), "resting");
}

TEST(Traps, T30_AnExpiredCredentialIsSaidAtOnceWithItsRemedy) {
  ShardLife life;
  life.add("acme");
  life.start();
  life.live(2min);
  life.tenants["acme"].refusal = answer_with(401, "{}");
  life.live(1min);
  EXPECT_EQ(life.times_said("unauthorized"), 1u);
  EXPECT_EQ(life.status("acme").error_status, 401);
  EXPECT_THAT(life.status("acme").error, HasSubstr("api_key"));
}

}  // namespace
}  // namespace auditstream::core
