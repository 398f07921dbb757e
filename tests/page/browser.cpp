#include "page/browser.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <regex>
#include <stdexcept>
#include <utility>

#include "auditstream/json.h"
#include "paths.h"
#include "support/until.h"

namespace auditstream::test {
namespace {

constexpr const char* chromium = "/usr/bin/chromium";
constexpr const char* chromedriver = "/usr/bin/chromedriver";

http::Response exchange(http::CurlClient& client, http::Request request) {
  client.send(1, std::move(request));
  while (true) {
    for (auto& [id, response] : client.wait(1s)) return std::move(response);
  }
}

std::string base64_decoded(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(digits.find(c));
    count += 6;
    if (count >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return bytes;
}

std::string key_action(const std::string& type, const std::string& key) {
  return R"({"type":")" + type + R"(","value":)" + key + "}";
}

}  // namespace

bool has_browser() { return access(chromium, X_OK) == 0 && access(chromedriver, X_OK) == 0; }

Browser::Browser() : driver_({chromedriver, "--port=0"}), client_({}, "page_tests") {
  const std::regex started(R"(started successfully on port (\d+))");
  origin_ = until("chromedriver starts", 30s, [&]() -> std::optional<std::string> {
              std::smatch found;
              const std::string said = driver_.out();
              if (!std::regex_search(said, found, started)) return std::nullopt;
              return "http://127.0.0.1:" + found[1].str();
            }).value();
  std::string arguments;
  // With a pipe instead of a port Chromium ends when the driver does, whatever happens to the test.
  for (const std::string& argument : std::vector<std::string>{
           "--remote-debugging-pipe", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
           "--no-first-run", "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir=" + profile_.path().string()}) {
    arguments += (arguments.empty() ? "" : ",") + json::quote(argument);
  }
  const rapidjson::Document opened =
      call("/session", R"({"capabilities":{"alwaysMatch":{"goog:loggingPrefs":{"browser":"ALL"},)"
                       R"("goog:chromeOptions":{"binary":")" +
                           std::string(chromium) + R"(","args":[)" + arguments + "]}}}}");
  session_ = std::string("/session/") + opened["sessionId"].GetString();
}

Browser::~Browser() {
  try {
    http::Request shutdown;
    shutdown.url = origin_ + "/shutdown";
    exchange(client_, std::move(shutdown));
    driver_.wait(10s);
  } catch (const std::exception&) {
    // Then it is killed, and takes Chromium with it.
  }
}

rapidjson::Document Browser::call(const std::string& path, const std::string& body) {
  http::Request request;
  request.method = body.empty() ? http::Method::get : http::Method::post;
  request.url = origin_ + path;
  request.body = body;
  const http::Response response = exchange(client_, std::move(request));
  if (response.status != 200) {
    throw std::runtime_error("chromedriver " + path + ": " + response.transport_detail + *response.body);
  }
  rapidjson::Document answer;
  answer.Parse(response.body->c_str(), response.body->size());
  rapidjson::Document value;
  value.CopyFrom(answer["value"], value.GetAllocator());
  return value;
}

void Browser::open(const std::string& url) { call(session_ + "/url", "{\"url\":" + json::quote(url) + "}"); }

std::string Browser::run(const std::string& script) {
  const rapidjson::Document value =
      call(session_ + "/execute/sync", "{\"args\":[],\"script\":" + json::quote(script) + "}");
  if (!value.IsString()) throw std::runtime_error("the script gives no string: " + script);
  return value.GetString();
}

std::string Browser::text(const std::string& selector) {
  return run("return document.querySelector(" + json::quote(selector) + ")?.innerText ?? ''");
}

void Browser::type(const std::string& keys) {
  std::string actions;
  for (const char key : keys) {
    const std::string quoted = json::quote(std::string(1, key));
    actions +=
        (actions.empty() ? "" : ",") + key_action("keyDown", quoted) + "," + key_action("keyUp", quoted);
  }
  call(session_ + "/actions", R"({"actions":[{"type":"key","id":"keyboard","actions":[)" + actions + "]}]}");
}

void Browser::press_tab() {
  const std::string tab = R"("\uE004")";
  call(session_ + "/actions", R"({"actions":[{"type":"key","id":"keyboard","actions":[)" +
                                  key_action("keyDown", tab) + "," + key_action("keyUp", tab) + "]}]}");
}

rapidjson::Document Browser::devtools(const std::string& command, const std::string& parameters) {
  return call(session_ + "/goog/cdp/execute",
              "{\"cmd\":" + json::quote(command) + ",\"params\":" + parameters + "}");
}

void Browser::resize(int width_px, int height_px) {
  devtools("Emulation.setDeviceMetricsOverride",
           "{\"width\":" + std::to_string(width_px) + ",\"height\":" + std::to_string(height_px) +
               ",\"deviceScaleFactor\":" + (width_px < 500 ? "2,\"mobile\":true}" : "1,\"mobile\":false}"));
}

void Browser::prefer(const std::string& color_scheme) {
  devtools("Emulation.setEmulatedMedia",
           R"({"features":[{"name":"prefers-color-scheme","value":")" + color_scheme + "\"}]}");
}

std::vector<std::string> Browser::console() {
  const rapidjson::Document entries = call(session_ + "/se/log", R"({"type":"browser"})");
  std::vector<std::string> messages;
  for (const rapidjson::Value& entry : entries.GetArray())
    messages.emplace_back(entry["message"].GetString());
  return messages;
}

void Browser::screenshot(const std::string& name) {
  const rapidjson::Document image = call(session_ + "/screenshot", "");
  const std::filesystem::path folder = std::filesystem::path(BUILD_DIR) / "artifacts";
  std::filesystem::create_directories(folder);
  write_file(folder / (name + ".png"), base64_decoded(image.GetString()));
}

}  // namespace auditstream::test
