// bench_limit: how fast the machine is without a connector: fetching, publishing, and both.
#include <CLI/CLI.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "bench/fetch.h"
#include "bench/slice.h"
#include "bench/topic.h"
#include "bench/transaction.h"
#include "bench/usage.h"

namespace {

using namespace auditstream::bench;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t page_events = 500;
constexpr std::size_t queued_pages_max = 64;
constexpr int partitions = 6;

struct Arguments {
  std::string api;
  std::string bootstrap;
  std::string topic;
  std::uint64_t events = 1'000'000;
  unsigned connections = 1;
  std::size_t per_transaction = 10'000;
  bool bare = false;

  std::uint64_t pages() const { return events / page_events; }
  std::string page_url() const { return api + "/api/v1/audit_logs?per_page=500&page="; }
};

void report(std::uint64_t events, double seconds) {
  std::printf("events=%llu seconds=%.3f cpu=%.3f rss_mb=%.1f\n", static_cast<unsigned long long>(events),
              seconds, cpu_seconds(), peak_rss_mb());
}

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void fetch(const Arguments& arguments) {
  const auto start = Clock::now();
  fetch_pages(arguments.page_url(), arguments.pages(), arguments.connections, [](std::string&) {});
  report(arguments.pages() * page_events, since(start));
}

// The same page again and again, each time with ids of its own.
void produce(const Arguments& arguments) {
  std::string body;
  fetch_pages(arguments.page_url(), 1, 1, [&](std::string& page) { body = std::move(page); });
  const Page page = slice(std::move(body));
  create_topic(arguments.bootstrap, arguments.topic, partitions);
  Transactions transactions(arguments.bootstrap, arguments.topic, arguments.per_transaction, !arguments.bare);
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < arguments.events; ++i) {
    Event event = page.events[i % page.events.size()];
    const std::string id = std::to_string(1'000'000'000 + i);
    event.id = id;
    transactions.produce(event);
  }
  transactions.finish();
  report(transactions.committed(), since(start));
}

// Pages on their way from the thread that fetches to the one that publishes.
class PageQueue {
 public:
  void put(Page page) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pages_.size() < queued_pages_max; });
    pages_.push_back(std::move(page));
    changed_.notify_all();
  }
  void end(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    error_ = error;
    changed_.notify_all();
  }
  // Nothing at the end; throws what ended it.
  std::optional<Page> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !pages_.empty() || ended_; });
    if (error_) std::rethrow_exception(error_);
    if (pages_.empty()) return std::nullopt;
    Page page = std::move(pages_.front());
    pages_.pop_front();
    changed_.notify_all();
    return page;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Page> pages_;
  bool ended_ = false;
  std::exception_ptr error_;
};

// One thread fetches and slices, so that the API is asked while a transaction commits.
void both(const Arguments& arguments) {
  create_topic(arguments.bootstrap, arguments.topic, partitions);
  Transactions transactions(arguments.bootstrap, arguments.topic, arguments.per_transaction, !arguments.bare);
  PageQueue queue;
  const auto start = Clock::now();
  std::jthread fetcher([&] {
    try {
      fetch_pages(arguments.page_url(), arguments.pages(), arguments.connections,
                  [&](std::string& body) { queue.put(slice(std::move(body))); });
      queue.end(nullptr);
    } catch (...) {
      queue.end(std::current_exception());
    }
  });
  while (const auto page = queue.take()) {
    for (const Event& event : page->events) transactions.produce(event);
  }
  transactions.finish();
  report(transactions.committed(), since(start));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "The limits that no connector can pass on this machine. Prints events, seconds, CPU seconds, peak "
      "RSS.");
  app.require_subcommand(1);
  app.add_option("--api", arguments.api, "where bench_api listens, http://127.0.0.1:PORT")->required();
  app.add_option("--events", arguments.events)->capture_default_str();
  app.add_option("--connections", arguments.connections)->capture_default_str();
  app.add_option("--bootstrap", arguments.bootstrap, "Kafka's address");
  app.add_option("--topic", arguments.topic, "a topic that does not exist yet");
  app.add_option("--per-transaction", arguments.per_transaction, "events")->capture_default_str();
  app.add_flag("--bare", arguments.bare, "records without headers");
  app.add_subcommand("fetch", "fetch and discard")->callback([&] { fetch(arguments); });
  app.add_subcommand("produce", "publish in transactions")->callback([&] { produce(arguments); });
  app.add_subcommand("both", "fetch, slice and publish")->callback([&] { both(arguments); });
  app.fallthrough();
  try {
    CLI11_PARSE(app, argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_limit: %s\n", error.what());
    return 1;
  }
}
