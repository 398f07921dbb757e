// A headless Chromium, driven through chromedriver by the WebDriver protocol. Errors of the driver are
// exceptions.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <vector>

#include "http/curl_client.h"
#include "support/child.h"

namespace auditstream::test {

// Whether both programs are there.
bool has_browser();

class Browser {
 public:
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void open(const std::string& url);

  // Runs the script in the page; what it returns must be a string.
  std::string run(const std::string& script);
  // Of the first element that fits the CSS selector, as it is on the screen; "" if there is none.
  std::string text(const std::string& selector);

  void type(const std::string& keys);
  void press_tab();

  // A command of the DevTools protocol; `parameters` is a JSON object.
  rapidjson::Document devtools(const std::string& command, const std::string& parameters);
  void resize(int width_px, int height_px);
  void prefer(const std::string& color_scheme);

  // What the console has said since the last call: errors of scripts, violations of the policy.
  std::vector<std::string> console();

  // Into build/artifacts/NAME.png.
  void screenshot(const std::string& name);

 private:
  // POSTs a JSON object, or GETs without one; returns the answer's "value" as the root.
  rapidjson::Document call(const std::string& path, const std::string& body);

  TemporaryDirectory profile_;
  Child driver_;
  std::string origin_;
  std::string session_;
  http::CurlClient client_;
};

}  // namespace auditstream::test
