#include "admin/http_message.h"

#include <algorithm>

#include "auditstream/json_writer.h"
#include "base/url.h"

namespace auditstream::admin {

void read_target(std::string_view target, HttpRequest& into) {
  target = target.substr(0, target.find('#'));
  const std::size_t mark = std::min(target.find('?'), target.size());
  into.path = percent_decode(target.substr(0, mark));
  for (auto& parameter : read_query(target.substr(std::min(mark + 1, target.size()))))
    into.query.insert(std::move(parameter));
}

bool takes_body(const HttpRequest& request) {
  return request.method == "PATCH" && request.path.starts_with("/connectors/") &&
         request.path.ends_with("/offsets");
}

HttpResponse error_response(int status, const std::string& message) {
  return HttpResponse{status, json::object({{"error_code", status}, {"message", message}}).text()};
}

}  // namespace auditstream::admin
