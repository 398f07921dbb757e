// The status page in a real browser, under the policy that is sent with it, against canned reports.
#include "ops/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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
  void open(const std::vector<CannedSource>& sources) {
    report(canned_report(sources));
    browser().open(server_->origin() + "/");
    wait_for("document.querySelectorAll('#rows tr').length > 0", "the rows come");
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
    if (request.path() == "/sources") {
      const std::lock_guard lock(mutex_);
      Reply reply = json_reply(status_, "");
      reply.body = body_;
      return reply;
    }
    Reply reply;
    reply.status = request.path() == "/" ? 200 : 404;
    reply.headers = {{"Content-Type", "text/html; charset=utf-8"},
                     {"Content-Security-Policy", std::string(ops::status_page_policy())}};
    reply.body = std::make_shared<const std::string>(ops::status_page());
    return reply;
  }

  std::mutex mutex_;
  std::shared_ptr<const std::string> body_ = std::make_shared<const std::string>();  // protected by mutex_
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Browser> browser_;
};

TEST_F(StatusPage, ShowsEverySourceUnderItsPolicy) {
  open(every_state());
  browser().resize(1360, 640);
  EXPECT_EQ(names(), "acme-floqast globex-tines acme-endorlabs acme-captivateiq acme-tines acme-workato");
  EXPECT_EQ(value_of("[...document.querySelectorAll('#rows .badge span:last-child')].map((s) => "
                     "s.textContent).join(' ')"),
            "FAILED UNASSIGNED RUNNING RUNNING RUNNING PAUSED");
  const std::string failed = browser().text("#rows tr:first-child");
  for (const char* part : {"tines", "host-4711", "partition 3", "2026-11-26 10:59:58Z", "3h 11m behind",
                           "12,345", "HTTP 401: FloQast refuses the API key. Remedy: create a new key"}) {
    EXPECT_THAT(failed, HasSubstr(part));
  }
  EXPECT_THAT(failed, Not(HasSubstr("HTTP 401: HTTP 401")));
  const std::string unassigned = browser().text("#rows tr:nth-child(2)");
  for (const char* part : {"nobody", "none yet", "unknown"}) EXPECT_THAT(unassigned, HasSubstr(part));
  EXPECT_EQ(value_of("[...document.querySelectorAll('[data-state] b')].map((b) => b.textContent).join(' ')"),
            "6 1 1 3 1");
  EXPECT_EQ(value_of("document.title"), "(1 failed) auditstream");
  EXPECT_THAT(browser().text("#about"), HasSubstr("0.1.0 (abc1234) on host-4711, group auditstream"));
  EXPECT_EQ(value_of("[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href')).join(' ')"),
            "metrics connectors?expand=status");
  // The third minute of acme-tines is its last full one; of its bars three stand, the running one apart.
  EXPECT_EQ(value_of("document.querySelector('#rows tr:nth-child(5) title').textContent"),
            "12 events in the last full minute, at most 40 in one of the last 4");
  EXPECT_EQ(
      value_of(
          "document.querySelector('#rows tr:nth-child(5) .past').getAttribute('d').split('M').length - 1"),
      "1");
  EXPECT_THAT(value_of("document.querySelector('#rows tr:nth-child(5) .running').getAttribute('d')"),
              StartsWith("M58.3 15.6v-15.0"));
  browser().screenshot("page-light");
  EXPECT_THAT(browser().console(), IsEmpty());
}

TEST_F(StatusPage, MarkupInAnyFieldStaysText) {
  const std::string markup =
      R"(<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>&amp;)";
  open({{.name = "a" + markup, .state = "FAILED", .activity = markup, .error = markup, .owner = markup}});
  EXPECT_EQ(value_of("document.querySelector('#rows .error').textContent"), markup);
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
  sources[3].error = "HTTP 403: forbidden";
  sources.pop_back();
  report(canned_report(sources));
  wait_for("document.querySelectorAll('#rows tr').length === 5", "the source that has gone is gone");
  EXPECT_EQ(value_of("document.querySelector('#news').textContent"), "acme-tines is FAILED, was RUNNING");
  EXPECT_EQ(value_of("document.querySelector('#news').getAttribute('role')"), "status");
  EXPECT_EQ(names(), "acme-floqast acme-tines acme-endorlabs acme-captivateiq acme-workato");
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
                        "What is shown is as of 2026-11-26 11:00:00Z."));
  EXPECT_EQ(value_of("document.querySelector('#away').getAttribute('role')"), "alert");
  EXPECT_EQ(value_of("document.querySelectorAll('#rows tr').length"), "6");
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
  EXPECT_EQ(value_of("document.querySelectorAll('#rows tr').length"), "5");
}

TEST_F(StatusPage, WorksWithTheKeyboardAlone) {
  open(every_state());
  browser().resize(1360, 640);
  std::string order;
  for (int i = 0; i < 9; ++i) {
    browser().press_tab();
    order += value_of(
        "(document.activeElement.dataset.state ?? document.activeElement.id) || "
        "document.activeElement.innerText");
    order += "|";
    EXPECT_EQ(value_of("getComputedStyle(document.activeElement).outlineStyle"), "solid") << order;
    EXPECT_EQ(value_of("getComputedStyle(document.activeElement).outlineWidth"), "3px") << order;
  }
  // "all" has the state "", and so gives its words.
  EXPECT_EQ(order, "Metrics|Status as JSON|6 all|FAILED|UNASSIGNED|RUNNING|PAUSED|filter|order|");

  value_of("document.querySelector('[data-state=FAILED]').focus()");
  browser().screenshot("page-focus");
  browser().type(" ");
  EXPECT_EQ(names(), "acme-floqast");
  EXPECT_EQ(value_of("document.querySelector('[data-state=FAILED]').getAttribute('aria-pressed')"), "true");
  EXPECT_EQ(value_of("document.activeElement.dataset.state"), "FAILED");
  value_of("document.querySelector('[data-state=\"\"]').click()");

  value_of("document.querySelector('#filter').focus()");
  browser().type("TINES host-47");
  EXPECT_EQ(names(), "acme-floqast acme-endorlabs acme-captivateiq acme-tines acme-workato");
  EXPECT_EQ(value_of("document.querySelector('#caption').textContent"), "5 of 6 sources; all times are UTC");
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
  EXPECT_EQ(sorted_by("name"),
            "acme-captivateiq acme-endorlabs acme-floqast acme-tines acme-workato globex-tines");
  EXPECT_EQ(sorted_by("lag"),
            "acme-captivateiq acme-floqast acme-workato acme-endorlabs acme-tines globex-tines");
  EXPECT_THAT(sorted_by("rate"), StartsWith("acme-captivateiq "));
  EXPECT_THAT(sorted_by("dead"), StartsWith("acme-floqast "));
  EXPECT_THAT(sorted_by("state"), StartsWith("acme-floqast globex-tines acme-endorlabs "));
}

// What the browser tells a screen reader, in the wide form and in that of cards.
TEST_F(StatusPage, TellsAScreenReaderWhatIsWhat) {
  open(every_state());
  EXPECT_EQ(value_of("document.documentElement.lang"), "en");
  for (const int width : {1360, 320}) {
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
    EXPECT_EQ(roles.count("row"), 7u) << width;
    EXPECT_EQ(roles.count("columnheader"), 8u) << width;
    EXPECT_EQ(roles.count("rowheader"), 6u) << width;
    EXPECT_GE(roles.count("cell"), 37u) << width;  // in cards an empty error is left out
    EXPECT_EQ(roles.count("image"), 6u) << width;
    EXPECT_EQ(roles.count("main"), 1u) << width;
    for (const char* expected : {"searchbox Filter", "combobox Order", "group Show sources by state",
                                 "button 1 failed", "rowheader acme-floqast tines", "heading auditstream"}) {
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
  for (const std::string scheme : {"light", "dark"}) {
    browser().prefer(scheme);
    for (const int width : {1360, 320}) {
      browser().resize(width, 640);
      EXPECT_EQ(browser().run(weak_contrasts), "") << scheme << " at " << width << " px";
    }
  }
  EXPECT_EQ(value_of("getComputedStyle(document.body).backgroundColor"), "rgb(15, 20, 26)");
  start_server();
  wait_for("document.querySelector('#away').hidden", "the page notices that the server is back");
  browser().resize(1360, 640);
  browser().screenshot("page-dark");
}

TEST_F(StatusPage, FitsAPhone) {
  std::vector<CannedSource> sources = every_state();
  sources[2].error += " " + std::string(300, 'x');
  sources[0].name = std::string(64, 'n');
  sources[0].owner = std::string(64, 'o');
  open(sources);
  for (const std::string scheme : {"light", "dark"}) {
    browser().prefer(scheme);
    for (const int width : {320, 390, 768, 1024, 1280, 1290, 1920}) {
      browser().resize(width, 900);
      EXPECT_EQ(value_of("document.documentElement.scrollWidth <= " + std::to_string(width)), "true")
          << width << " px: " << value_of("document.documentElement.scrollWidth");
    }
    browser().resize(320, 1400);
    browser().screenshot("page-phone-" + scheme);
    browser().resize(768, 1100);
    browser().screenshot("page-tablet-" + scheme);
  }
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
  EXPECT_EQ(browser().text("[data-state=FAILED]"), "10 failed");
  browser().resize(1360, 640);
  browser().screenshot("page-10000");

  value_of("document.querySelector('#filter').focus()");
  browser().type("tenant-1999");
  EXPECT_EQ(browser().text("#caption"), "10 of 10,000 sources; all times are UTC");
  EXPECT_EQ(browser().text("#note"), "");

  // Another report comes in and is shown, filter and all.
  for (CannedSource& source : sources) source.state = source.state == "FAILED" ? "RUNNING" : "FAILED";
  report(canned_report(sources));
  wait_for("document.querySelector('[data-state=FAILED] b').textContent === '9,990'",
           "the new report is shown");
  EXPECT_EQ(value_of("document.querySelector('#news').textContent"),
            "10,000 sources have changed their state, 9,990 of them to FAILED");
  const double longest_ms = std::stod(value_of("window.longest"));
  RecordProperty("longest_task_ms", std::to_string(longest_ms));
  EXPECT_LT(longest_ms, 1000);  // on a machine that does other things as well
}

}  // namespace
}  // namespace auditstream::test
