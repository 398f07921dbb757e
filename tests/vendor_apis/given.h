// What a vendor is given in the tests of this folder: a source, its secrets and an answer, each in one line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/vendor.h"

namespace auditstream::vendor_apis {

// Settings as text; lists with commas between their values. Beside the vendor's own: base_url, time_field,
// page_size.
using Settings = std::map<std::string, std::string>;

// The source that the config would make of these settings. Unknown settings fail the test.
Source given_source(const Vendor& vendor, const Settings& settings);

// Enough settings for any source of the vendor.
Source any_source(const Vendor& vendor);

// For every secret of the vendor a value that is recognised wherever it turns up.
Secrets given_secrets(const Vendor& vendor);

// The token where the vendor exchanges its secrets for one.
std::optional<Token> given_token(const Vendor& vendor);

// Every text that may not leave the headers of a request.
std::vector<std::string> secret_texts(const Vendor& vendor);

http::Response given_response(int status, std::string body, std::vector<http::Header> headers = {});
http::Response given_failure(http::Transport transport, std::string detail);

// An ask for a day in 2025, page after page.
PageRequest any_ask(const Vendor& vendor, std::string token = "");

}  // namespace auditstream::vendor_apis
