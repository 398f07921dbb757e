#include "vendor_apis/transcript_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "base/hash.h"
#include "vendor_apis/given.h"

namespace auditstream::vendor_apis {
namespace {

using ::testing::HasSubstr;

std::string words_of(const Refusal& refusal) { return refusal.message + " | " + refusal.remedy; }

// Every event is a slice of the body, and between two slices there is nothing but a comma and white space.
void expect_verbatim(const Page& page, const http::Response& response) {
  const std::string& body = *response.body;
  const auto between = [](const char* begin, const char* end) {
    std::string text;
    std::copy_if(begin, end, std::back_inserter(text), [](unsigned char c) { return std::isspace(c) == 0; });
    return text;
  };
  const char* end_of_last = nullptr;
  for (const Event& event : page.events) {
    ASSERT_EQ(event.body, response.body);
    ASSERT_GE(event.raw.data(), body.data());
    ASSERT_LE(event.raw.data() + event.raw.size(), body.data() + body.size());
    if (end_of_last != nullptr) {
      EXPECT_EQ(between(end_of_last, event.raw.data()), ",");
    }
    end_of_last = event.raw.data() + event.raw.size();
  }
  if (page.events.empty()) return;
  const char* begin = page.events.front().raw.data();
  while (std::isspace(static_cast<unsigned char>(*--begin)) != 0) continue;
  EXPECT_EQ(*begin, '[');
  while (std::isspace(static_cast<unsigned char>(*end_of_last)) != 0) ++end_of_last;
  EXPECT_EQ(*end_of_last, ']');
}

void expect_page(const ExpectedPage& expected, const Page& page) {
  ASSERT_EQ(page.events.size(), expected.events.size());
  for (std::size_t i = 0; i < page.events.size(); ++i) {
    const Event& event = page.events[i];
    const ExpectedEvent& wanted = expected.events[i];
    EXPECT_EQ(event.id, wanted.id == "#" ? hash_hex(event.raw) : wanted.id) << i;
    EXPECT_EQ(event.time, wanted.time) << i;
  }
  EXPECT_EQ(page.next, expected.next);
  EXPECT_EQ(page.total, expected.total);
}

void expect_refusal(const ExpectedRefusal& expected, const Refusal& refusal) {
  EXPECT_EQ(to_string(refusal.kind), expected.kind) << words_of(refusal);
  if (expected.retry_after) {
    EXPECT_EQ(refusal.retry_after, expected.retry_after);
  }
  for (const std::string& word : expected.words) EXPECT_THAT(words_of(refusal), HasSubstr(word));
}

void expect_exchange(const Vendor& vendor, const Source& source, const Exchange& exchange) {
  const http::Request request =
      vendor.request(source, given_secrets(vendor), given_token(vendor), exchange.ask);
  EXPECT_EQ(request_text(vendor, request), exchange.request);
  const Answer answer = vendor.read(source, exchange.ask, exchange.response);
  if (const auto* page = std::get_if<Page>(&answer)) {
    ASSERT_TRUE(std::holds_alternative<ExpectedPage>(exchange.expected)) << "a page, but none was expected";
    expect_page(std::get<ExpectedPage>(exchange.expected), *page);
    expect_verbatim(*page, exchange.response);
  } else {
    const Refusal& refusal = std::get<Refusal>(answer);
    ASSERT_TRUE(std::holds_alternative<ExpectedRefusal>(exchange.expected)) << words_of(refusal);
    expect_refusal(std::get<ExpectedRefusal>(exchange.expected), refusal);
  }
}

}  // namespace

void expect_as_it_says(const Vendor& vendor, const Transcript& transcript) {
  for (const Exchange& exchange : transcript.exchanges) {
    SCOPED_TRACE(transcript.file + " token \"" + exchange.ask.token + "\"");
    expect_exchange(vendor, transcript.source, exchange);
  }
}

}  // namespace auditstream::vendor_apis
