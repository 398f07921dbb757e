// HTTP messages, as far as the server's responses depend on them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditstream::admin {

struct HttpRequest {
  std::string method;
  std::string path;                                           // percent-decoded, without the query
  std::multimap<std::string, std::string> query{};            // percent-decoded
  std::map<std::string, std::string, std::less<>> headers{};  // names in lower case, the first of each
  std::string body{};
};

// Fills in path and query from the target of the request line.
void read_target(std::string_view target, HttpRequest& into);

// Whether this request uses its body; that of any other need not be read.
bool takes_body(const HttpRequest& request);

struct HttpResponse {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
};

// Connect's shape: {"error_code":404,"message":"..."}.
HttpResponse error_response(int status, const std::string& message);

}  // namespace auditstream::admin
