// The only file that includes curl. Behaviour of libcurl 7.88 (Debian 12) that shaped it:
// * It keeps a certificate store, an address and a connection for as long as they are used, whatever the file
//   and the name server say by now: each has a lifetime here, and a route's own CA file goes in as bytes.
// * curl's own queue for connection limits counts waiting against the time-out and retries one transfer at a
//   time (curl #2369, #18056), so the line stands here and curl never has more than it may run.
// * A certificate store is cached between connections only if there is a CA bundle and no CA path; Debian's
//   default has both and parses 144 certificates (24 ms of CPU) for each new connection.
// * Ending a transfer joins its getaddrinfo thread (curl #8515): one host with a dead resolver would stop all
//   others. CURLOPT_QUICK_EXIT detaches the thread instead; it frees its own memory when it ends.
#include "http/curl_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <utility>

#include "auditstream/check.h"
#include "base/certificate.h"
#include "base/url.h"
#include "http/unpacking.h"

namespace auditstream::http {
namespace {

constexpr std::size_t headers_max = 256;
constexpr std::size_t header_bytes_max = 64 << 10;
constexpr long trickle_bytes_per_second = 64;
constexpr int unacknowledged_ms_max = 30'000;

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

void* new_multi() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  AS_CHECK(ready == CURLE_OK);
  CURLM* const multi = curl_multi_init();
  AS_CHECK(multi != nullptr);
  return multi;
}

std::string system_ca_bundle() {
  const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
  return info->cainfo == nullptr ? std::string{} : std::string{info->cainfo};
}

// There is no sensible way to continue if libcurl refuses an option or is out of memory.
template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  AS_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

long milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<long>(std::clamp<std::int64_t>(count, 0, INT_MAX));
}

long seconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string result = text;
  curl_free(text);
  return result;
}

// `name` in lower case.
bool has_header(const Request& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [name](const Header& header) { return lower(header.name) == name; });
}

// A line break in a value (say, a key file with two lines) would let the value add headers of its own.
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// Whether curl may take a part of a password for the host, in any of the proxies that it would use: then its
// messages about the host quote it.
bool has_ambiguous_proxy(const std::string& configured) {
  if (has_ambiguous_user(configured)) return true;
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && has_ambiguous_user(value)) return true;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

}  // namespace

// One exchange. Easy handles are reused: making one costs more than resetting it.
struct CurlClient::Transfer {
  const std::unique_ptr<CURL, EasyDeleter> easy{curl_easy_init()};

  RequestId id = 0;
  Request request;  // curl sends its body from here
  std::string host;
  std::unique_ptr<curl_slist, SlistDeleter> header_list;
  std::string origin;
  bool running = false;
  std::shared_ptr<const std::string> ca;  // curl reads the route's CAs from here
  std::unique_ptr<curl_slist, SlistDeleter> addresses_to_forget;
  std::size_t body_bytes_max = 0;
  long trickle_seconds = 0;

  std::shared_ptr<BodyPool> bodies;
  std::optional<Unpacker> unpacker;  // set at the first byte of the body
  bool undecodable = false;
  std::string body;
  std::vector<Header> headers;
  std::size_t header_bytes = 0;  // of all blocks and trailers, so that an endless "100 Continue" ends too
  bool block_ended = false;
  bool too_many_headers = false;
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> error{};

  bool read_header(std::string_view line);
  bool read_body(std::string_view bytes);
  Response response(CURLcode code);

 private:
  std::string header_list_of(std::string_view name) const;
  Transport failure(CURLcode code) const;
  std::string words(CURLcode code) const;
  bool wants_our_certificate() const;
  CertificateFault certificate_at_fault(CURLcode code) const;
};

// Keeps only the headers of the last block: earlier blocks are those of "100 Continue" or a proxy, and
// headers after the body are trailers.
bool CurlClient::Transfer::read_header(std::string_view line) {
  header_bytes += line.size();
  too_many_headers = header_bytes > header_bytes_max;
  if (too_many_headers) return false;
  if (line.starts_with("HTTP/")) {
    headers.clear();
    block_ended = false;
    return true;
  }
  if (trimmed(line).empty()) {
    block_ended = true;
    return true;
  }
  if (block_ended) return true;
  too_many_headers = headers.size() == headers_max;
  if (too_many_headers) return false;

  const std::size_t colon = line.find(':');
  if (line.front() == ' ' || line.front() == '\t') {
    if (!headers.empty()) headers.back().value.append(" ").append(trimmed(line));
  } else if (colon != std::string_view::npos) {
    headers.push_back(
        Header{lower(trimmed(line.substr(0, colon))), std::string{trimmed(line.substr(colon + 1))}});
  }
  return true;
}

// The values of all headers of that name, joined as one list.
std::string CurlClient::Transfer::header_list_of(std::string_view name) const {
  std::string list;
  for (const Header& header : headers) {
    if (header.name == name) list += (list.empty() ? "" : ",") + header.value;
  }
  return list;
}

bool CurlClient::Transfer::read_body(std::string_view bytes) {
  if (!unpacker) {
    unpacker.emplace(header_list_of("content-encoding"));
    curl_off_t length = -1;
    curl_easy_getinfo(easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    // Not above the limit: CURLOPT_MAXFILESIZE_LARGE has refused longer ones.
    body = bodies->take(length > 0 ? static_cast<std::size_t>(length) : 0);
    // Only from the first byte on: before, while the vendor thinks, the timeout applies.
    set(easy.get(), CURLOPT_LOW_SPEED_LIMIT, trickle_bytes_per_second);
    set(easy.get(), CURLOPT_LOW_SPEED_TIME, trickle_seconds);
  }
  const Unpacker::Verdict verdict = unpacker->append(bytes, body, body_bytes_max);
  too_large = verdict == Unpacker::Verdict::too_large;
  undecodable = verdict == Unpacker::Verdict::undecodable;
  return verdict == Unpacker::Verdict::fine;
}

// With TLS 1.3 a server refuses the client's certificate, or its absence, only after the handshake.
bool CurlClient::Transfer::wants_our_certificate() const {
  const std::string said = lower(error.data());
  return said.find("alert") != std::string::npos && said.find("certificate") != std::string::npos;
}

Transport CurlClient::Transfer::failure(CURLcode code) const {
  if (undecodable) return Transport::encoding;
  if (code == CURLE_OK) return Transport::reset;  // the body is complete, its compressed content is not
  const std::string said = lower(error.data());
  long connect_status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_HTTP_CONNECTCODE, &connect_status);
  if (connect_status >= 300 || said.starts_with("proxy connect")) return Transport::proxy;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Transport::dns;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return Transport::proxy;
    case CURLE_COULDNT_CONNECT:
      // Only by naming the host or not does 7.88 tell whether the proxy could not be reached.
      return said.empty() || said.find(host) != std::string::npos ? Transport::connect : Transport::proxy;
    case CURLE_OPERATION_TIMEDOUT:
      return Transport::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_USE_SSL_FAILED:
      return Transport::tls;
    case CURLE_FILESIZE_EXCEEDED:
      return Transport::too_large;
    case CURLE_WRITE_ERROR:
      return too_large ? Transport::too_large : Transport::reset;
    default:
      return wants_our_certificate() ? Transport::tls : Transport::reset;
  }
}

CertificateFault CurlClient::Transfer::certificate_at_fault(CURLcode code) const {
  long verdict = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_SSL_VERIFYRESULT, &verdict);
  // The name is compared by curl itself, after OpenSSL has found the rest good; until curl has noted OpenSSL's
  // verdict, it is 1, which stands for nothing.
  if (code == CURLE_PEER_FAILED_VERIFICATION && verdict <= 1) return CertificateFault::name;
  if (code == CURLE_PEER_FAILED_VERIFICATION) return certificate_fault(static_cast<int>(verdict));
  return wants_our_certificate() ? CertificateFault::ours : CertificateFault::none;
}

// curl's own message, or a general one if that might contain a secret: a proxy's URL (its '@' follows a
// password), a query, a header.
std::string CurlClient::Transfer::words(CURLcode code) const {
  if (too_large || code == CURLE_FILESIZE_EXCEEDED) {
    return "the answer is larger than " + std::to_string(body_bytes_max) + " bytes";
  }
  if (too_many_headers) return "the answer's headers exceed 256 or 64 KiB";
  if (undecodable) return unpacker->complaint();
  if (code == CURLE_OK) return "the packed body ends before its end";
  if (code == CURLE_SSL_CACERT_BADFILE && ca) {
    return "the CA file " + request.route->ca_file + " holds no certificates that can be read";
  }
  const std::string said = error.data();
  const std::size_t query = request.url.find('?');
  const auto betrays = [&said](std::string_view secret) {
    return secret.size() > 3 && said.find(secret) != std::string::npos;
  };
  const bool unsafe =
      said.empty() || said.find('@') != std::string::npos || has_control(said) ||
      (failure(code) == Transport::proxy &&
       has_ambiguous_proxy(request.route == nullptr ? "" : request.route->proxy)) ||
      (query != std::string::npos && betrays(std::string_view(request.url).substr(query + 1))) ||
      std::any_of(request.headers.begin(), request.headers.end(),
                  [&betrays](const Header& header) { return betrays(header.value); });
  return unsafe ? curl_easy_strerror(code) : said;
}

Response CurlClient::Transfer::response(CURLcode code) {
  Response response;
  curl_off_t total_us = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_TOTAL_TIME_T, &total_us);
  response.latency = std::chrono::microseconds(total_us);
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool unreadable = undecodable || (code == CURLE_OK && unpacker && !unpacker->complete());
  // An error status stays a refusal, even if its body can't be decoded.
  const bool refused = unreadable && (status < 200 || status > 299);
  if (!refused && (unreadable || code != CURLE_OK)) {
    response.transport = failure(code);
    response.transport_detail = words(code);
    if (response.transport == Transport::tls) response.certificate = certificate_at_fault(code);
    return response;
  }
  response.status = static_cast<int>(status);
  response.headers = std::move(headers);
  if (!refused) response.body = bodies->lend(std::exchange(body, {}));
  return response;
}

CurlClient::CurlClient(Limits limits, std::string user_agent)
    : limits_(limits),
      user_agent_(std::move(user_agent)),
      ca_bundle_(system_ca_bundle()),
      multi_(new_multi()) {
  AS_CHECK(limits_.connections_max > 0 && limits_.connections_per_host_max > 0);
  // The default, four times the handles in flight, closes connections that the next poll needs again.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(limits_.connections_max));
  // The option above counts only idle connections: with many origins as many again could be in flight.
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(limits_.connections_max));
}

CurlClient::~CurlClient() {
  for (const auto& [id, transfer] : transfers_) {
    if (transfer->running) curl_multi_remove_handle(multi_, transfer->easy.get());
  }
  transfers_.clear();
  idle_.clear();
  curl_multi_cleanup(multi_);
}

void CurlClient::send(RequestId id, Request request) {
  AS_CHECK(!transfers_.contains(id));
  const std::unique_ptr<CURLU, UrlDeleter> url{curl_url()};
  constexpr unsigned rules = CURLU_DISALLOW_USER | CURLU_PATH_AS_IS;
  if (has_control(request.url) ||
      curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), rules) != CURLUE_OK) {
    return fail_early(id, Transport::connect, "the URL is malformed");
  }
  for (const Header& header : request.headers) {
    if (has_control(header.name) || has_control(header.value)) {
      return fail_early(id, Transport::connect,
                        "a line break or another control character stands in the header " +
                            (has_control(header.name) ? std::string{} : header.name));
    }
  }
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  std::string host = lower(url_part(url.get(), CURLUPART_HOST));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);

  std::shared_ptr<const std::string> ca;
  if (scheme == "https" && request.route != nullptr && !request.route->ca_file.empty()) {
    Result<std::shared_ptr<const std::string>> read = ca_files_.read(request.route->ca_file);
    if (!read.ok()) return fail_early(id, Transport::tls, read.error().message);
    ca = *std::move(read);
  }

  std::unique_ptr<Transfer> transfer = take_transfer();
  transfer->id = id;
  transfer->ca = std::move(ca);
  transfer->request = std::move(request);
  transfer->host = host;
  transfer->origin = host + ":" + url_part(url.get(), CURLUPART_PORT);
  configure(*transfer, scheme, host);

  Origin& origin = origins_[transfer->origin];
  origin.waiting.push_back(transfer.get());
  transfers_.emplace(id, std::move(transfer));
  line_up(origin);
  start_waiting();
}

void CurlClient::fail_early(RequestId id, Transport transport, std::string detail) {
  Response response;
  response.transport = transport;
  response.transport_detail = std::move(detail);
  finished_.emplace_back(id, std::move(response));
}

void CurlClient::cancel(RequestId id) {
  std::erase_if(finished_, [id](const auto& entry) { return entry.first == id; });
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  std::unique_ptr<Transfer> transfer = std::move(found->second);
  transfers_.erase(found);
  release(std::move(transfer));
  start_waiting();
}

std::vector<std::pair<RequestId, Response>> CurlClient::wait(Duration timeout) {
  const long timeout_ms = finished_.empty() ? milliseconds(timeout) : 0;
  AS_CHECK(curl_multi_poll(multi_, nullptr, 0, static_cast<int>(timeout_ms), nullptr) == CURLM_OK);
  int still_running = 0;
  AS_CHECK(curl_multi_perform(multi_, &still_running) == CURLM_OK);
  collect_finished();
  start_waiting();
  return std::exchange(finished_, {});
}

void CurlClient::wake() { curl_multi_wakeup(multi_); }

void CurlClient::line_up(Origin& origin) {
  if (origin.in_line || origin.waiting.empty() || origin.running >= limits_.connections_per_host_max) return;
  origin.in_line = true;
  line_.push_back(&origin);
}

// Origins take turns, so that many requests to one of them do not hold up the others.
void CurlClient::start_waiting() {
  while (running_ < limits_.connections_max && !line_.empty()) {
    Origin& origin = *line_.front();
    line_.pop_front();
    origin.in_line = false;
    if (origin.waiting.empty()) continue;
    Transfer& transfer = *origin.waiting.front();
    origin.waiting.pop_front();
    AS_CHECK(curl_multi_add_handle(multi_, transfer.easy.get()) == CURLM_OK);
    transfer.running = true;
    ++origin.running;
    ++running_;
    line_up(origin);
  }
}

void CurlClient::collect_finished() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message is gone once its handle is removed
    char* mark = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &mark);
    const auto found = transfers_.find(reinterpret_cast<Transfer*>(mark)->id);
    AS_CHECK(found != transfers_.end());
    std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    Response response = transfer->response(code);
    if (response.transport == Transport::none) {
      unreached_.erase(transfer->origin);
    } else {
      unreached_.insert(transfer->origin);
    }
    finished_.emplace_back(transfer->id, std::move(response));
    release(std::move(transfer));
  }
}

// Removes the transfer from curl and from its origin, and keeps its handle for the next request.
void CurlClient::release(std::unique_ptr<Transfer> transfer) {
  const auto found = origins_.find(transfer->origin);
  AS_CHECK(found != origins_.end());
  Origin& origin = found->second;
  if (transfer->running) {
    curl_multi_remove_handle(multi_, transfer->easy.get());
    --origin.running;
    --running_;
  } else {
    std::erase(origin.waiting, transfer.get());
  }
  line_up(origin);
  if (origin.running == 0 && origin.waiting.empty()) {
    if (origin.in_line) std::erase(line_, &origin);
    origins_.erase(found);
  }
  if (idle_.size() == limits_.connections_max) return;
  curl_easy_reset(transfer->easy.get());
  transfer->request = Request{};
  transfer->header_list.reset();
  transfer->addresses_to_forget.reset();
  transfer->ca.reset();
  bodies_->give_back(std::exchange(transfer->body, {}));
  idle_.push_back(std::move(transfer));
}

std::unique_ptr<CurlClient::Transfer> CurlClient::take_transfer() {
  if (idle_.empty()) {
    auto fresh = std::make_unique<Transfer>();
    AS_CHECK(fresh->easy != nullptr);
    return fresh;
  }
  std::unique_ptr<Transfer> transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

void CurlClient::configure(Transfer& transfer, std::string_view scheme, std::string_view host) {
  CURL* const easy = transfer.easy.get();
  const Request& request = transfer.request;
  const Route route = request.route == nullptr ? Route{} : *request.route;

  transfer.running = false;
  transfer.body_bytes_max = limits_.response_bytes_max;
  transfer.trickle_seconds = std::max(1L, milliseconds(limits_.trickle_max) / 1000);
  transfer.bodies = bodies_;
  transfer.unpacker.reset();
  transfer.headers.clear();
  transfer.header_bytes = 0;
  transfer.block_ended = transfer.too_many_headers = transfer.too_large = transfer.undecodable = false;
  transfer.error.fill('\0');

  set(easy, CURLOPT_PRIVATE, &transfer);
  set(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);

  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_USERAGENT, user_agent_.c_str());

  set(easy, CURLOPT_TIMEOUT_MS, std::max(1L, milliseconds(request.timeout)));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, milliseconds(limits_.connect_timeout)));
  set(easy, CURLOPT_MAXLIFETIME_CONN, seconds(limits_.lifetime_max));
  set(easy, CURLOPT_DNS_CACHE_TIMEOUT, seconds(limits_.address_lifetime));
  // An origin that could not be reached may have moved, but not a literal IPv6 address.
  if (unreached_.contains(transfer.origin) && host.find(':') == std::string_view::npos) {
    transfer.addresses_to_forget.reset(curl_slist_append(nullptr, ("-" + transfer.origin).c_str()));
    set(easy, CURLOPT_RESOLVE, transfer.addresses_to_forget.get());
  }
  set(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(limits_.response_bytes_max));

  if (scheme == "https") {
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(easy, CURLOPT_PIPEWAIT, 1L);
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (transfer.ca) {
      curl_blob blob{const_cast<char*>(transfer.ca->data()), transfer.ca->size(), CURL_BLOB_NOCOPY};
      set(easy, CURLOPT_CAINFO_BLOB, &blob);
      set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    } else if (!ca_bundle_.empty()) {
      set(easy, CURLOPT_CAINFO, ca_bundle_.c_str());
      set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
      set(easy, CURLOPT_CA_CACHE_TIMEOUT, seconds(limits_.lifetime_max));
    }
  } else {
    // With 2TLS and PIPEWAIT, curl would hold back plain HTTP requests until the first response shows which
    // version the server speaks.
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  }

  // For curl, all names below localhost are this machine. A cloud's metadata is for this machine only, too.
  if (is_loopback(host) || host.ends_with(".localhost") || host.starts_with("169.254.") ||
      host == "fd00:ec2::23") {
    set(easy, CURLOPT_PROXY, "");  // neither the environment's
  } else if (!route.proxy.empty()) {
    set(easy, CURLOPT_PROXY, route.proxy.c_str());
    set(easy, CURLOPT_NOPROXY, "");  // the source's own setting overrides the environment's NO_PROXY
  }

  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  list = curl_slist_append(list, "Accept-Encoding: gzip");
  if (request.method != Method::get) {
    if (request.method == Method::put) set(easy, CURLOPT_CUSTOMREQUEST, "PUT");
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
    if (!has_header(request, "content-type"))
      list = curl_slist_append(list, "Content-Type: application/json");
  }
  for (const Header& header : request.headers) {
    // A header without a value is written "Name;" for curl; "Name:" would remove it.
    const std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    list = curl_slist_append(list, line.c_str());
  }
  transfer.header_list.reset(list);
  set(easy, CURLOPT_HTTPHEADER, list);

  // Noexcept: an exception must not unwind through curl's frames.
  using Callback = std::size_t (*)(char*, std::size_t, std::size_t, void*) noexcept;
  using SocketCallback = int (*)(void*, curl_socket_t, curlsocktype) noexcept;
  const Callback on_header = [](char* data, std::size_t, std::size_t size, void* to) noexcept {
    return static_cast<Transfer*>(to)->read_header({data, size}) ? size : 0;
  };
  const Callback on_body = [](char* data, std::size_t, std::size_t size, void* to) noexcept {
    return static_cast<Transfer*>(to)->read_body({data, size}) ? size : 0;
  };
  set(easy, CURLOPT_HEADERFUNCTION, on_header);
  set(easy, CURLOPT_HEADERDATA, &transfer);
  set(easy, CURLOPT_WRITEFUNCTION, on_body);
  set(easy, CURLOPT_WRITEDATA, &transfer);
  // A peer that has vanished silently would swallow one request after another for a quarter of an hour: curl
  // keeps an HTTP/2 connection whose streams time out.
  const SocketCallback on_socket = [](void*, curl_socket_t socket, curlsocktype) noexcept {
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms_max, sizeof unacknowledged_ms_max);
    return CURL_SOCKOPT_OK;
  };
  set(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
}

}  // namespace auditstream::http
