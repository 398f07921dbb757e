// A transcript: what one vendor is asked and what it answers, as a text file, with what has to be made of it.
// The format is described in transcripts/README.md.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "auditstream/vendor.h"

namespace auditstream::vendor_apis {

struct ExpectedEvent {
  std::string id;  // "#": the hash of the raw event
  std::optional<Time> time;
  std::optional<std::string> action{};  // what happened; "": the event doesn't say; nothing: not compared
  std::optional<std::string> actor{};   // who acted, likewise
};

struct ExpectedPage {
  std::vector<ExpectedEvent> events;
  std::string next;
  std::optional<std::uint64_t> total;
};

struct ExpectedRefusal {
  std::string kind;
  std::vector<std::string> words;  // each must stand in the message or the remedy
  std::optional<Duration> retry_after{};
};

struct Exchange {
  PageRequest ask;
  std::string request;  // as request_text() spells it
  http::Response response;
  std::variant<ExpectedPage, ExpectedRefusal> expected;
};

struct Transcript {
  std::string file;
  Source source;
  std::vector<Exchange> exchanges;
};

// "GET https://...\nName: value\n", then a blank line and the body if there is one. Secrets appear as
// {setting}.
std::string request_text(const Vendor& vendor, const http::Request& request);

// What can't be read fails the test.
Transcript read_transcript(const Vendor& vendor, const std::string& file);

// All transcripts of the vendor's folder, in the order of their names. What can't be read fails the test.
std::vector<Transcript> transcripts_of(const Vendor& vendor);

}  // namespace auditstream::vendor_apis
