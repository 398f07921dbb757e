#include "admin/api.h"

#include <rapidjson/document.h>

#include <algorithm>

#include "admin/documents.h"

namespace auditstream::admin {
namespace {

using Answer = std::variant<HttpResponse, Change, Loan>;

HttpResponse found(const json::Value& document) { return HttpResponse{200, document.text()}; }

HttpResponse not_allowed(const std::string& allowed, const std::string& hint = "") {
  HttpResponse response = error_response(405, "this path takes " + allowed + hint);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

constexpr const char* sources_are_config = ": sources come from the config file, which SIGHUP reads again";

// True for a bare "?name", too; nothing if the value is neither true nor false.
std::optional<bool> flag(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  if (found == request.query.end() || found->second == "false") return false;
  return found->second.empty() || found->second == "true" ? std::optional(true) : std::nullopt;
}

Answer list_connectors(const HttpRequest& request, const std::vector<SourceView>& views) {
  bool info = false, status = false;
  for (auto [expand, end] = request.query.equal_range("expand"); expand != end; ++expand) {
    if (expand->second != "info" && expand->second != "status")
      return error_response(400, "expand: \"" + expand->second + "\" is not one of info, status");
    (expand->second == "info" ? info : status) = true;
  }
  return found(connectors(views, info, status));
}

const rapidjson::Value* member(const rapidjson::Value* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  return found == object->MemberEnd() ? nullptr : &found->value;
}

// {"offsets":[{"partition":{"source":"acme"},"offset":{"watermark":"2026-11-20T12:00:00Z"}}]}
Answer read_offsets_patch(const HttpRequest& request, Change change, Time now) {
  const std::string& name = change.source->name;
  const auto wrong = [&](const std::string& what) {
    return error_response(400,
                          what + "; expected {\"offsets\":[{\"partition\":{\"source\":\"" + name +
                              "\"},\"offset\":{\"watermark\":\"2026-11-20T12:00:00Z\"}}]}, with an offset of "
                              "null to begin anew");
  };
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(request.body.data(),
                                                                                         request.body.size());
  if (document.HasParseError())
    return wrong("the body is no JSON (at byte " + std::to_string(document.GetErrorOffset()) + ")");
  const rapidjson::Value* offsets = member(&document, "offsets");
  if (offsets == nullptr || !offsets->IsArray() || offsets->Size() != 1)
    return wrong("the body must have \"offsets\" with exactly one entry");
  const rapidjson::Value& entry = (*offsets)[0];
  const rapidjson::Value* source = member(member(&entry, "partition"), "source");
  if (source == nullptr || !source->IsString() || source->GetString() != name)
    return wrong("offsets[0].partition.source must be \"" + name + "\"");
  const rapidjson::Value* offset = member(&entry, "offset");
  if (offset == nullptr) return wrong("offsets[0].offset is missing");
  if (offset->IsNull()) {
    change.kind = Change::Kind::reset;
    return change;
  }
  const rapidjson::Value* watermark = member(offset, "watermark");
  if (watermark == nullptr || !watermark->IsString())
    return wrong("offsets[0].offset.watermark is missing or no text");
  const Result<Time> position = parse_rfc3339(watermark->GetString());
  if (!position.ok()) return wrong("offsets[0].offset.watermark: " + position.error().message);
  if (*position > now) {
    return wrong("offsets[0].offset.watermark: " + format_rfc3339(*position) +
                 " lies in the future; now it is " + format_rfc3339(now));
  }
  change.position = *position;
  return change;
}

Answer of_offsets(const HttpRequest& request, bool get, const SourceView& view, Time now) {
  if (get) {
    // No cursor is not the same as no known cursor.
    if (!view.known && !view.cursor) return error_response(503, view.error);
    return found(connector_offsets(view));
  }
  const std::optional<bool> allow_skip = flag(request, "allow_skip"), yes = flag(request, "yes");
  for (const auto& [name, value] : {std::pair{"allow_skip", allow_skip}, {"yes", yes}}) {
    if (!value) {
      return error_response(400, std::string(name) + ": \"" + request.query.find(name)->second +
                                     "\" is not one of true, false");
    }
  }
  Change change{Change::Kind::set, view.source, {}, *allow_skip, *yes};
  if (request.method == "PATCH") return read_offsets_patch(request, std::move(change), now);
  if (request.method != "DELETE") return not_allowed("GET, PATCH, DELETE");
  change.kind = Change::Kind::reset;
  return change;
}

Answer of_source(const HttpRequest& request, const std::string& action, const SourceView& view, Time now) {
  const bool get = request.method == "GET" || request.method == "HEAD";
  const Source& source = *view.source;
  const auto read_only = [&](const json::Value& body) {
    return get ? found(body) : not_allowed("GET", sources_are_config);
  };
  const auto change = [&](const char* method, Change::Kind kind, int status) -> Answer {
    if (request.method != method) return not_allowed(method);
    return Change{kind, view.source, {}, false, false, HttpResponse{status}};
  };
  if (action.empty()) return read_only(connector_info(source));
  if (action == "status") return read_only(connector_status(view));
  if (action == "config") return read_only(connector_config(source));
  if (action == "tasks") return read_only(connector_tasks(source));
  if (action == "tasks/0/status") return read_only(task_status(view));
  if (action == "topics") return read_only(connector_topics(source));
  if (action == "offsets") return of_offsets(request, get, view, now);
  if (action == "pause") return change("PUT", Change::Kind::pause, 202);
  if (action == "resume") return change("PUT", Change::Kind::resume, 202);
  if (action == "restart" || action == "tasks/0/restart") return change("POST", Change::Kind::restart, 204);
  return error_response(404, "there is nothing at " + request.path);
}

// "acme" of /sources/acme/requests.
std::optional<std::string> borrower(const std::string& path) {
  constexpr std::string_view prefix = "/sources/", suffix = "/requests";
  if (!path.starts_with(prefix) || !path.ends_with(suffix) || path.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  return path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
}

}  // namespace

HttpResponse not_lent(const Loan& loan, const std::string& instance) {
  // Whoever pauses a source over HTTP opens its partition under a name that begins so.
  if (!loan.owner || loan.owner->starts_with(instance))
    return error_response(503, loan.source + " is not polled by " + instance + " yet: ask again");
  return error_response(409, loan.source + " is polled by " + *loan.owner + ", not by " + instance +
                                 ": its requests are not counted here");
}

Answer answer(const HttpRequest& request, const Identity& identity, const KafkaView& kafka,
              const ConfigView& config, const std::function<std::vector<SourceView>()>& views, Time now) {
  const bool get = request.method == "GET" || request.method == "HEAD";
  const std::string& path = request.path;
  if (path == "/") {
    if (!get) return not_allowed("GET");
    return found(json::object({{"version", identity.version},
                               {"commit", identity.commit},
                               {"kafka_cluster_id", identity.cluster_id}}));
  }
  if (path == "/sources") {
    if (!get) return not_allowed("GET", sources_are_config);
    return found(sources(identity, kafka, config, views(), now));
  }
  if (path == "/connectors" || path == "/connectors/") {
    if (!get) return not_allowed("GET", sources_are_config);
    return list_connectors(request, views());
  }
  if (const std::optional<std::string> source = borrower(path)) {
    if (request.method != "POST") return not_allowed("POST");
    const std::vector<SourceView> all = views();
    const auto view =
        std::ranges::find(all, *source, [](const SourceView& each) { return each.source->name; });
    if (view == all.end()) return error_response(404, "Source " + *source + " not found");
    return Loan{*source, view->owner};
  }
  const std::string prefix = "/connectors/";
  if (!path.starts_with(prefix)) return error_response(404, "there is nothing at " + path);
  const std::size_t slash = path.find('/', prefix.size());
  const std::string name = path.substr(prefix.size(), slash - prefix.size());
  const std::string action = slash == std::string::npos ? "" : path.substr(slash + 1);
  const std::vector<SourceView> all = views();
  const auto view =
      std::ranges::find_if(all, [&](const SourceView& each) { return each.source->name == name; });
  if (view == all.end()) return error_response(404, "Connector " + name + " not found");
  return of_source(request, action, *view, now);
}

}  // namespace auditstream::admin
