// The status page in a real browser, under the policy that is sent with it, against canned reports.
#include "admin/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "page/browser.h"
#include "page/canned.h"
#include "support/http_server.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto patience = 30s;

class StatusPage : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_browser()) GTEST_SKIP() << "no Chromium: apt-get install chromium chromium-driver";
    browser_ = std::make_unique<Browser>();
    start_server();
  }

  void start_server() {
    HttpServer::Options options;
    options.port = port_;
    Result<std::unique_ptr<HttpServer>> server =
        HttpServer::listen(options, [this](const Request& request) { return answer(request); });
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    port_ = server_->port();
  }
  void stop_server() { server_.reset(); }

  void report(std::string body) {
    const std::lock_guard lock(mutex_);
    body_ = std::make_shared<const std::string>(std::move(body));
  }

  // Opens the page and waits for its first rows.
  void open(const std::vector<CannedSource>& sources, const std::string& query = "") {
    report(canned_report(sources));
    open_address(query);
  }
  void open_address(const std::string& query) {
    browser().open(server_->origin() + "/" + query);
    wait_for("document.querySelector('#live').textContent !== ''", "the first answer comes");
  }
  std::string origin() const { return server_->origin(); }
  // From now on every question takes so long.
  void hang(std::chrono::milliseconds delay) { delay_ms_ = delay.count(); }
  // What answers PUT from now on.
  void on_change(std::function<Reply(const Request&)> change) {
    const std::lock_guard lock(mutex_);
    change_ = std::move(change);
  }

  Browser& browser() { return *browser_; }
  std::string value_of(const std::string& expression) {
    return browser().run("return String(" + expression + ")");
  }
  void wait_for(const std::string& expression, const std::string& what) {
    until(what, patience, [&] { return value_of(expression) == "true"; });
  }
  std::string names() {
    return value_of("[...document.querySelectorAll('#rows th b')].map((b) => b.textContent).join(' ')");
  }

  std::atomic<int> status_ = 200;

 private:
  Reply answer(const Request& request) {
    const std::lock_guard lock(mutex_);
    if (request.method == "PUT") return change_(request);
    if (request.path() == "/sources") {
      Reply reply = json_reply(status_, "");
      reply.body = body_;
      reply.delay = std::chrono::milliseconds(delay_ms_);
      return reply;
    }
    if (request.path() == "/runbook") return page(admin::runbook(), admin::runbook_policy());
    if (request.path() != "/") return json_reply(404, "{}");
    return page(admin::status_page(), admin::status_page_policy());
  }
  static Reply page(std::string_view html, std::string_view policy) {
    Reply reply;
    reply.status = 200;
    reply.headers = {{"Content-Type", "text/html; charset=utf-8"},
                     {"Content-Security-Policy", std::string(policy)}};
    reply.body = std::make_shared<const std::string>(html);
    return reply;
  }

  std::atomic<std::int64_t> delay_ms_ = 0;
  std::mutex mutex_;  // protects the next two
  std::shared_ptr<const std::string> body_ = std::make_shared<const std::string>();
  std::function<Reply(const Request&)> change_;
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Browser> browser_;
};

// Of the row of a source.
std::string part_of(const std::string& source, const std::string& selector) {
  return "[...document.querySelectorAll('#rows tr')].find((row) => row.querySelector('th b').textContent === "
         "'" +
         source + "').querySelector('" + selector + "')";
}

const std::string states =
    "[...document.querySelectorAll('#rows .badge span:last-child')].map((s) => s.textContent).join(' ')";
const std::string chip_counts =
    "[...document.querySelectorAll('[data-health]')].map((chip) => chip.innerText).join(', ')";

TEST_F(StatusPage, ShowsEverySourceUnderItsPolicy) {
  open(every_state());
  browser().resize(1440, 900);
  EXPECT_EQ(
      names(),
      "acme-floqast globex-tines globex-workato acme-endorlabs acme-captivateiq acme-tines acme-workato");
  EXPECT_EQ(value_of(states), "FAILED UNASSIGNED RUNNING RUNNING RUNNING RUNNING PAUSED");
  const std::string failed = browser().text("#rows tr:first-child");
  for (const char* part : {"tines", "host-4711, partition 3", "10:59:58Z", "3h 11m behind", "12,345",
                           "3 dead letters", "failing"}) {
    EXPECT_THAT(failed, HasSubstr(part));
  }
  const std::string unassigned = browser().text("#rows tr:nth-child(2)");
  for (const char* part : {"nobody", "none yet", "unknown", "no success yet", "No instance polls it."})
    EXPECT_THAT(unassigned, HasSubstr(part));
  EXPECT_EQ(value_of(chip_counts),
            "7 all, 1 failed, 1 unassigned, 1 failing, 1 throttled, 0 unknown, 2 running, 1 paused");
  EXPECT_EQ(value_of("document.title"), "(1 failed) auditstream");
  EXPECT_EQ(browser().text("#live"), "host-4711, as of 2026-11-26 11:00:00Z");
  EXPECT_THAT(browser().text("#about"), HasSubstr("0.1.0 (abc1234) on host-4711, group auditstream"));
  EXPECT_EQ(value_of("[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href')).join(' ')"),
            "runbook metrics connectors?expand=status");
  EXPECT_EQ(value_of("document.querySelector('#kafka').hidden && document.querySelector('#away').hidden"),
            "true");
  // The third minute of acme-tines is its last full one; of its bars three stand, the running one apart.
  EXPECT_EQ(value_of(part_of("acme-tines", "title") + ".textContent"),
            "12 events in the last full minute, at most 40 in one of the last 4");
  EXPECT_EQ(value_of(part_of("acme-tines", ".past") + ".getAttribute('d').split('M').length - 1"), "1");
  EXPECT_THAT(value_of(part_of("acme-tines", ".busy") + ".getAttribute('d')"),
              StartsWith("M58.3 15.6v-15.0"));
  browser().screenshot("page-light");
  EXPECT_THAT(browser().console(), IsEmpty());
}

// What is wrong, since when, and what to do.
TEST_F(StatusPage, SaysSinceWhenASourceFailsAndWhatToDo) {
  open(every_state());
  browser().resize(1440, 900);
  const auto text = [&](const std::string& source, const std::string& selector) {
    return value_of(part_of(source, selector) + ".innerText");
  };
  EXPECT_EQ(text("acme-floqast", ".success"),
            "Failing for 1d 3h\nsince 2026-11-25 07:48:33Z, 1,632 attempts\nlast success 1d 3h ago\nnext "
            "attempt in "
            "20s");
  EXPECT_EQ(
      text("acme-floqast", ".error"),
      "HTTP 401: FloQast at https://api.floqast.app answered 401 Unauthorized: wrong; Do this\n"
      "Remedy: Check api_key: create a new key under Settings > API keys, put it into api_key, and send "
      "SIGHUP. Runbook");
  EXPECT_EQ(text("globex-workato", ".success"),
            "Failing for 40s\nsince 10:59:20Z, 1 attempt\nlast success 1m 0s ago\nnext attempt in 3s");
  EXPECT_THAT(text("acme-endorlabs", ".success"),
              StartsWith("Throttled for 1m 50s\nsince 10:58:10Z, 2 attempts"));
  EXPECT_EQ(text("globex-workato", ".watermark"), "10:59:58Z\n5h 0m ahead: it lies in the future");
  EXPECT_EQ(
      text("acme-captivateiq", ".watermark"),
      "10:59:58Z\n2d 4h behind\nhistory read to 2026-03-01 10:00:00Z; the rest in about 2h 10m, at 13:10:00Z");
  EXPECT_THAT(text("acme-tines", ".watermark"),
              AllOf(HasSubstr("events appear 12m 5s late: overlap 30m is advised"),
                    HasSubstr("1,234 rows outside what was asked for")));
  EXPECT_EQ(text("acme-tines", ".success"), "12s ago\nnext attempt in 18s");
  EXPECT_EQ(value_of(part_of("acme-tines", ".error") + ".hidden"), "true");
  const auto link = [&](const std::string& source) {
    return value_of(part_of(source, ".error a") + ".getAttribute('href')");
  };
  EXPECT_EQ(link("acme-floqast"), "runbook#auditstreamcredentialsrefused");
  EXPECT_EQ(link("globex-tines"), "runbook#auditstreamnoowner");
  EXPECT_EQ(link("globex-workato"), "runbook#auditstreamsourcefailing");
  EXPECT_EQ(link("acme-endorlabs"), "runbook#auditstreamthrottled");
  // A source that runs but does not get on is told apart by words and by a sign, not by its colour alone.
  EXPECT_EQ(text("globex-workato", ".state"), "\u25b2\nRUNNING\nretrying");
}

TEST_F(StatusPage, SaysThatKafkaIsAwayAndShowsNothingAsRunning) {
  std::vector<CannedSource> sources = every_state();
  for (CannedSource& source : sources) source.known = false;
  report(canned_report(sources, kafka_is_away));
  open_address("");
  browser().resize(1440, 900);
  EXPECT_EQ(browser().text("#kafka-says"),
            "Kafka can't be reached since 2026-11-26 10:57:00Z: All broker connections are down <b>");
  EXPECT_THAT(browser().text("#kafka"), HasSubstr("For 3m 0s now."));
  EXPECT_EQ(value_of("document.querySelector('#kafka-says').getAttribute('role')"), "alert");
  EXPECT_EQ(value_of("document.querySelector('#kafka a').getAttribute('href')"),
            "runbook#kafka-and-the-group");
  EXPECT_EQ(value_of(states), "UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN");
  EXPECT_EQ(value_of("document.querySelectorAll('#rows .running').length"), "0");
  EXPECT_EQ(value_of(part_of("acme-tines", ".state") + ".innerText"), "?\nUNKNOWN\nwas RUNNING, resting");
  EXPECT_THAT(value_of(chip_counts),
              HasSubstr("0 failed, 0 unassigned, 0 failing, 0 throttled, 7 unknown, 0 running"));
  EXPECT_EQ(value_of("document.title"), "(Kafka away) auditstream");
  // What was worst is still shown first.
  EXPECT_THAT(names(), StartsWith("acme-floqast globex-tines globex-workato acme-endorlabs "));
  browser().screenshot("page-kafka-away");

  report(canned_report(every_state()));
  wait_for("document.querySelector('#kafka').hidden", "Kafka is back");
  EXPECT_EQ(value_of("document.title"), "(1 failed) auditstream");
  EXPECT_THAT(browser().console(), IsEmpty());
}

TEST_F(StatusPage, SaysThatTheConfigWasRefused) {
  report(canned_report(
      every_state(), kafka_is_there,
      R"({"taken":false,"refused_at":"2026-11-26T10:57:00Z","error":"audit.yaml:7: overlap: \"ten\" <b>"})"));
  open_address("");
  EXPECT_EQ(browser().text("#config-says"),
            "The config was refused at 2026-11-26 10:57:00Z: audit.yaml:7: overlap: \"ten\" <b>");
  EXPECT_EQ(value_of("document.querySelector('#config-says').getAttribute('role')"), "alert");
  EXPECT_EQ(value_of("document.querySelector('#config a').getAttribute('href')"),
            "runbook#auditstreamconfigrefused");
  report(canned_report(every_state()));
  wait_for("document.querySelector('#config').hidden", "it is taken");
  EXPECT_THAT(browser().console(), IsEmpty());
}

TEST_F(StatusPage, AnOlderInstanceTellsLess) {
  report(older_report());
  open_address("");
  EXPECT_EQ(value_of(states), "RUNNING");
  EXPECT_EQ(value_of(part_of("acme", ".success") + ".innerText"), "unknown");
  EXPECT_EQ(value_of("document.querySelector('#kafka').hidden"), "true");
  EXPECT_THAT(browser().console(), IsEmpty());
}

// An instance that hangs gives no answer, and what it said before is soon no longer so.
TEST_F(StatusPage, WhatIsOldIsNotShownAsCurrent) {
  open(every_state());
  EXPECT_EQ(value_of("document.querySelectorAll('#rows .running').length"), "2");
  hang(60s);
  wait_for("!document.querySelector('#away').hidden", "the page notices that no answer comes");
  EXPECT_EQ(value_of(states), "UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN");
  EXPECT_THAT(
      browser().text("#away"),
      AllOf(HasSubstr("(no answer)"), HasSubstr("as of 2026-11-26 11:00:00Z, and may no longer be so")));
  EXPECT_EQ(value_of("document.title"), "(no answer) auditstream");
  hang(0s);
  wait_for("document.querySelector('#away').hidden", "answers come again");
  EXPECT_EQ(value_of("document.querySelectorAll('#rows .running').length"), "2");
}

TEST_F(StatusPage, TheAddressHoldsWhatIsShown) {
  open(every_state());
  browser().resize(1440, 900);
  EXPECT_EQ(value_of("location.search"), "");
  value_of("document.querySelector('[data-health=throttled]').click()");
  EXPECT_EQ(names(), "acme-endorlabs");
  EXPECT_EQ(value_of("location.search"), "?state=throttled");
  value_of("document.querySelector('[data-health=failing]').click()");
  EXPECT_EQ(names(), "globex-workato");
  value_of("document.querySelector('#filter').focus()");
  browser().type("glo");
  EXPECT_EQ(value_of("location.search"), "?state=failing&filter=glo");
  value_of("document.querySelector('[data-health=\"\"]').click()");
  EXPECT_EQ(names(), "globex-tines globex-workato");
  EXPECT_EQ(value_of("location.search"), "?filter=glo");

  open(every_state(), "?state=running&filter=acme&order=lag");
  EXPECT_EQ(names(), "acme-captivateiq acme-tines");
  EXPECT_EQ(value_of("document.querySelector('[data-health=running]').getAttribute('aria-pressed')"), "true");
  EXPECT_EQ(value_of("document.querySelector('#filter').value"), "acme");
  // What is no such thing is of no effect.
  open(every_state(), "?state=%3Cb%3E&order=constructor&filter=%3Cimg%20src=x%3E&else=1");
  EXPECT_EQ(names(), "");
  EXPECT_EQ(value_of("document.querySelector('#filter').value"), "<img src=x>");
  EXPECT_EQ(value_of("document.querySelector('[data-health=\"\"]').getAttribute('aria-pressed')"), "true");
  EXPECT_EQ(value_of("document.querySelector('#order').value"), "state");
  EXPECT_THAT(browser().console(), IsEmpty());
}

TEST_F(StatusPage, PausesAndResumesOnlyWhenConfirmed) {
  std::vector<CannedSource> sources = every_state();
  open(sources);
  browser().resize(1440, 900);
  std::mutex mutex;
  std::vector<std::string> asked;
  on_change([&](const Request& request) {
    const std::lock_guard lock(mutex);
    asked.push_back(request.method + " " + request.target);
    return json_reply(202, "");
  });
  const auto was_asked = [&] {
    const std::lock_guard lock(mutex);
    return asked;
  };
  const std::string button = part_of("acme-tines", ".control button");
  EXPECT_EQ(value_of(button + ".ariaLabel"), "Pause acme-tines");
  value_of(button + ".focus()");
  browser().type(" ");
  EXPECT_EQ(value_of("document.querySelector('#ask').open"), "true");
  EXPECT_EQ(browser().text("#ask-title"), "Pause acme-tines?");
  EXPECT_EQ(value_of("document.querySelector('#ask-token').hidden"), "true");
  browser().screenshot("page-pause");
  value_of("document.querySelector('#ask-no').click()");
  EXPECT_EQ(value_of("document.querySelector('#ask').open"), "false");
  EXPECT_EQ(value_of("document.activeElement === " + button), "true");
  EXPECT_THAT(was_asked(), IsEmpty());

  browser().type(" ");
  value_of("document.querySelector('#ask-yes').click()");
  wait_for("!document.querySelector('#ask').open", "the change is accepted");
  EXPECT_THAT(was_asked(), ElementsAre("PUT /connectors/acme-tines/pause"));
  EXPECT_EQ(value_of(button + ".innerText"), "Pausing ...");
  EXPECT_EQ(value_of("document.querySelector('#news').textContent"), "acme-tines is being paused");
  // It can't be asked twice meanwhile.
  value_of(button + ".click()");
  EXPECT_EQ(value_of("document.querySelector('#ask').open"), "false");
  sources[3].state = "PAUSED";
  sources[3].activity = "paused";
  report(canned_report(sources));
  wait_for(button + ".innerText === 'Resume'", "the change shows");
  value_of(button + ".click()");
  EXPECT_EQ(browser().text("#ask-title"), "Resume acme-tines?");
  value_of("document.querySelector('#ask-yes').click()");
  wait_for("!document.querySelector('#ask').open", "the change is accepted");
  EXPECT_THAT(was_asked(),
              ElementsAre("PUT /connectors/acme-tines/pause", "PUT /connectors/acme-tines/resume"));
  EXPECT_THAT(browser().console(), IsEmpty());
}

TEST_F(StatusPage, AsksForTheTokenWhereTheListenerDoesAndShowsARefusal) {
  open(every_state());
  browser().resize(390, 844);
  on_change([&](const Request& request) {
    const std::string sent(request.header("authorization").value_or(""));
    if (sent == "Bearer s3cret-token-0123") {
      return json_reply(409, R"({"error_code":409,"message":"acme-tines <b>lies</b> in partition 3"})");
    }
    return json_reply(401, R"({"error_code":401,"message":"send Authorization"})");
  });
  value_of(part_of("acme-tines", ".control button") + ".click()");
  value_of("document.querySelector('#ask-yes').click()");
  wait_for("!document.querySelector('#ask-token').hidden", "a token is asked for");
  EXPECT_THAT(browser().text("#ask-error"),
              StartsWith("HTTP 401: this instance takes changes only with its token"));
  EXPECT_EQ(value_of("document.activeElement.id"), "token");
  EXPECT_EQ(value_of("document.querySelector('#token').type"), "password");
  browser().type("wrong\n");
  wait_for("document.querySelector('#ask-error').textContent.includes('not the instance')", "it is refused");
  EXPECT_EQ(value_of("(document.querySelector('#token').value = 'a\u00e9')"), "a\u00e9");
  value_of("document.querySelector('#ask-yes').click()");
  wait_for("document.querySelector('#ask-error').textContent.includes('ASCII')", "it can't be sent");
  value_of("(document.querySelector('#token').value = ' s3cret-token-0123 ')");
  browser().screenshot("page-token");
  value_of("document.querySelector('#ask-yes').click()");
  wait_for("document.querySelector('#ask-error').textContent.includes('409')", "it is refused for good");
  EXPECT_EQ(browser().text("#ask-error"), "HTTP 409: acme-tines <b>lies</b> in partition 3");
  // Nothing of it is kept where others could read it.
  EXPECT_EQ(value_of("location.href.includes('s3cret') || document.cookie || localStorage.length + "
                     "sessionStorage.length"),
            "0");
  EXPECT_EQ(value_of("document.querySelector('#ask').open"), "true");
  stop_server();
  value_of("document.querySelector('#ask-yes').click()");
  wait_for("document.querySelector('#ask-error').textContent === \"The instance can't be reached.\"",
           "nobody is there");
}

TEST_F(StatusPage, MarkupInAnyFieldStaysText) {
  const std::string markup =
      R"(<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>&amp;)";
  open({{.name = "a" + markup, .state = "FAILED", .activity = markup, .error = markup, .owner = markup}});
  EXPECT_EQ(value_of("document.querySelector('#rows .error').textContent"), markup + " Runbook");
  EXPECT_EQ(value_of("document.querySelector('#rows th b').textContent"), "a" + markup);
  EXPECT_EQ(value_of("document.querySelectorAll('#rows img, #rows script').length"), "0");
  EXPECT_EQ(value_of("document.title"), "(1 failed) auditstream");
  EXPECT_THAT(browser().console(), IsEmpty());
}

// What an attacker would need markup for does not run even if it got in.
TEST_F(StatusPage, PolicyForbidsForeignScripts) {
  open(every_state());
  value_of(
      "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = "
      "1'}))");
  EXPECT_EQ(value_of("document.title"), "(1 failed) auditstream");
  EXPECT_THAT(browser().console(), ElementsAre(HasSubstr("Content Security Policy")));
}

TEST_F(StatusPage, FollowsChangesAndSaysThemAloud) {
  std::vector<CannedSource> sources = every_state();
  open(sources);
  EXPECT_EQ(value_of("document.querySelector('#news').textContent"), "");
  value_of(
      "window.row = [...document.querySelectorAll('#rows tr')].find((r) => "
      "r.innerText.includes('acme-tines'))");
  sources[3].state = "FAILED";
  sources[3].error = "forbidden";
  sources[3].error_status = 403;
  sources.pop_back();
  report(canned_report(sources));
  wait_for("document.querySelectorAll('#rows tr').length === 6", "the source that has gone is gone");
  EXPECT_EQ(value_of("document.querySelector('#news').textContent"), "acme-tines is FAILED, was RUNNING");
  EXPECT_EQ(value_of("document.querySelector('#news').getAttribute('role')"), "status");
  EXPECT_EQ(names(), "acme-floqast acme-tines globex-tines acme-endorlabs acme-captivateiq acme-workato");
  // The row itself has moved: a selection or a screen reader's place in it has survived.
  EXPECT_EQ(value_of("window.row.isConnected && window.row.innerText.includes('HTTP 403: forbidden')"),
            "true");
  EXPECT_EQ(value_of("document.title"), "(2 failed) auditstream");
  sources.clear();
  report(canned_report(sources));
  wait_for("document.querySelector('#note').textContent === 'There are no sources.'", "all sources are gone");
  EXPECT_EQ(value_of("document.title"), "auditstream");
}

TEST_F(StatusPage, SaysThatTheServerIsAwayAndGoesOn) {
  std::vector<CannedSource> sources = every_state();
  open(sources);
  EXPECT_EQ(value_of("document.querySelector('#away').hidden"), "true");
  stop_server();
  wait_for("!document.querySelector('#away').hidden", "the page notices that the server is away");
  const std::string away = browser().text("#away");
  EXPECT_THAT(away, ::testing::MatchesRegex(
                        "Not reachable since 20[0-9-]+ [0-9:]+Z \\(no answer\\); trying again every 2 s. "
                        "What is shown is as of 2026-11-26 11:00:00Z.*"));
  EXPECT_EQ(value_of("document.querySelector('#away-says').getAttribute('role')"), "alert");
  EXPECT_EQ(value_of("document.querySelectorAll('#rows tr').length"), "7");
  browser().resize(1360, 640);
  browser().screenshot("page-away");

  status_ = 503;
  start_server();
  wait_for("document.querySelector('#away').textContent.includes('(HTTP 503)')", "the page names the status");
  // It is away for as long as before, whatever the reason is now.
  EXPECT_EQ(browser().text("#away").substr(0, away.find('(')), away.substr(0, away.find('(')));
  report("{\"sources\":");
  status_ = 200;
  wait_for("document.querySelector('#away').textContent.includes(\"(its answer can't be read)\")",
           "the page sees nonsense");
  sources.pop_back();
  report(canned_report(sources));
  wait_for("document.querySelector('#away').hidden", "the page notices that the server is back");
  EXPECT_EQ(value_of("document.querySelectorAll('#rows tr').length"), "6");
}

TEST_F(StatusPage, WorksWithTheKeyboardAlone) {
  open(every_state());
  browser().resize(1440, 900);
  std::string order;
  for (int i = 0; i < 15; ++i) {
    browser().press_tab();
    order += value_of(
        "(document.activeElement.dataset.health ?? document.activeElement.id) || "
        "document.activeElement.ariaLabel || document.activeElement.innerText");
    order += "|";
    EXPECT_EQ(value_of("getComputedStyle(document.activeElement).outlineStyle"), "solid") << order;
    EXPECT_EQ(value_of("getComputedStyle(document.activeElement).outlineWidth"), "3px") << order;
  }
  // "all" has the health "", and so gives its words.
  EXPECT_EQ(order,
            "Runbook|Metrics|Status as JSON|7 "
            "all|failed|unassigned|failing|throttled|unknown|running|paused|filter|"
            "order|Runbook for acme-floqast|Pause acme-floqast|");

  value_of("document.querySelector('[data-health=failed]').focus()");
  browser().screenshot("page-focus");
  browser().type(" ");
  EXPECT_EQ(names(), "acme-floqast");
  EXPECT_EQ(value_of("document.querySelector('[data-health=failed]').getAttribute('aria-pressed')"), "true");
  EXPECT_EQ(value_of("document.activeElement.dataset.health"), "failed");
  value_of("document.querySelector('[data-health=\"\"]').click()");

  value_of("document.querySelector('#filter').focus()");
  browser().type("TINES host-47");
  EXPECT_EQ(names(), "acme-floqast globex-workato acme-endorlabs acme-captivateiq acme-tines acme-workato");
  EXPECT_EQ(value_of("document.querySelector('#caption').textContent"),
            "6 of 7 sources; times are UTC, and of today where no day is given");
  browser().type(" nope");
  EXPECT_EQ(names(), "");
  EXPECT_EQ(browser().text("#note"), "No source matches.");
}

TEST_F(StatusPage, SortsAsAsked) {
  open(every_state());
  const auto sorted_by = [&](const std::string& order) {
    value_of("(document.querySelector('#order').value = '" + order +
             "', document.querySelector('#order').dispatchEvent(new Event('change')))");
    return names();
  };
  EXPECT_EQ(
      sorted_by("name"),
      "acme-captivateiq acme-endorlabs acme-floqast acme-tines acme-workato globex-tines globex-workato");
  EXPECT_EQ(
      sorted_by("lag"),
      "acme-captivateiq acme-floqast acme-workato acme-endorlabs acme-tines globex-workato globex-tines");
  EXPECT_THAT(sorted_by("failing"), StartsWith("acme-floqast acme-endorlabs globex-workato "));
  EXPECT_THAT(sorted_by("rate"), StartsWith("acme-captivateiq "));
  EXPECT_THAT(sorted_by("dead"), StartsWith("acme-floqast "));
  EXPECT_THAT(sorted_by("state"), StartsWith("acme-floqast globex-tines globex-workato "));
}

// What the browser tells a screen reader, in the wide form and in that of cards.
TEST_F(StatusPage, TellsAScreenReaderWhatIsWhat) {
  open(every_state());
  EXPECT_EQ(value_of("document.documentElement.lang"), "en");
  for (const int width : {1440, 1024, 320}) {
    browser().resize(width, 640);
    const rapidjson::Document tree = browser().devtools("Accessibility.getFullAXTree", "{}");
    std::multiset<std::string> roles;
    std::multiset<std::string> named;
    for (const rapidjson::Value& node : tree["nodes"].GetArray()) {
      if (node["ignored"].GetBool()) continue;
      const std::string role = node["role"]["value"].GetString();
      const std::string name = node.HasMember("name") ? node["name"]["value"].GetString() : "";
      roles.insert(role);
      named.insert(role + " " + name);
      for (const char* speaking : {"button", "searchbox", "combobox", "link", "image", "table", "heading",
                                   "navigation", "group", "columnheader", "rowheader", "RootWebArea"}) {
        if (role == speaking) {
          EXPECT_NE(name, "") << role << " without a name at " << width << " px";
        }
      }
    }
    EXPECT_EQ(roles.count("table"), 1u) << width;
    EXPECT_EQ(roles.count("row"), 8u) << width;
    EXPECT_EQ(roles.count("columnheader"), 8u) << width;
    EXPECT_EQ(roles.count("rowheader"), 7u) << width;
    EXPECT_EQ(roles.count("cell"), 46u) << width;  // an empty error is left out
    EXPECT_EQ(roles.count("image"), 5u) << width;  // none where nothing is known
    EXPECT_EQ(roles.count("main"), 1u) << width;
    for (const char* expected :
         {"searchbox Filter", "combobox Order", "group Show sources by state", "button 1 failed",
          "button Pause acme-tines", "button Resume acme-workato", "link Runbook for acme-floqast",
          "columnheader Last error and remedy", "rowheader acme-floqast tines host-4711, partition 3",
          "heading auditstream"}) {
      EXPECT_EQ(named.count(expected), 1u)
          << expected << " at " << width << " px: " << ::testing::PrintToString(named);
    }
  }
}

// Of all text that is seen against what lies behind it, and of all edges of controls. Returns what is too
// weak.
const std::string weak_contrasts = R"js(
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = parts(getComputedStyle(node).backgroundColor);
      if ((color[3] ?? 1) === 1) return color;
    }
    return [255, 255, 255];
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const weak = [];
  let seen = 0;
  const judge = (what, color, node, least) => {
    ++seen;
    const found = contrast(parts(color), behind(node));
    if (found < least) weak.push(`${what}: ${found.toFixed(2)}`);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.checkVisibility() || ['SCRIPT', 'NOSCRIPT', 'title'].includes(node.tagName)) continue;
    judge(walk.currentNode.data.trim(), getComputedStyle(node).color, node, 4.5);
  }
  judge('placeholder', getComputedStyle(document.querySelector('#filter'), '::placeholder').color,
        document.querySelector('#filter'), 4.5);
  for (const node of document.querySelectorAll('button, input, select')) {
    judge('edge of ' + (node.id || node.innerText), getComputedStyle(node).borderTopColor, node.parentElement, 3);
  }
  for (const node of document.querySelectorAll('.past')) judge('chart', getComputedStyle(node).fill, node.closest('td'), 3);
  judge('focus', getComputedStyle(document.documentElement).getPropertyValue('--accent').trim().match(/[\da-f]{2}/g)
      .map((hex) => parseInt(hex, 16)).join(), document.body, 3);
  return seen < 80 ? `only ${seen} looked at` : weak.join('; ');
)js";

TEST_F(StatusPage, ContrastIsEnoughInBothModes) {
  open(every_state());
  stop_server();
  wait_for("!document.querySelector('#away').hidden", "the page notices that the server is away");
  report(canned_report(every_state(), kafka_is_away));
  start_server();
  wait_for("!document.querySelector('#kafka').hidden", "Kafka is away");
  stop_server();
  wait_for("!document.querySelector('#away').hidden", "the page notices that the server is away");
  for (const std::string scheme : {"light", "dark"}) {
    browser().prefer(scheme);
    for (const int width : {1440, 320}) {
      browser().resize(width, 640);
      EXPECT_EQ(browser().run(weak_contrasts), "") << scheme << " at " << width << " px";
      value_of("document.querySelector('.control button').click()");
      value_of("document.querySelector('#ask-yes').click()");
      wait_for("document.querySelector('#ask-error').textContent !== ''", "the dialog has all its parts");
      value_of("(document.querySelector('#ask-token').hidden = false)");
      EXPECT_EQ(browser().run(weak_contrasts), "") << "dialog, " << scheme << " at " << width << " px";
      value_of("document.querySelector('#ask-no').click()");
    }
  }
  EXPECT_EQ(value_of("getComputedStyle(document.body).backgroundColor"), "rgb(15, 20, 26)");
  report(canned_report(every_state()));
  start_server();
  wait_for("document.querySelector('#away').hidden", "the page notices that the server is back");
  browser().resize(1440, 900);
  browser().screenshot("page-dark");
}

TEST_F(StatusPage, FitsEveryWidth) {
  std::vector<CannedSource> sources = every_state();
  sources[2].error += " " + std::string(300, 'x');
  sources[0].name = std::string(64, 'n');
  sources[0].owner = std::string(64, 'o');
  open(sources);
  for (const int width : {320, 390, 768, 1023, 1024, 1280, 1440, 1920}) {
    browser().resize(width, 900);
    EXPECT_EQ(value_of("document.documentElement.scrollWidth <= " + std::to_string(width)), "true")
        << width << " px: " << value_of("document.documentElement.scrollWidth");
    // A table down to 1,024 px: its titles are seen, and a source's cells stand side by side.
    const bool is_table = width >= 1024;
    EXPECT_EQ(value_of("document.querySelector('thead th').getBoundingClientRect().width > 30"),
              is_table ? "true" : "false")
        << width;
    EXPECT_EQ(
        value_of("[...document.querySelectorAll('#rows tr:first-child > :not(.error)')].every((cell) => "
                 "cell.getBoundingClientRect().top === document.querySelector('#rows "
                 ".state').getBoundingClientRect().top)"),
        is_table ? "true" : "false")
        << width;
  }
  open(every_state());
  for (const std::string scheme : {"light", "dark"}) {
    browser().prefer(scheme);
    browser().resize(390, 844);
    browser().screenshot("page-phone-" + scheme);
    browser().resize(768, 1100);
    browser().screenshot("page-tablet-" + scheme);
    browser().resize(1024, 900);
    browser().screenshot("page-1024-" + scheme);
  }
}

// Below what a phone's browser takes for itself there are 664 px of 844.
TEST_F(StatusPage, ThePhonesFirstScreenHasTheFirstSource) {
  open(every_state());
  browser().resize(390, 664);
  const auto bottom_of = [&](const std::string& selector) {
    return std::stod(value_of("document.querySelector('#rows tr:first-child " + selector +
                              "').getBoundingClientRect().bottom"));
  };
  EXPECT_LE(bottom_of(".state"), 400);
  EXPECT_LE(bottom_of(".success"), 500);
  EXPECT_LE(bottom_of(".remedy"), 664);
  // With everything wrong that can be: at least which source it is, how it is, and since when.
  report(canned_report(every_state(), kafka_is_away));
  wait_for("!document.querySelector('#kafka').hidden", "Kafka is away");
  EXPECT_LE(bottom_of(".success"), 664);
}

TEST_F(StatusPage, TenThousandSourcesDontFreezeIt) {
  std::vector<CannedSource> sources;
  for (int i = 0; i < 10000; ++i) {
    sources.push_back(
        {.name = "tenant-" + std::to_string(10000 + i),
         .state = i % 1000 == 7 ? "FAILED" : "RUNNING",
         .per_minute = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]"});
  }
  open(sources);
  value_of(
      "(window.longest = 0, new PerformanceObserver((list) => { for (const task of list.getEntries()) "
      "window.longest = Math.max(window.longest, task.duration); }).observe({type: 'longtask', buffered: "
      "true}))");
  EXPECT_EQ(value_of("document.querySelectorAll('#rows tr').length"), "200");
  EXPECT_THAT(names(), StartsWith("tenant-10007 tenant-11007 "));
  EXPECT_EQ(browser().text("#note"), "9,800 more are hidden: narrow them down with the filter.");
  EXPECT_EQ(browser().text("[data-health=failed]"), "10 failed");
  browser().resize(1360, 640);
  browser().screenshot("page-10000");

  value_of("document.querySelector('#filter').focus()");
  browser().type("tenant-1999");
  EXPECT_EQ(browser().text("#caption"),
            "10 of 10,000 sources; times are UTC, and of today where no day is given");
  EXPECT_EQ(browser().text("#note"), "");

  // Another report comes in and is shown, filter and all.
  for (CannedSource& source : sources) source.state = source.state == "FAILED" ? "RUNNING" : "FAILED";
  report(canned_report(sources));
  wait_for("document.querySelector('[data-health=failed] b').textContent === '9,990'",
           "the new report is shown");
  EXPECT_EQ(value_of("document.querySelector('#news').textContent"),
            "10,000 sources have changed their state, 9,990 of them to FAILED");
  const double longest_ms = std::stod(value_of("window.longest"));
  RecordProperty("longest_task_ms", std::to_string(longest_ms));
  EXPECT_LT(longest_ms, 3000);  // 0.3 s alone; on a machine with much else to do
}

// --- the runbook that the page links to ---

TEST_F(StatusPage, TheRunbookHasEverySectionThatIsLinkedTo) {
  report(canned_report(every_state(), kafka_is_away));
  open_address("");
  std::string links =
      value_of("[...document.querySelectorAll('a[href*=\"#\"]')].map((a) => a.hash.slice(1)).join(' ')");
  links += " auditstreamsourcestopped";  // of a source whose cursor can't be used
  browser().open(origin() + "/runbook#auditstreamthrottled");
  EXPECT_EQ(value_of("document.querySelector('.here').innerText"), "AuditstreamThrottled");
  EXPECT_EQ(value_of("Math.abs(document.querySelector('.here').getBoundingClientRect().top) < 30"), "true");
  EXPECT_EQ(value_of("'" + links + "'.split(' ').filter((id) => !document.getElementById(id)).join(' ')"),
            "");
  // And so do the links within it, and the codes of the log.
  EXPECT_EQ(value_of("[...document.querySelectorAll('main a')].filter((a) => "
                     "!document.getElementById(a.hash.slice(1))).map((a) => a.hash).join(' ')"),
            "");
  EXPECT_EQ(value_of("document.getElementById('config_refused').tagName"), "TR");
  EXPECT_EQ(value_of("document.querySelector('nav a').href"), origin() + "/");
  value_of("(location.hash = '#exit-codes')");
  wait_for("document.querySelector('.here').innerText === 'Exit codes'", "the section is shown");
  EXPECT_THAT(browser().console(), IsEmpty());
}

TEST_F(StatusPage, TheRunbookIsADocument) {
  browser().open(origin() + "/runbook");
  EXPECT_EQ(value_of("document.querySelectorAll('h1').length"), "1");
  EXPECT_EQ(
      value_of(
          "document.querySelectorAll('h3').length > 10 && document.querySelectorAll('table').length > 4"),
      "true");
  // Nothing of Markdown is left where the reader sees it.
  EXPECT_EQ(
      value_of(
          "[...document.querySelectorAll('main > :not(pre)')].map((block) => { block = "
          "block.cloneNode(true); "
          "for (const code of block.querySelectorAll('code')) code.remove(); return block.textContent; })"
          ".filter((text) => /[`|]|\\*\\*|\\]\\(|^#/.test(text)).join('\\n')"),
      "");
  for (const int width : {320, 768, 1440}) {
    browser().resize(width, 900);
    EXPECT_EQ(value_of("document.documentElement.scrollWidth <= " + std::to_string(width)), "true") << width;
  }
  browser().prefer("dark");
  browser().screenshot("runbook-dark");
}

}  // namespace
}  // namespace auditstream::test
