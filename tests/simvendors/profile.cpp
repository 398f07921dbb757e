#include "simvendors/profile.h"

#include "auditstream/json.h"

namespace auditstream::sim {

std::string text_at(const test::Reply& reply, std::string_view pointer) {
  return json::scalar_at(*reply.body, pointer).value_or("");
}

std::string target_of(std::string link) {
  const std::size_t host = link.find("://");
  return host == link.npos ? link : link.substr(link.find('/', host + 3));
}

std::vector<std::string> rows_of(const std::string& body) {
  std::vector<std::string> rows;
  int depth = 0;
  bool in_text = false;
  std::size_t from = 0;
  for (std::size_t i = body.starts_with('[') ? 1 : body.find("\":[") + 3; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (depth++ == 0) from = i;
    } else if (c == '}' || c == ']') {
      if (depth == 0) break;
      if (--depth == 0) rows.push_back(body.substr(from, i + 1 - from));
    }
  }
  return rows;
}

}  // namespace auditstream::sim
