#include "vendor_apis/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "paths.h"
#include "vendor_apis/given.h"

namespace auditstream::vendor_apis {
namespace {

struct Section {
  std::string name;
  std::vector<std::string> lines;
};

std::vector<Section> read_sections(const std::string& file) {
  std::vector<Section> sections;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    bool header = false;
    for (const char* name : {"[source]", "[ask]", "[request]", "[response ", "[page]", "[refusal "}) {
      header = header || line.starts_with(name);
    }
    if (header)
      sections.push_back({line.substr(1, line.size() - 2), {}});
    else if (!sections.empty())
      sections.back().lines.push_back(line);
  }
  return sections;
}

std::pair<std::string, std::string> key_and_value(const std::string& line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string::npos) return {line.substr(0, line.find(':')), ""};
  return {line.substr(0, colon), line.substr(colon + 2)};
}

Settings settings_of(const Section& section) {
  Settings settings;
  for (const std::string& line : section.lines) {
    if (!line.empty()) settings.insert(key_and_value(line));
  }
  return settings;
}

Time time_of(const std::string& text) {
  const Result<Time> time = parse_rfc3339(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.ok() ? *time : Time{};
}

Duration duration_of(const std::string& text) {
  const Result<Duration> duration = parse_duration(text);
  EXPECT_TRUE(duration.ok()) << text;
  return duration.ok() ? *duration : Duration{};
}

PageRequest ask_of(const Section& section, const Source& source) {
  PageRequest ask;
  ask.page_size = source.page_size;
  ask.now = ask.latest = time_of("2026-11-20T12:00:00Z");
  for (const auto& [name, value] : settings_of(section)) {
    if (name == "from")
      ask.from = time_of(value);
    else if (name == "to")
      ask.to = time_of(value);
    else if (name == "token")
      ask.token = value;
    else if (name == "page_size")
      ask.page_size = static_cast<std::uint32_t>(std::stoul(value));
    else if (name == "now")
      ask.now = ask.latest = time_of(value);
    else if (name == "probe")
      ask.probe = value == "true";
    else
      ADD_FAILURE() << "an ask has no " << name;
  }
  return ask;
}

std::string joined(std::vector<std::string>::const_iterator begin,
                   std::vector<std::string>::const_iterator end) {
  std::string text;
  for (auto line = begin; line != end; ++line) text += (line == begin ? "" : "\n") + *line;
  return text;
}

http::Response response_of(const Section& section) {
  const auto blank = std::find(section.lines.begin(), section.lines.end(), "");
  std::vector<http::Header> headers;
  for (auto line = section.lines.begin(); line != blank; ++line) {
    auto [name, value] = key_and_value(*line);
    headers.push_back({name, value});
  }
  const std::string body = blank == section.lines.end() ? "" : joined(blank + 1, section.lines.end());
  return given_response(std::stoi(section.name.substr(section.name.find(' '))), body, headers);
}

ExpectedEvent event_of(const std::string& line) {
  std::istringstream words(line);
  std::string time;
  ExpectedEvent event;
  words >> event.id >> time;
  if (time != "-") event.time = time_of(time);
  for (std::optional<std::string>* text : {&event.action, &event.actor}) {
    if (std::string word; words >> word) *text = word == "-" ? "" : word;
  }
  return event;
}

ExpectedPage page_of(const Section& section) {
  ExpectedPage page;
  for (const std::string& line : section.lines) {
    const auto [name, value] = key_and_value(line);
    if (name == "event") {
      page.events.push_back(event_of(value));
    } else if (name == "next") {
      page.next = value;
    } else if (name == "total") {
      page.total = std::stoull(value);
    } else if (!line.empty()) {
      ADD_FAILURE() << "a page has no " << name;
    }
  }
  return page;
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Transcript read_transcript(const Vendor& vendor, const std::string& file) {
  Transcript transcript{file, any_source(vendor), {}};
  Exchange exchange;
  bool asked = false;
  for (const Section& section : read_sections(file)) {
    if (section.name == "source") {
      transcript.source = given_source(vendor, settings_of(section));
    } else if (section.name == "ask") {
      exchange.ask = ask_of(section, transcript.source);
      asked = true;
    } else if (section.name == "request") {
      exchange.request = trimmed(joined(section.lines.begin(), section.lines.end()));
      EXPECT_TRUE(asked) << file << ": a request before any ask";
    } else if (section.name.starts_with("response ")) {
      exchange.response = response_of(section);
    } else if (section.name == "page") {
      exchange.expected = page_of(section);
      transcript.exchanges.push_back(exchange);
      exchange.ask.token = std::get<ExpectedPage>(exchange.expected).next;
    } else {
      ExpectedRefusal refusal{section.name.substr(section.name.find(' ') + 1), section.lines, {}};
      std::erase(refusal.words, "");
      std::erase_if(refusal.words, [&](const std::string& line) {
        const auto [name, value] = key_and_value(line);
        if (name == "retry_after") refusal.retry_after = duration_of(value);
        return name == "retry_after";
      });
      exchange.expected = refusal;
      transcript.exchanges.push_back(exchange);
    }
  }
  EXPECT_FALSE(transcript.exchanges.empty()) << file << " holds no exchange";
  return transcript;
}

namespace {

void replace_all(std::string& text, const std::string& old, const std::string& by) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + by.size())) {
    text.replace(at, old.size(), by);
  }
}

}  // namespace

std::string request_text(const Vendor& vendor, const http::Request& request) {
  std::string text = (request.method == http::Method::get ? "GET " : "POST ") + request.url;
  for (const http::Header& header : request.headers) text += "\n" + header.name + ": " + header.value;
  if (!request.body.empty()) text += "\n\n" + request.body;
  for (const auto& [name, secret] : given_secrets(vendor))
    replace_all(text, secret.reveal(), "{" + name + "}");
  if (const auto token = given_token(vendor)) replace_all(text, token->value.reveal(), "{token}");
  return text;
}

std::vector<Transcript> transcripts_of(const Vendor& vendor) {
  const std::filesystem::path folder =
      std::filesystem::path(PROJECT_DIR) / "tests/vendor_apis/transcripts" / std::string(vendor.name());
  std::vector<std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<Transcript> transcripts;
  for (const std::string& file : files) transcripts.push_back(read_transcript(vendor, file));
  return transcripts;
}

}  // namespace auditstream::vendor_apis
