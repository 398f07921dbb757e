#include "probe/transcript.h"

#include <algorithm>
#include <memory>

#include "auditstream/vendor.h"
#include "base/hash.h"
#include "base/url.h"

namespace auditstream::probe {
namespace {

constexpr std::size_t body_bytes_max = 128 << 10;
constexpr std::size_t all_bytes_max = 4 << 20;
constexpr std::size_t words_max = 60;  // of a refusal's message

Secrets placeholders(const Vendor& vendor) {
  Secrets secrets;
  for (const Setting& setting : vendor.settings()) {
    if (setting.type == Setting::Type::secret)
      secrets.emplace(setting.name, Secret("{" + setting.name + "}"));
  }
  return secrets;
}

// Whether the format's lines can hold it as a word.
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f'; });
}

// A line that the format would take for the beginning of a section.
bool has_section(std::string_view body) {
  for (const std::string_view name :
       {"\n[source]", "\n[ask]", "\n[request]", "\n[response ", "\n[page]", "\n[refusal "}) {
    if (("\n" + std::string(body)).find(name) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string Transcript::source_text() const {
  const Source& source = redaction_.source();
  std::string text = "[source]\nbase_url: " + source.base_url + "\n";
  for (const auto& [name, value] : source.settings) text += name + ": " + value + "\n";
  for (const auto& [name, values] : source.lists) {
    text += name + ": ";
    for (const std::string& value : values) text += (&value == &values.front() ? "" : ",") + value;
    text += "\n";
  }
  if (!source.time_field.empty()) text += "time_field: " + source.time_field + "\n";
  return text;
}

void Transcript::add(const Exchanged& exchanged) {
  ++left_out_;
  const http::Response& response = exchanged.response;
  if (!exchanged.as_the_engine || response.transport != http::Transport::none ||
      response.body->size() > body_bytes_max || sections_.size() > all_bytes_max)
    return;
  redaction_.hide(exchanged.secrets, exchanged.token);
  const Source& source = redaction_.source();
  PageRequest ask = exchanged.ask;
  const std::size_t address = ask.token.find("http");
  ask.token = address == std::string::npos
                  ? redaction_.text(ask.token)
                  : ask.token.substr(0, address) + redaction_.address(ask.token.substr(address));
  ask.latest = ask.now;
  const std::optional<Token> token =
      api_->exchanges_token() ? std::optional(Token{Secret("{token}"), Time::max()}) : std::nullopt;
  // Made anew, so that it is what the vendor's file makes of what is written here.
  const http::Request request = api_->request(source, placeholders(*api_), token, ask);
  redaction_.know_path(request.url);
  http::Response shown;
  shown.status = response.status;
  shown.body = std::make_shared<const std::string>(redaction_.body(*response.body));
  for (const http::Header& header : response.headers) {
    if (header.name == "location") {
      shown.headers.push_back({header.name, redaction_.address(header.value)});
    } else if (header.name == "content-type") {
      const std::string type = lower(header.value.substr(0, header.value.find(';')));
      constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz/+-.";
      if (type.find_first_not_of(letters) == type.npos) shown.headers.push_back({header.name, type});
    } else if (header.name == "date" || header.name == "retry-after") {
      const bool is_number = header.value.find_first_not_of("0123456789") == header.value.npos;
      if (is_number || parse_http_date(header.value)) shown.headers.push_back({header.name, header.value});
    }
  }
  if (has_section(*shown.body)) return;

  std::string text = "[ask]\nfrom: " + format_rfc3339(ask.from) + "\n";
  if (ask.to) text += "to: " + format_rfc3339(*ask.to) + "\n";
  if (!ask.token.empty()) text += "token: " + ask.token + "\n";
  text += "page_size: " + std::to_string(ask.page_size) + "\nnow: " + format_rfc3339(ask.now) + "\n";
  if (ask.probe) text += "probe: true\n";
  text += "[request]\n" + std::string(request.method == http::Method::get ? "GET " : "POST ") + request.url +
          "\n";
  for (const http::Header& header : request.headers) text += header.name + ": " + header.value + "\n";
  text += "[response " + std::to_string(shown.status) + "]\n";
  for (const http::Header& header : shown.headers) text += header.name + ": " + header.value + "\n";
  text += "\n" + *shown.body + "\n";

  const Answer answer = api_->read(source, ask, shown);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer)) {
    text += "[refusal " + std::string(to_string(refusal->kind)) + "]\n";
    const std::string words = refusal->message.substr(0, std::min(refusal->message.find('\n'), words_max));
    if (!words.empty()) text += words + "\n";
    if (refusal->retry_after) text += "retry_after: " + format_duration(*refusal->retry_after) + "\n";
  } else {
    const Page& page = std::get<Page>(answer);
    text += "[page]\n";
    for (const Event& event : page.events) {
      const std::string id = event.id == hash_hex(event.raw) ? "#" : event.id;
      if (!is_word(id)) return;
      text += "event: " + id + " " + (event.time ? format_rfc3339(*event.time) : "-") + "\n";
    }
    if (!page.next.empty()) text += "next: " + page.next + "\n";
    if (page.total) text += "total: " + std::to_string(*page.total) + "\n";
  }
  sections_ += text;
  ++exchanges_;
  --left_out_;
}

std::string Transcript::text() const {
  return "# Seen by `auditstream probe`: " + std::to_string(exchanges_) + " exchanges with " +
         std::string(api_->title()) + "; " + std::to_string(left_out_) +
         " are left out (with bounds of the probe's own, without a response, or too large).\n" +
         source_text() + sections_;
}

}  // namespace auditstream::probe
