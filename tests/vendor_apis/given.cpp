#include "vendor_apis/given.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace auditstream::vendor_apis {
namespace {

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> values;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    values.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return values;
}

std::string secret_text(const std::string& name) { return "SECRET-" + name + "-0a1b2c3d4e5f"; }

}  // namespace

Source given_source(const Vendor& vendor, const Settings& settings) {
  Source source;
  source.name = source.account = "acme";
  source.vendor = vendor.name();
  source.api = &vendor;
  source.page_size = vendor.traits().page_size;
  source.route = std::make_shared<const http::Route>();
  for (const Setting& setting : vendor.settings()) {
    if (setting.type == Setting::Type::secret) source.secret_templates[setting.name] = Secret("${env:ACME}");
    if (setting.type == Setting::Type::boolean || setting.type == Setting::Type::text) {
      if (!setting.fallback.empty()) source.settings[setting.name] = setting.fallback;
    }
  }
  for (const auto& [name, value] : settings) {
    const auto known = std::find_if(vendor.settings().begin(), vendor.settings().end(),
                                    [&name = name](const Setting& setting) { return setting.name == name; });
    if (name == "base_url")
      source.base_url = value;
    else if (name == "time_field")
      source.time_field = value;
    else if (name == "page_size")
      source.page_size = static_cast<std::uint32_t>(std::stoul(value));
    else if (known == vendor.settings().end())
      ADD_FAILURE() << vendor.name() << " has no setting " << name;
    else if (known->type == Setting::Type::list)
      source.lists[name] = split_list(value);
    else
      source.settings[name] = value;
  }
  if (source.base_url.empty()) source.base_url = vendor.default_base_url(source);
  return source;
}

Source any_source(const Vendor& vendor) {
  Settings settings;
  for (const Setting& setting : vendor.settings()) {
    if (!setting.required || setting.type != Setting::Type::text) continue;
    settings[setting.name] = !setting.choices.empty() ? setting.choices.front()
                             : setting.request_host   ? "acme.example.com"
                                                      : "acme";
  }
  return given_source(vendor, settings);
}

Secrets given_secrets(const Vendor& vendor) {
  Secrets secrets;
  for (const Setting& setting : vendor.settings()) {
    if (setting.type == Setting::Type::secret)
      secrets.emplace(setting.name, Secret(secret_text(setting.name)));
  }
  return secrets;
}

std::optional<Token> given_token(const Vendor& vendor) {
  if (!vendor.exchanges_token()) return std::nullopt;
  return Token{Secret(secret_text("token")), Time::max()};
}

std::vector<std::string> secret_texts(const Vendor& vendor) {
  std::vector<std::string> texts;
  for (const auto& [name, secret] : given_secrets(vendor)) texts.push_back(secret.reveal());
  if (vendor.exchanges_token()) texts.push_back(secret_text("token"));
  return texts;
}

http::Response given_response(int status, std::string body, std::vector<http::Header> headers) {
  http::Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(body));
  response.headers = std::move(headers);
  return response;
}

http::Response given_failure(http::Transport transport, std::string detail) {
  http::Response response;
  response.transport = transport;
  response.transport_detail = std::move(detail);
  return response;
}

PageRequest any_ask(const Vendor& vendor, std::string token) {
  PageRequest ask;
  ask.from = *parse_rfc3339("2025-12-18T00:00:00Z");
  ask.to = *parse_rfc3339("2025-12-19T00:00:00Z");
  ask.token = std::move(token);
  ask.page_size = vendor.traits().page_size;
  ask.now = ask.latest = *parse_rfc3339("2025-12-20T00:00:00Z");
  return ask;
}

}  // namespace auditstream::vendor_apis
