// URLs of the config and links of vendors: the configured origin in the first line, the link in the second, a
// parameter's name in the third and its value in the rest.
#include <algorithm>
#include <array>

#include "auditstream/check.h"
#include "config/endpoint.h"
#include "fuzz/target.h"
#include "vendor_apis/toolkit.h"

namespace auditstream::fuzz {
namespace {

bool goes_over_the_wire(std::string_view url) {
  return std::ranges::all_of(
      url, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '[' && c != ']' && c != '"'; });
}

void expect_path_stays_home(const std::string& base, std::string_view path) {
  const std::optional<std::string> url = vendor_apis::toolkit::on_own_origin(base, path);
  if (!url) return;
  AS_CHECK(url->starts_with(base));
  AS_CHECK(vendor_apis::toolkit::origin_of(*url) == vendor_apis::toolkit::origin_of(base));
  const std::string_view sent = std::string_view(*url).substr(base.size());
  AS_CHECK(sent.starts_with('/') && goes_over_the_wire(sent));
  AS_CHECK(vendor_apis::toolkit::on_own_origin(base, sent) == url);
}

void run(std::string_view input) {
  std::array<std::string_view, 3> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  const auto& [origin, link, name] = lines;

  if (const Result<std::string> base = config::parse_origin(origin); base.ok()) {
    const Result<std::string> again = config::parse_origin(*base);
    AS_CHECK(again.ok() && *again == *base);
    AS_CHECK(!vendor_apis::toolkit::origin_of(*base).empty());
    expect_path_stays_home(*base, link);
  }
  expect_path_stays_home("https://api.example.com", link);
  expect_path_stays_home("https://api.example.com:8443", link);

  const vendor_apis::toolkit::Url url = vendor_apis::toolkit::Url("https://api.example.com", "/v1")
                                            .add("first", 1)
                                            .add(name, input)
                                            .add("last", "");
  AS_CHECK(goes_over_the_wire(url.text()));
  const std::optional<std::string> value = vendor_apis::toolkit::query_parameter(url.text(), name);
  AS_CHECK(name == "first" ? value == "1" : value == input);
  vendor_apis::toolkit::query_parameter(link, name);

  if (const Result<std::string> domain = config::parse_domain(link); domain.ok()) {
    AS_CHECK(config::parse_domain(*domain).ok());
    AS_CHECK(config::parse_origin("https://" + *domain).ok());
    AS_CHECK(config::check_host(*domain).ok());
  }
  if (config::check_listen(link).ok()) AS_CHECK(config::check_host(link).ok());
  (void)config::check_proxy(link);
  vendor_apis::toolkit::excerpt(link);
}

std::vector<std::string> seeds() {
  std::string link = "https://a.example\n/v1/x?";
  while (link.size() < large_seed) link += "page[cursor]=%41%zz+b&name&=%00&";
  return {link + "\nlast\n" + std::string(1000, '\xff'),

          "https://fq-api.eu.floqast.app\n/api/v1/"
          "audit-trail?filter[startDate]=2020-04-12&page[cursor]=5e94\npage[cursor]\n5e94",
          "HTTPS://Example.COM:443\nhttps://example.com/next?a=1#top\na\nx y&z",
          "http://127.0.0.1:8080\nhttp://127.0.0.1:8080/?q=%41%zz+b\nq\n\xc3\xa9",
          "https://[2001:db8::1]:8443\nhttps://[2001:db8::1]:8443/x\n\n",
          "https://a.example\nhttps://user:pw@a.example/x\nname\nvalue",
          "https://a.example\n//evil.example/x\nname\nvalue",
          "https://a.example\n[::1]:8083\nname\nvalue",
          "https://a.example\nsocks5h://user:p@ss@proxy.example:1080\nname\nvalue"};
}

}  // namespace

Target links_target() { return {"links", run, seeds}; }

}  // namespace auditstream::fuzz
