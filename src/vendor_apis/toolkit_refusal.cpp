// The meaning of responses that are not pages, in one place for all vendors, so that the same trouble is
// described in the same words. Bodies are quoted only as excerpts: a vendor may echo the credential.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "auditstream/check.h"
#include "base/certificate.h"
#include "base/json_walk.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::vendor_apis::toolkit {
namespace {

constexpr std::size_t excerpt_max = 80;
constexpr std::size_t markup_max = 16 << 10;  // a title is near the beginning

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

bool in_token(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_-+=").find(c) != std::string_view::npos;
}

// How vendors number their errors: capital letters, then digits, such as E0000011 or ORA-00942.
bool looks_like_a_code(std::string_view token) {
  constexpr std::size_t letters_max = 6, all_max = 12;
  const auto in = [](char first, char last) { return [=](char c) { return c >= first && c <= last; }; };
  const auto letters = std::ranges::find_if_not(token, in('A', 'Z'));
  const auto digits = letters != token.end() && (*letters == '-' || *letters == '_') ? letters + 1 : letters;
  return letters != token.begin() && letters - token.begin() <= std::ptrdiff_t{letters_max} &&
         token.size() <= all_max && std::all_of(digits, token.end(), in('0', '9'));
}

// Keys and tokens are long, or mix letters with digits; ordinary words do neither.
bool looks_secret(std::string_view token) {
  if (looks_like_a_code(token)) return false;
  const bool digits =
      std::any_of(token.begin(), token.end(), [](unsigned char c) { return std::isdigit(c); });
  const bool letters =
      std::any_of(token.begin(), token.end(), [](unsigned char c) { return std::isalpha(c); });
  return token.size() >= 24 || (token.size() >= 8 && digits && letters);
}

// The position of `wanted`, which is in lower case, in the text, ignoring case; or npos.
std::size_t find_word(std::string_view text, std::string_view wanted, std::size_t from) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())),
                                 text.end(), wanted.begin(), wanted.end(), same);
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

// The text between the tags, without comments, style and scripts.
std::string without_tags(std::string_view markup) {
  std::string text;
  for (std::size_t at = 0; at < markup.size();) {
    const std::size_t tag = std::min(markup.find('<', at), markup.size());
    text += markup.substr(at, tag - at);
    text += ' ';
    std::size_t end = markup.find('>', tag);
    for (const auto& [opening, closing] : {std::pair<std::string_view, std::string_view>{"<!--", "-->"},
                                           {"<style", "</style>"},
                                           {"<script", "</script>"}}) {
      if (find_word(markup.substr(tag, opening.size()), opening, 0) != 0) continue;
      end = find_word(markup, closing, tag);
      if (end != std::string_view::npos) end += closing.size() - 1;
    }
    at = end == std::string_view::npos ? markup.size() : end + 1;
  }
  return text;
}

// What a person would read first on an HTML or XML page: its title, otherwise its text.
std::string words_of_page(std::string_view page) {
  page = page.substr(0, markup_max);
  const std::size_t tag = find_word(page, "<title", 0);
  const std::size_t begin = page.find('>', std::min(tag, page.size()));
  if (begin != std::string_view::npos) {
    const std::string_view title = page.substr(begin + 1, page.find('<', begin) - begin - 1);
    if (!blank(title)) return std::string(title);
  }
  return without_tags(page);
}

// ", which says: ...", or "".
std::string said(std::string_view body) {
  const std::string words = excerpt(body);
  return words.empty() ? "" : ": " + words;
}

std::string host(const Source& source, const Remedies& remedies) {
  return std::string(remedies.title) + " at " + source.base_url;
}

std::string certificate_remedy(http::CertificateFault fault) {
  switch (fault) {
    case http::CertificateFault::authority:
      return "Set ca_file to the certificate of your private CA. If you have none, check base_url and proxy: another "
             "server answers.";
    case http::CertificateFault::name:
      return "Check base_url and proxy: another server answers.";
    case http::CertificateFault::expired:
      return "Its owner has to renew it, or this machine's clock is wrong (NTP).";
    case http::CertificateFault::not_yet_valid:
      return "This machine's clock is wrong (NTP), or the certificate was put in place too early.";
    case http::CertificateFault::ours:
      return "Check base_url and proxy: no vendor asks for one.";
    case http::CertificateFault::none:
    case http::CertificateFault::other:
      return "Set ca_file to the certificate of your private CA, or check base_url and proxy.";
  }
  AS_CHECK(false);
}

Refusal no_answer(const Source& source, const http::Response& response, const Remedies& remedies) {
  Refusal refusal;
  refusal.kind = RefusalKind::transient;
  refusal.remedy = std::string(remedies.unreachable);
  std::string what;
  switch (response.transport) {
    case http::Transport::none:
      break;
    case http::Transport::dns:
      what = "the host has no address";
      break;
    case http::Transport::connect:
      what = "no connection";
      break;
    case http::Transport::timeout:
      what = "no answer in time";
      break;
    case http::Transport::reset:
      what = "the connection broke before the answer was complete";
      refusal.remedy =
          "Nothing to change: it is asked again. If it lasts, check the network, proxy and page_size.";
      break;
    case http::Transport::tls:
      what = "no secure connection: " + std::string(certificate_words(response.certificate));
      refusal.remedy = certificate_remedy(response.certificate);
      break;
    case http::Transport::proxy:
      what = "the proxy is unreachable or refuses";
      refusal.remedy = "Check proxy, or HTTPS_PROXY and NO_PROXY in the environment.";
      break;
    case http::Transport::too_large:
      what = "the answer is larger than the response limit";
      refusal.kind = RefusalKind::too_large;
      refusal.remedy = "Set page_size to less than " + std::to_string(source.page_size) + ".";
      break;
    case http::Transport::encoding:
      what = "its answer is packed in a way that can't be undone";
      refusal.kind = RefusalKind::malformed;
      refusal.remedy =
          "Check base_url and proxy: whatever answers there must send gzip, as it is asked to, or nothing "
          "packed.";
      break;
  }
  using http::Transport;
  refusal.unreached = response.transport == Transport::dns || response.transport == Transport::connect ||
                      response.transport == Transport::tls || response.transport == Transport::proxy;
  refusal.message = host(source, remedies) + " can't be read: " + what;
  if (!response.transport_detail.empty()) refusal.message += " (" + response.transport_detail + ")";
  return refusal;
}

}  // namespace

std::string excerpt(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_page = first != std::string_view::npos && text[first] == '<';
  const std::string words = is_page ? words_of_page(text.substr(first)) : std::string();
  const std::string_view seen = (is_page ? std::string_view(words) : text).substr(0, 16 * excerpt_max);
  std::string out;
  for (std::size_t i = 0; i < seen.size() && out.size() < excerpt_max;) {
    if (in_token(seen[i])) {
      const std::size_t end =
          static_cast<std::size_t>(std::find_if_not(seen.begin() + i, seen.end(), in_token) - seen.begin());
      const std::string_view token = seen.substr(i, end - i);
      out += looks_secret(token) ? "..." : token;
      i = end;
    } else {
      const bool visible = std::isgraph(static_cast<unsigned char>(seen[i]));
      if (visible) out += seen[i];
      if (!visible && !out.empty() && out.back() != ' ') out += ' ';
      ++i;
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out.substr(0, excerpt_max);
}

std::optional<Duration> retry_after(const http::Response& response) {
  const std::optional<std::string_view> header = response.header("retry-after");
  if (!header) return std::nullopt;
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), count);
  if (error == std::errc{} && end == header->data() + header->size()) return std::chrono::seconds(count);
  const std::optional<Time> until = parse_http_date(*header);
  const std::optional<Time> sent = parse_http_date(response.header("date").value_or(""));
  if (!until || !sent) return std::nullopt;
  return std::max(*until - *sent, Duration::zero());
}

Refusal malformed(const Source& source, const http::Response& response, const Remedies& remedies,
                  std::string_view what) {
  return malformed(source, response, remedies, what, *response.body);
}

Refusal malformed(const Source& source, const http::Response& response, const Remedies& remedies,
                  std::string_view what, std::string_view quoted) {
  Refusal refusal;
  refusal.kind = RefusalKind::malformed;
  refusal.status = response.status;
  refusal.message = host(source, remedies) + " " + std::string(what) + " (status " +
                    std::to_string(response.status) + ", content-type " +
                    excerpt(response.header("content-type").value_or("not given")) + ")" + said(quoted);
  refusal.remedy = "Check base_url and proxy: this is not what the audit log's API answers.";
  return refusal;
}

Refusal classify(const Source& source, const http::Response& response, const Remedies& remedies) {
  if (response.transport != http::Transport::none) return no_answer(source, response, remedies);
  const int status = response.status;
  Refusal refusal;
  refusal.status = status;
  refusal.retry_after = retry_after(response);
  refusal.message = host(source, remedies) + " answered " + std::to_string(status);

  const std::string_view body = *response.body;
  if ((status == 401 || status == 403) && !blank(body) && !json::is_json(body)) {
    refusal.kind = RefusalKind::transient;
    refusal.firewall = true;
    refusal.message += " with a firewall's page, not the API's" + said(body);
    refusal.remedy =
        "Let this machine's address through the firewall in front of the API, or check base_url and proxy.";
  } else if (status == 401) {
    refusal.kind = RefusalKind::unauthorized;
    refusal.message += " Unauthorized" + said(body);
    refusal.remedy = std::string(remedies.unauthorized);
  } else if (status == 403) {
    refusal.kind = RefusalKind::forbidden;
    refusal.message += " Forbidden" + said(body);
    refusal.remedy = std::string(remedies.forbidden);
  } else if (status == 404) {
    refusal.kind = RefusalKind::not_found;
    refusal.message += " Not Found" + said(body);
    refusal.remedy = std::string(remedies.not_found);
  } else if (status == 429 || (status == 503 && refusal.retry_after)) {
    refusal.kind = RefusalKind::throttled;
    refusal.message += status == 429 ? " Too Many Requests" : " Service Unavailable, come back later";
    refusal.remedy = std::string(remedies.throttled);
  } else if (status == 408 || status >= 500) {
    refusal.kind = RefusalKind::transient;
    refusal.message += said(body);
    refusal.remedy = "Nothing to change: it is asked again. If it lasts, look at the vendor's status page.";
  } else {
    refusal = malformed(source, response, remedies, "gave an answer that is not expected");
    if (const std::string to = origin_of(response.header("location").value_or("")); !to.empty()) {
      refusal.message += ", a redirect to " + to;
    }
  }
  return refusal;
}

}  // namespace auditstream::vendor_apis::toolkit
