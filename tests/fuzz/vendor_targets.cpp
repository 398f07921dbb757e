// What vendors answer: any status, headers and body, after any token. One target for each vendor.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "auditstream/check.h"
#include "base/hash.h"
#include "base/json_walk.h"
#include "base/printable.h"
#include "core/answer.h"
#include "fuzz/fields.h"
#include "fuzz/target.h"
#include "vendor_apis/given.h"
#include "vendor_apis/registry.h"
#include "vendor_apis/transcript.h"

namespace auditstream::fuzz {
namespace {

constexpr std::string_view white_space = " \t\r\n";

unsigned number_of(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The sources of its transcripts, so that an input says by a number which settings it is read with. All look
// for the actor.
std::vector<Source> sources_of(const Vendor& vendor) {
  std::vector<Source> sources;
  for (const vendor_apis::Transcript& transcript : vendor_apis::transcripts_of(vendor))
    sources.emplace_back(transcript.source).key = "actor";
  return sources;
}

std::string response_text(std::size_t source, const vendor_apis::Exchange& exchange) {
  std::string text =
      "source: " + std::to_string(source) + "\nstatus: " + std::to_string(exchange.response.status) + "\n";
  if (!exchange.ask.token.empty()) text += "token: " + exchange.ask.token + "\n";
  if (exchange.ask.probe) text += "probe: true\n";
  for (const http::Header& header : exchange.response.headers)
    text += header.name + ": " + header.value + "\n";
  return text + "\n" + *exchange.response.body;
}

// The answer with its first event repeated; nothing where it has none.
std::optional<vendor_apis::Exchange> enlarged(const Vendor& vendor, const Source& source,
                                              vendor_apis::Exchange exchange) {
  const Answer answer = vendor.read(source, exchange.ask, exchange.response);
  const Page* page = std::get_if<Page>(&answer);
  if (page == nullptr || page->events.empty()) return std::nullopt;
  const std::string event = std::string(page->events.front().raw) + ",";
  std::string body = *exchange.response.body;
  const auto at =
      static_cast<std::size_t>(page->events.front().raw.data() - page->events.front().body->data());
  while (body.size() < large_seed) body.insert(at, event);
  exchange.response.body = std::make_shared<const std::string>(std::move(body));
  return exchange;
}

std::vector<std::string> seeds_of(const Vendor& vendor) {
  std::vector<std::string> seeds;
  std::size_t source = 0;
  for (const vendor_apis::Transcript& transcript : vendor_apis::transcripts_of(vendor)) {
    for (const vendor_apis::Exchange& exchange : transcript.exchanges)
      seeds.push_back(response_text(source, exchange));
    if (const auto large = enlarged(vendor, transcript.source, transcript.exchanges.front())) {
      seeds.push_back(response_text(source, *large));
    }
    ++source;
  }
  const std::string secret = vendor_apis::secret_texts(vendor).front();
  seeds.push_back("status: 401\ncontent-type: text/html\nx-request-id: " + secret +
                  "\n\n<p>no such key: " + secret + "</p>");
  seeds.push_back("status: 400\nretry-after: 120\ndate: Fri, 20 Nov 2026 12:00:00 GMT\n\n{\"message\":\"" +
                  secret + "\"}");
  seeds.push_back("transport: 3\ndetail: handshake failed\n\n");
  seeds.push_back("transport: 7\ndetail: Content-Encoding \"" + secret + "\"\n\n");
  if (vendor.exchanges_token()) {
    seeds.push_back(
        "exchange: true\nstatus: 200\n\n{\"token\":\"a.eyJleHAiOjE4MDAwMDAwMDB9.c\",\"ttl\":\"14400s\"}");
    seeds.push_back(
        "exchange: true\nstatus: 200\n\n{\"token\":\"x\",\"expirationTime\":\"2026-11-20T16:00:00Z\"}");
    seeds.push_back("exchange: true\nstatus: 401\n\n{\"code\":16,\"message\":\"" + secret + "\"}");
  }
  return seeds;
}

void expect_sane(const Refusal& refusal, const Secrets& sent) {
  for (const auto& [name, secret] : sent) {
    for (const std::string* text : {&refusal.message, &refusal.remedy, &refusal.request_id}) {
      AS_CHECK(text->find(secret.reveal()) == std::string::npos);
    }
  }
  AS_CHECK(!refusal.message.empty());
  AS_CHECK(!refusal.retry_after || *refusal.retry_after >= Duration{0});
}

// A comma, or the elements that the source leaves out between two.
void expect_separator(std::string_view between) {
  const std::size_t first = between.find_first_not_of(white_space);
  const std::size_t last = between.find_last_not_of(white_space);
  AS_CHECK(first != std::string_view::npos && between[first] == ',' && between[last] == ',');
  if (first == last) return;
  AS_CHECK(json::is_json("[" + std::string(between.substr(first + 1, last - first - 1)) + "]"));
}

// Every event is a slice of the body, in its order.
void expect_verbatim(const Page& page) {
  const char* end_of_last = nullptr;
  for (const Event& event : page.events) {
    AS_CHECK(event.body != nullptr && !event.raw.empty() && !event.id.empty());
    const std::string& body = *event.body;
    AS_CHECK(event.raw.data() >= body.data() &&
             event.raw.data() + event.raw.size() <= body.data() + body.size());
    if (end_of_last != nullptr) {
      AS_CHECK(event.raw.data() > end_of_last);
      expect_separator({end_of_last, event.raw.data()});
    }
    end_of_last = event.raw.data() + event.raw.size();
    if (event.time) AS_CHECK(parse_rfc3339(format_rfc3339(*event.time)).ok());
    AS_CHECK(event.actor.size() <= 256 && event.actor == printable(event.actor));
    const std::string_view action = event.action();
    AS_CHECK(action.size() <= 128 && action == printable(action, Charset::ascii));
  }
}

bool same(const Page& a, const Page& b) {
  const auto same_event = [](const Event& x, const Event& y) {
    return x.id == y.id && x.time == y.time && x.raw == y.raw;
  };
  return a.next == b.next && a.total == b.total &&
         std::equal(a.events.begin(), a.events.end(), b.events.begin(), b.events.end(), same_event);
}

http::Response response_from(const Fields& fields) {
  http::Response response = vendor_apis::given_response(static_cast<int>(number_of(fields["status"]) % 1000),
                                                        std::string(fields.rest));
  if (const unsigned transport = number_of(fields["transport"]) % 9; transport != 0) {
    response =
        vendor_apis::given_failure(static_cast<http::Transport>(transport), std::string(fields["detail"]));
  }
  for (const auto& [name, value] : fields.list) response.headers.push_back({name, value});
  return response;
}

void read_as(const Vendor& vendor, const std::vector<Source>& sources, std::string_view input) {
  const Fields fields = fields_of(input);
  const Source& source = sources[number_of(fields["source"]) % sources.size()];
  const http::Response response = response_from(fields);
  const Secrets secrets = vendor_apis::given_secrets(vendor);
  const std::optional<Token> token = vendor_apis::given_token(vendor);
  PageRequest ask = vendor_apis::any_ask(vendor, std::string(fields["token"]));
  ask.probe = vendor.traits().probe && !fields["probe"].empty();
  if (vendor.exchanges_token() && !fields["exchange"].empty()) {
    const auto read = core::read_token(vendor, source, secrets, response, ask.now);
    if (const auto* refusal = std::get_if<Refusal>(&read)) expect_sane(*refusal, secrets);
    return;
  }
  const Answer answer = core::read_answer(vendor, source, secrets, token, ask, response);
  if (const auto* refusal = std::get_if<Refusal>(&answer)) {
    Secrets sent = secrets;
    if (token) sent.emplace("token", token->value);
    return expect_sane(*refusal, sent);
  }
  const Page& page = std::get<Page>(answer);
  expect_verbatim(page);
  // A pure function, and a token that it gave can be asked for.
  const Answer again = core::read_answer(vendor, source, secrets, token, ask, response);
  AS_CHECK(std::holds_alternative<Page>(again) && same(page, std::get<Page>(again)));
  if (page.next.empty()) return;
  ask.token = page.next;
  const http::Request request = vendor.request(source, secrets, token, ask);
  AS_CHECK(request.url.starts_with("https://"));
  for (const unsigned char c : request.url) AS_CHECK(c > 0x20 && c < 0x7f);
}

}  // namespace

std::vector<Target> vendor_targets() {
  std::vector<Target> made;
  for (const Vendor* vendor : vendor_apis::vendors()) {
    made.push_back({"vendor_" + std::string(vendor->name()),
                    [vendor, sources = sources_of(*vendor)](std::string_view input) {
                      read_as(*vendor, sources, input);
                    },
                    [vendor] { return seeds_of(*vendor); }});
  }
  return made;
}

}  // namespace auditstream::fuzz
