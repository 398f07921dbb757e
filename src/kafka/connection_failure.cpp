#include "kafka/connection_failure.h"

#include <regex>

#include "base/certificate.h"
#include "base/url.h"
#include "kafka/client_release.h"

namespace auditstream::kafka {
namespace {

std::string value_of(const Properties& properties, const std::string& name, const std::string& otherwise) {
  const auto found = properties.find(name);
  return found == properties.end() ? otherwise : found->second;
}

std::string mechanism_of(const Properties& properties) {
  return value_of(properties, "sasl.mechanism", value_of(properties, "sasl.mechanisms", "GSSAPI"));
}

std::string certificate_failure(int error) {
  switch (certificate_fault(error)) {
    case http::CertificateFault::authority:
      return "kafka.ssl.ca.location doesn't hold the CA that has signed the broker's certificate";
    case http::CertificateFault::name:
      return "the broker's certificate is for another name than the one in kafka.bootstrap.servers, or in its "
             "advertised.listeners";
    case http::CertificateFault::expired:
      return "the broker's certificate has expired: it has to be renewed, or this machine's clock is wrong (NTP)";
    case http::CertificateFault::not_yet_valid:
      return "the broker's certificate is not valid yet: this machine's clock is wrong (NTP), or the certificate was "
             "put in place too early";
    case http::CertificateFault::none:
    case http::CertificateFault::ours:
    case http::CertificateFault::other:
      break;
  }
  return "the broker's certificate is refused (OpenSSL's verify error " + std::to_string(error) +
         "): see kafka.ssl.ca.location";
}

std::string check_protocol(const Properties& properties) {
  return "check kafka.security.protocol (" + value_of(properties, "security.protocol", "plaintext") +
         "): it must be that of the listener";
}

// What a broker that hangs up at once means: librdkafka's own words for it are lost from 2.15 on.
bool hung_up_at_once(const std::string& text, const Properties& properties) {
  const std::string protocol = lower(value_of(properties, "security.protocol", "plaintext"));
  if (protocol.find("ssl") == std::string::npos &&
      text.find("in state APIVERSION_QUERY") != std::string::npos)
    return true;
  static const std::regex soon(R"(Disconnected.*\(after (\d{1,3}|1\d{3})ms in state UP\b)");
  return protocol.find("sasl") == std::string::npos && std::regex_search(text, soon);
}

}  // namespace

// Matches the messages of librdkafka 2.0.2 to 2.16.0; if they change, librdkafka's own text remains.
Error explain(const ConnectionFailure& failure, const Properties& properties) {
  const auto says = [&](const char* words) { return failure.text.find(words) != std::string::npos; };
  // librdkafka goes on with a token that has expired, and the broker hangs up without a word.
  if (failure.no_token) return *failure.no_token;
  if (failure.code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    if (says("Unsupported SASL mechanism")) {
      return {failure.text + "; set kafka.sasl.mechanism (" + mechanism_of(properties) + ") to one of these",
              ErrorKind::misconfigured};
    }
    if (says("mechanism handshake failed")) {
      return {failure.text + "; this listener asks for no SASL: " + check_protocol(properties),
              ErrorKind::misconfigured};
    }
    if (mechanism_of(properties) == "OAUTHBEARER") {
      return {
          failure.text +
              "; the broker refuses the token: its issuer, audience, signature or time is not what the broker "
              "expects, or the client has no access",
          ErrorKind::misconfigured};
    }
    std::string remedy = "check kafka.sasl.username and kafka.sasl.password";
    if (const std::optional<std::string> refused = refused_by_kafka_4(mechanism_of(properties)))
      remedy += "; " + *refused;
    return {failure.text + "; " + remedy, ErrorKind::misconfigured};
  }
  if (failure.certificate != 0) {
    // A broker that refuses us may hang up before librdkafka knows why; then its message is misleading.
    const std::size_t broker_end = failure.text.find(": ");
    return {failure.text.substr(0, broker_end) + ": " + certificate_failure(failure.certificate),
            ErrorKind::misconfigured};
  }
  if (says("alert") && (says("certificate") || says("unknown ca"))) {
    return {
        failure.text +
            "; the broker wants a client's certificate, and has got none or one that it doesn't take: check "
            "kafka.ssl.certificate.location and kafka.ssl.key.location",
        ErrorKind::misconfigured};
  }
  if (says("certificate verify failed")) {
    return {
        failure.text +
            "; either kafka.ssl.ca.location doesn't hold the CA that has signed the broker's certificate, "
            "or that is for another name than the one in kafka.bootstrap.servers",
        ErrorKind::misconfigured};
  }
  const bool another_protocol = failure.code == RD_KAFKA_RESP_ERR__SSL || says("SSL handshake failed") ||
                                says("in state SSL_HANDSHAKE") || says("security.protocol") ||
                                hung_up_at_once(failure.text, properties);
  if (another_protocol) return {failure.text + "; " + check_protocol(properties), ErrorKind::uncertain};
  return {failure.text, ErrorKind::unavailable};
}

}  // namespace auditstream::kafka
