#include "bench/fetch.h"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace auditstream::bench {
namespace {

constexpr std::size_t page_bytes = 500 * 800;
constexpr int patience_ms = 1000;

struct Connection {
  CURL* easy = nullptr;
  std::string body;
};

std::size_t append(char* data, std::size_t, std::size_t size, void* to) noexcept {
  auto& body = *static_cast<std::string*>(to);
  if (body.empty()) body.reserve(page_bytes);
  body.append(data, size);
  return size;
}

class Fetch {
 public:
  Fetch(const std::string& url, std::uint64_t pages, unsigned connections)
      : url_(url), pages_(pages), multi_(curl_multi_init()), connections_(connections) {
    for (Connection& connection : connections_) {
      connection.easy = curl_easy_init();
      curl_easy_setopt(connection.easy, CURLOPT_PROXY, "");
      curl_easy_setopt(connection.easy, CURLOPT_WRITEFUNCTION, append);
      curl_easy_setopt(connection.easy, CURLOPT_WRITEDATA, &connection.body);
      curl_easy_setopt(connection.easy, CURLOPT_PRIVATE, &connection);
      ask(connection);
    }
  }
  ~Fetch() {
    for (Connection& connection : connections_) {
      curl_multi_remove_handle(multi_, connection.easy);
      curl_easy_cleanup(connection.easy);
    }
    curl_multi_cleanup(multi_);
  }
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  void run(const std::function<void(std::string&)>& on_page) {
    while (answered_ < pages_) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) take(*message, on_page);
      if (answered_ < pages_) curl_multi_poll(multi_, nullptr, 0, patience_ms, nullptr);
    }
  }

 private:
  void ask(Connection& connection) {
    if (asked_ == pages_) return;
    const std::string url = url_ + std::to_string(++asked_);
    curl_easy_setopt(connection.easy, CURLOPT_URL, url.c_str());
    curl_multi_add_handle(multi_, connection.easy);
  }

  void take(const CURLMsg& message, const std::function<void(std::string&)>& on_page) {
    CURL* const easy = message.easy_handle;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (message.data.result != CURLE_OK || status != 200) {
      throw std::runtime_error("page " + std::to_string(asked_) + ": " +
                               curl_easy_strerror(message.data.result) + ", HTTP " + std::to_string(status));
    }
    char* mark = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &mark);
    auto& connection = *reinterpret_cast<Connection*>(mark);
    curl_multi_remove_handle(multi_, easy);
    ++answered_;
    on_page(connection.body);
    connection.body.clear();
    ask(connection);
  }

  const std::string url_;
  const std::uint64_t pages_;
  CURLM* const multi_;

  std::vector<Connection> connections_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace

void fetch_pages(const std::string& url, std::uint64_t pages, unsigned connections,
                 const std::function<void(std::string& body)>& on_page) {
  Fetch(url, pages, connections).run(on_page);
}

}  // namespace auditstream::bench
