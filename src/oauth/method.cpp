// The names are librdkafka's (CONFIGURATION.md of 2.16.0), but AWS_MSK_IAM, which is that of Amazon's own library for
// Java (aws-msk-iam-auth), and aws.region.
#include "oauth/method.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/url.h"

namespace auditstream::oauth {
namespace {

using Properties = std::map<std::string, std::string>;

constexpr std::string_view msk_iam = "AWS_MSK_IAM";

struct Alias {
  std::string_view name, of;
};
constexpr std::array<Alias, 3> aliases{{
    {"sasl.mechanisms", "sasl.mechanism"},
    {"sasl.oauthbearer.client.credentials.client.id", "sasl.oauthbearer.client.id"},
    {"sasl.oauthbearer.client.credentials.client.secret", "sasl.oauthbearer.client.secret"},
}};

constexpr std::array<std::string_view, 10> oidc_properties{"sasl.oauthbearer.client.id",
                                                           "sasl.oauthbearer.client.secret",
                                                           "sasl.oauthbearer.extensions",
                                                           "sasl.oauthbearer.grant.type",
                                                           "sasl.oauthbearer.method",
                                                           "sasl.oauthbearer.scope",
                                                           "sasl.oauthbearer.sub.claim.name",
                                                           "sasl.oauthbearer.token.endpoint.url",
                                                           "https.ca.location",
                                                           "sasl.oauthbearer.metadata.authentication.type"};

// The value of the property, or of the name that librdkafka has for it, too.
std::optional<std::string> value_of(const Properties& kafka, std::string_view name) {
  std::optional<std::string> value;
  for (const auto& [key, held] : kafka) {
    const auto alias = std::ranges::find(aliases, key, &Alias::name);
    if ((alias == aliases.end() ? std::string_view(key) : alias->of) == name) value = held;
  }
  return value;
}

class Reader {
 public:
  explicit Reader(const Properties& kafka) : kafka_(kafka) {}

  Reading read() && {
    const std::string mechanism = value_of(kafka_, "sasl.mechanism").value_or("");
    const std::string method = value_of(kafka_, "sasl.oauthbearer.method").value_or("default");
    const bool bearer = mechanism == "OAUTHBEARER";
    if (method != "default" && method != "oidc") {
      mistake("sasl.oauthbearer.method", "\"" + method + "\" is not one of default, oidc");
    } else if (method == "oidc" && !bearer) {
      mistake("sasl.oauthbearer.method", "is for kafka.sasl.mechanism: OAUTHBEARER only");
    } else if (method == "oidc") {
      read_oidc();
    } else if (bearer && value_of(kafka_, "enable.sasl.oauthbearer.unsecure.jwt") != "true") {
      mistake("sasl.mechanism",
              "OAUTHBEARER needs kafka.sasl.oauthbearer.method: oidc, with client.id, client.secret and "
              "token.endpoint.url; for Amazon MSK set kafka.sasl.mechanism: AWS_MSK_IAM instead");
    } else if (mechanism == msk_iam) {
      read_msk_iam();
    }
    const bool ours = !std::holds_alternative<std::monostate>(reading_.method);
    for (const auto& [name, value] : kafka_) {
      if (!is_ours(name)) reading_.librdkafka[name] = value;
    }
    if (ours) {
      reading_.librdkafka.erase("sasl.mechanisms");
      reading_.librdkafka["sasl.mechanism"] = "OAUTHBEARER";
    }
    return std::move(reading_);
  }

 private:
  void mistake(std::string_view property, std::string message) {
    reading_.mistakes.push_back({std::string(property), std::move(message)});
  }

  std::string required(std::string_view property) {
    std::string value = value_of(kafka_, property).value_or("");
    if (value.empty()) mistake(property, "is needed with kafka.sasl.oauthbearer.method: oidc");
    return value;
  }

  void only(std::string_view property, std::string_view value) {
    const std::optional<std::string> held = value_of(kafka_, property);
    if (held && *held != value)
      mistake(property, "\"" + *held + "\" is not supported: only " + std::string(value) + " is");
  }

  void read_oidc() {
    Oidc oidc;
    oidc.client_id = required("sasl.oauthbearer.client.id");
    oidc.client_secret = required("sasl.oauthbearer.client.secret");
    oidc.endpoint = required("sasl.oauthbearer.token.endpoint.url");
    oidc.scope = value_of(kafka_, "sasl.oauthbearer.scope").value_or("");
    oidc.principal_claim = value_of(kafka_, "sasl.oauthbearer.sub.claim.name").value_or("sub");
    oidc.ca_file = value_of(kafka_, "https.ca.location").value_or("");
    if (!oidc.endpoint.empty()) check_endpoint(oidc.endpoint);
    only("sasl.oauthbearer.grant.type", "client_credentials");
    only("sasl.oauthbearer.metadata.authentication.type", "none");
    for (const auto& [name, value] : kafka_) {
      if (name.starts_with("sasl.oauthbearer.assertion.")) {
        mistake(name, "is not supported: of the grant types only client_credentials is");
      } else if (name == "https.ca.pem") {
        mistake(name, "is not supported: set kafka.https.ca.location to a file with that certificate");
      }
    }
    read_extensions(value_of(kafka_, "sasl.oauthbearer.extensions").value_or(""), oidc);
    reading_.method = std::move(oidc);
  }

  // The secret goes there, so never in clear over a network.
  void check_endpoint(const std::string& url) {
    const UrlParts parts = split_url(url);
    const std::optional<HostPort> host = parse_host_port(parts.authority);
    if ((parts.scheme != "https" && parts.scheme != "http") || !host) {
      mistake("sasl.oauthbearer.token.endpoint.url",
              "is not a URL such as https://login.example/oauth2/token");
    } else if (parts.scheme == "http" && !is_loopback(host->host)) {
      mistake(
          "sasl.oauthbearer.token.endpoint.url",
          "http:// would send the client's secret in clear: only a loopback address may have it; use https://");
    }
  }

  void read_extensions(std::string_view text, Oidc& oidc) {
    while (!text.empty()) {
      const std::string_view pair = text.substr(0, text.find(','));
      text.remove_prefix(std::min(pair.size() + 1, text.size()));
      const std::size_t equals = pair.find('=');
      if (equals == 0 || equals == std::string_view::npos) {
        mistake("sasl.oauthbearer.extensions",
                "is not a list such as logicalCluster=lkc-1,identityPoolId=pool-1");
        return;
      }
      oidc.extensions.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }

  void read_msk_iam() {
    MskIam msk{value_of(kafka_, "aws.region").value_or("")};
    // Amazon's names say the region: b-1.c.1a2b3c.c2.kafka.eu-west-1.amazonaws.com.
    const std::string servers = value_of(kafka_, "bootstrap.servers").value_or("");
    for (const std::string_view service : {".kafka.", ".kafka-serverless."}) {
      const std::size_t at = servers.find(service);
      if (!msk.region.empty() || at == std::string_view::npos) continue;
      const std::string_view rest = std::string_view(servers).substr(at + service.size());
      const std::size_t end = rest.find(".amazonaws.com");
      if (end != std::string_view::npos && rest.substr(0, end).find_first_of(".,:") == std::string_view::npos)
        msk.region = rest.substr(0, end);
    }
    if (value_of(kafka_, "security.protocol").value_or("") != "SASL_SSL" &&
        value_of(kafka_, "security.protocol").value_or("") != "sasl_ssl") {
      mistake("security.protocol", "Amazon MSK takes AWS_MSK_IAM over SASL_SSL only");
    }
    reading_.method = std::move(msk);
  }

  const Properties& kafka_;
  Reading reading_;
};

}  // namespace

bool is_ours(std::string_view property) {
  const auto alias = std::ranges::find(aliases, property, &Alias::name);
  if (alias != aliases.end()) property = alias->of;
  return std::ranges::find(oidc_properties, property) != oidc_properties.end() ||
         property.starts_with("sasl.oauthbearer.assertion.") || property == "https.ca.pem" ||
         property == "aws.region";
}

Reading read_method(const Properties& kafka) { return Reader(kafka).read(); }

}  // namespace auditstream::oauth
