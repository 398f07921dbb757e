// Sources: AWS SDKs and Tools Reference Guide ("Standardized credential providers"), the API reference of
// AssumeRoleWithWebIdentity, and the EC2 User Guide ("Use the Instance Metadata Service": version 2).
#include "oauth/aws_credentials.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "auditstream/json.h"
#include "base/blot_out.h"
#include "base/printable.h"
#include "base/url.h"
#include "oauth/no_answer.h"

namespace auditstream::oauth {
namespace {

using Found = std::optional<Result<AwsCredentials>>;  // nothing: this place is not in use

constexpr Duration near_timeout = 3s;  // of what runs on this machine, or beside it
constexpr Duration far_timeout = 20s;
constexpr Duration left_min = 1min;
// Part of the principal that the broker sees, which must stay the same from one token to the next.
constexpr const char* session_name = "auditstream";

// `secret`: what the request was given, which the answer may echo.
Error failed(const std::string& where, const http::Response& response, std::string_view secret,
             std::string said = "") {
  if (response.transport != http::Transport::none)
    return {"AWS credentials: " + where + ": " + no_answer(response, secret)};
  blot_out(said, secret);
  const bool refused = response.status >= 400 && response.status < 500 && response.status != 429;
  return {"AWS credentials: " + where + " answered " + std::to_string(response.status) +
              (said.empty() ? "" : ": " + bounded(printable(said), 200)),
          refused ? ErrorKind::misconfigured : ErrorKind::unavailable};
}

Error incomplete(const std::string& where) {
  return {"AWS credentials: " + where + " has no complete credentials", ErrorKind::misconfigured};
}

std::optional<Time> moment(const std::optional<std::string>& text) {
  return text ? parse_event_time(*text) : std::nullopt;
}

// The document of containers and of instances.
Result<AwsCredentials> from_json(const std::string& where, const http::Response& response,
                                 std::string_view secret) {
  const std::string& body = *response.body;
  if (response.transport != http::Transport::none || response.status != 200)
    return failed(where, response, secret, json::scalar_at(body, "/message").value_or(""));
  AwsCredentials credentials{json::scalar_at(body, "/AccessKeyId").value_or(""),
                             json::scalar_at(body, "/SecretAccessKey").value_or(""),
                             json::scalar_at(body, "/Token").value_or(""),
                             moment(json::scalar_at(body, "/Expiration"))};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) return incomplete(where);
  return credentials;
}

http::Request get(std::string url, Duration timeout) {
  http::Request request;
  request.url = std::move(url);
  request.timeout = timeout;
  return request;
}

// What is between <name> and </name>: STS answers in XML, and in none of these values there is any markup.
std::string element(std::string_view xml, const std::string& name) {
  const std::size_t tag = xml.find("<" + name + ">");
  if (tag == std::string_view::npos) return "";
  const std::string_view rest = xml.substr(tag + name.size() + 2);
  return std::string(rest.substr(0, rest.find('<')));
}

Result<AwsCredentials> assume_role(const std::string& role, const std::string& token_file,
                                   const std::string& region, const World& world) {
  const Result<std::string> token = world.file(token_file);
  if (!token.ok())
    return Error{"AWS credentials: AWS_WEB_IDENTITY_TOKEN_FILE: " + token.error().message,
                 ErrorKind::misconfigured};
  const std::string endpoint =
      world.environment("AWS_ENDPOINT_URL_STS").value_or("https://sts." + region + ".amazonaws.com");
  http::Request request = get(endpoint + "/", far_timeout);
  const std::string web_identity = token->substr(0, token->find_last_not_of(" \r\n") + 1);
  request.method = http::Method::post;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encode(role) +
                 "&RoleSessionName=" +
                 percent_encode(world.environment("AWS_ROLE_SESSION_NAME").value_or(session_name)) +
                 "&WebIdentityToken=" + percent_encode(web_identity);
  const http::Response response = world.exchange(std::move(request));
  const std::string where = endpoint + " (role " + printable(role) + ")";
  const std::string& body = *response.body;
  if (response.transport != http::Transport::none || response.status != 200)
    return failed(where, response, web_identity, element(body, "Code") + " " + element(body, "Message"));
  AwsCredentials credentials{element(body, "AccessKeyId"), element(body, "SecretAccessKey"),
                             element(body, "SessionToken"), parse_event_time(element(body, "Expiration"))};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) return incomplete(where);
  return credentials;
}

Found in_environment(const World& world) {
  const auto id = world.environment("AWS_ACCESS_KEY_ID");
  const auto secret = world.environment("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return std::nullopt;
  if (!id || !secret) return incomplete("the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)");
  return AwsCredentials{*id, *secret, world.environment("AWS_SESSION_TOKEN").value_or(""), std::nullopt};
}

Found by_web_identity(const std::string& region, const World& world) {
  const auto file = world.environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto role = world.environment("AWS_ROLE_ARN");
  if (!file || !role) return std::nullopt;
  return assume_role(*role, *file, region, world);
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

// The settings of one section of an INI file.
std::map<std::string, std::string> section_of(std::string_view ini, std::string_view wanted) {
  std::map<std::string, std::string> settings;
  bool inside = false;
  while (!ini.empty()) {
    const std::string_view line = trimmed(ini.substr(0, ini.find('\n')));
    ini.remove_prefix(
        std::min(ini.find('\n') == std::string_view::npos ? ini.size() : ini.find('\n') + 1, ini.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = trimmed(line.substr(1, line.find(']') - 1)) == wanted;
    } else if (const std::size_t equals = line.find('='); inside && equals != std::string_view::npos) {
      settings.emplace(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    }
  }
  return settings;
}

Found in_shared_files(const std::string& region, const World& world) {
  const auto home = world.environment("HOME");
  const auto chosen = world.environment("AWS_PROFILE");
  const std::string profile = chosen.value_or("default");
  struct File {
    const char* variable;
    const char* name;
    std::string section;
  };
  const std::array<File, 2> files{
      {{"AWS_SHARED_CREDENTIALS_FILE", "credentials", profile},
       {"AWS_CONFIG_FILE", "config", profile == "default" ? profile : "profile " + profile}}};
  std::map<std::string, std::string> settings;
  for (const File& file : files) {
    auto path = world.environment(file.variable);
    if (!path && home) path = *home + "/.aws/" + file.name;
    if (!path) continue;
    const Result<std::string> text = world.file(*path);
    if (text.ok()) settings.merge(section_of(*text, file.section));
  }
  const std::string where = "the profile " + printable(profile) + " of the shared files";
  const auto setting = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  const std::string id = setting("aws_access_key_id");
  const std::string secret = setting("aws_secret_access_key");
  if (!id.empty() && !secret.empty())
    return AwsCredentials{id, secret, setting("aws_session_token"), std::nullopt};
  if (!setting("role_arn").empty() && !setting("web_identity_token_file").empty())
    return assume_role(setting("role_arn"), setting("web_identity_token_file"), region, world);
  for (const char* other :
       {"source_profile", "credential_source", "credential_process", "sso_session", "sso_start_url"}) {
    if (!setting(other).empty()) {
      return Error{"AWS credentials: " + where + " has " + other +
                       ", which is not supported: give keys, or a role with web_identity_token_file",
                   ErrorKind::misconfigured};
    }
  }
  if (!id.empty() || !secret.empty() || chosen) return incomplete(where);
  return std::nullopt;
}

// The credentials go over http:// only to this machine, or to where Amazon's agents listen beside it.
bool is_near(std::string_view url) {
  const UrlParts parts = split_url(url);
  const std::optional<HostPort> host = parse_host_port(parts.authority);
  if (!host) return false;
  return parts.scheme == "https" ||
         (parts.scheme == "http" && (is_loopback(host->host) || host->host == "169.254.170.2" ||
                                     host->host == "169.254.170.23" || host->host == "fd00:ec2::23"));
}

Found of_the_container(const World& world) {
  const auto full = world.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const auto relative = world.environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (!full && !relative) return std::nullopt;
  const std::string url = relative ? "http://169.254.170.2" + *relative : *full;
  if (!is_near(url)) {
    return Error{
        "AWS credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https:// nor an address of this machine",
        ErrorKind::misconfigured};
  }
  http::Request request = get(url, near_timeout);
  auto authorization = world.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = world.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    const Result<std::string> text = world.file(*file);
    if (!text.ok()) {
      return Error{"AWS credentials: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " + text.error().message,
                   ErrorKind::misconfigured};
    }
    authorization = text->substr(0, text->find_last_not_of(" \r\n") + 1);
  }
  if (authorization) request.headers.push_back({"Authorization", *authorization});
  return from_json("the container's endpoint", world.exchange(std::move(request)),
                   authorization.value_or(""));
}

Result<AwsCredentials> of_the_instance(const World& world) {
  const std::string base =
      world.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
  const std::string where = "the instance's metadata at " + base;
  http::Request ask = get(base + "/latest/api/token", near_timeout);
  ask.method = http::Method::put;
  ask.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}};
  const http::Response session = world.exchange(std::move(ask));
  if (session.transport != http::Transport::none || session.status != 200) return failed(where, session, "");
  const auto metadata = [&](const std::string& path) {
    http::Request request = get(base + "/latest/meta-data/iam/security-credentials/" + path, near_timeout);
    request.headers = {{"X-aws-ec2-metadata-token", *session.body}};
    return world.exchange(std::move(request));
  };
  const http::Response role = metadata("");
  if (role.transport == http::Transport::none && role.status == 404) {
    return Error{"AWS credentials: " + where + " says that the instance has no role",
                 ErrorKind::misconfigured};
  }
  if (role.transport != http::Transport::none || role.status != 200)
    return failed(where, role, *session.body);
  return from_json(where, metadata(role.body->substr(0, role.body->find_first_of("\r\n"))), *session.body);
}

Result<AwsCredentials> find(const std::string& region, const World& world) {
  if (Found found = in_environment(world)) return *std::move(found);
  if (Found found = by_web_identity(region, world)) return *std::move(found);
  if (Found found = in_shared_files(region, world)) return *std::move(found);
  if (Found found = of_the_container(world)) return *std::move(found);
  constexpr const char* not_elsewhere =
      "; none are in the environment (AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, "
      "AWS_CONTAINER_CREDENTIALS_FULL_URI) or in ~/.aws";
  if (world.environment("AWS_EC2_METADATA_DISABLED").value_or("") == "true") {
    return Error{std::string("AWS credentials: the instance is not to be asked (AWS_EC2_METADATA_DISABLED)") +
                     not_elsewhere,
                 ErrorKind::misconfigured};
  }
  Result<AwsCredentials> found = of_the_instance(world);
  if (!found.ok()) return Error{found.error().message + not_elsewhere, ErrorKind::uncertain};
  return found;
}

}  // namespace

Result<AwsCredentials> find_aws_credentials(const std::string& region, const World& world) {
  Result<AwsCredentials> found = find(region, world);
  if (found.ok() && found->expires && *found->expires < world.now() + left_min) {
    return Error{"AWS credentials: those that were found expire at " + format_rfc3339(*found->expires) +
                 ", which is too soon, or this machine's clock is wrong (NTP)"};
  }
  return found;
}

}  // namespace auditstream::oauth
