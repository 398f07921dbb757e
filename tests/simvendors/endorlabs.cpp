// Endor Labs: POST /v1/auth/api-key exchanges key and secret for a token; GET /v1/namespaces/{ns}/audit-logs
// holds the last 30 days, .../audit-logs/archived what is older; filter expressions, pages by page_id in no
// order. Facts: the vendor's REST API documents and its published SDK; the product page's sample for the
// second shape.
#include <rapidjson/document.h>

#include <algorithm>
#include <iterator>

#include "simvendors/api.h"
#include "simvendors/endor_filter.h"
#include "simvendors/row_writer.h"

namespace auditstream::sim {

namespace {

using test::Reply;
using test::Request;

constexpr std::string_view auth_path = "/v1/auth/api-key";
constexpr Duration active_span = 24h * 30;
constexpr std::string_view operations[] = {"OPERATION_CREATE", "OPERATION_UPDATE", "OPERATION_DELETE",
                                           "OPERATION_UPSERT"};
constexpr std::string_view kinds[] = {"Project", "Policy", "APIKey", "ScanProfile"};

std::string base64url(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += digits[bits >> (count - 6) & 63];
  }
  if (count > 0) out += digits[bits << (6 - count) & 63];
  return out;
}

// What a token says; its text is a JWT whose last part is our own hash.
struct Token {
  std::string credential;
  std::uint64_t number = 0;
  Time expires;
};

std::string signature(const Tenant& tenant, const Token& token) {
  std::string text;
  append_hex(text, mix(tenant.spec.log.seed, token.number), 16);
  return text;
}

std::string token_text(const Tenant& tenant, const Token& token) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(token.expires).time_since_epoch().count();
  return base64url(R"({"alg":"ES256","typ":"JWT"})") + "." +
         base64url("{\"exp\":" + std::to_string(seconds) + ",\"sub\":" + json_string(token.credential) +
                   "}") +
         "." +
         base64url(token.credential + "\n" + std::to_string(token.number) + "\n" +
                   std::to_string(token.expires.time_since_epoch().count()) + "\n" +
                   signature(tenant, token));
}

std::string unbase64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::uint32_t digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                                : c >= '0' && c <= '9' ? c - '0' + 52
                                : c == '-'             ? 62
                                                       : 63;
    bits = bits << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 255);
    }
  }
  return out;
}

// What the last part of a token text holds, and the signature that it claims.
std::optional<std::pair<Token, std::string>> read_token(std::string_view text) {
  const std::string inside = unbase64url(text.substr(text.rfind('.') + 1));
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= inside.size();) {
    const std::size_t end = std::min(inside.find('\n', begin), inside.size());
    parts.push_back(inside.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.size() != 4) return std::nullopt;
  const auto number = parse_number(parts[1]);
  const auto expires = parse_number(parts[2]);
  if (!number || !expires) return std::nullopt;
  return std::pair(Token{parts[0], *number, Time(Duration(static_cast<std::int64_t>(*expires)))}, parts[3]);
}

struct KeyPair {
  std::string key;
  std::string secret;
};

// The body of the exchange: an object with these two members and no other.
std::optional<KeyPair> read_key_pair(std::string_view body) {
  rapidjson::Document json;
  json.Parse(body.data(), body.size());
  if (json.HasParseError() || !json.IsObject() || json.MemberCount() != 2) return std::nullopt;
  for (const char* name : {"key", "secret"}) {
    if (!json.HasMember(name) || !json[name].IsString()) return std::nullopt;
  }
  return KeyPair{json["key"].GetString(), json["secret"].GetString()};
}

class EndorlabsApi final : public Api {
 public:
  std::string_view vendor() const override { return "endorlabs"; }
  const Profile& profile() const override {
    static const std::string path = "/v1/namespaces/acme/audit-logs";
    static const auto filtered = [](std::string_view filter) {
      return path + "?list_parameters.filter=" + encoded(filter);
    };
    static const Profile profile{
        .settings =
            [](const TenantSpec& tenant) {
              return SourceSettings{{"namespace", tenant.name}};
            },
        .secret_setting = "api_secret",
        .key = "endor-key-",
        .secret = "endor-secret-",
        .exchange =
            [](const TenantSpec& tenant) {
              Request request;
              request.method = "POST";
              request.target = auth_path;
              request.headers = {{"content-type", "application/json"}};
              request.body = "{\"key\":" + json_string(tenant.credential) +
                             ",\"secret\":" + json_string(tenant.secret) + "}";
              return request;
            },
        .first_page = path + "?list_parameters.page_size=500",
        .next_page =
            [](const Reply& reply, std::size_t page) {
              // The uneven pages go by offset, the others by id.
              const std::string id = text_at(reply, "/list/response/next_page_id");
              if (id.empty()) return std::string();
              const std::string token = text_at(reply, "/list/response/next_page_token");
              return path + "?list_parameters.page_size=500&list_parameters." +
                     (page % 2 == 1 && !token.empty() ? "page_token=" + token : "page_id=" + id);
            },
        .refused = {path + "?list_parameters.page_size=501", path + "?page_size=100",
                    path + "?list_parameters.page_id=5e94d5b63f557b001420bbe3",
                    path + "?list_parameters.traverse=1", path + "?list_parameters.sort.path=uuid",
                    path + "?list_parameters.sort.path=meta.create_time&list_parameters.page_token=5",
                    filtered("meta.create_time>=2026-11-20T00:00:00Z"),
                    filtered("meta.create_time>=\"2026-11-20T00:00:00Z\""),
                    filtered("meta.create_time>=date(yesterday)"),
                    filtered("meta.create_time >= date(2026-11-20) or x==1"),
                    filtered("create_time>=date(2026-11-20)"),
                    filtered("(meta.create_time>=date(2026-11-20)")},
        .shapes = {"documented", "product_page"},
        .id = "/uuid",
        .time = "/meta/create_time",
        .page = {R"({"list":{"objects":[)", R"(],"response":{"next_page_id":)", "}}}", ""}};
    return profile;
  }
  bool serves(std::string_view path) const override {
    return path == auth_path || (path.starts_with("/v1/namespaces/") &&
                                 (path.ends_with("/audit-logs") || path.ends_with("/audit-logs/archived")));
  }
  std::string_view method(std::string_view path) const override { return path == auth_path ? "POST" : "GET"; }

  std::optional<std::string> credential(const Request& request) const override {
    if (request.path() == auth_path) {
      const auto pair = read_key_pair(request.body);
      return pair ? std::optional<std::string>(pair->key) : std::nullopt;
    }
    const auto text = authorization(request, "Bearer");
    const auto token = text ? read_token(*text) : std::nullopt;
    return token ? std::optional<std::string>(token->first.credential) : std::nullopt;
  }

  Reply error(int status, std::string_view message) const override {
    int code = 13;
    for (const auto& [http, grpc] :
         {std::pair{400, 3}, {401, 16}, {403, 7}, {404, 5}, {405, 12}, {429, 8}, {504, 4}}) {
      if (http == status) code = grpc;
    }
    const std::string details =
        R"({"@type":"type.googleapis.com/internal.endor.ai.endor.v1.HTTPErrorInfo","status_code":)" +
        std::to_string(status) + "}";
    return test::json_reply(status, "{\"code\":" + std::to_string(code) +
                                        ",\"message\":" + json_string(message) + ",\"details\":[" +
                                        (code == 4 ? "" : details) + "]}");
  }

  Reply answer(Tenant& tenant, const Request& request, Time now) const override {
    if (request.path() == auth_path) return exchange(tenant, request, now);
    const auto text = authorization(request, "Bearer");
    const auto token = text ? read_token(*text) : std::nullopt;
    const bool good = token && *text == token_text(tenant, token->first) &&
                      token->second == signature(tenant, token->first);
    if (!good || token->first.expires <= now || token->first.number < tenant.tokens_from) {
      return error(401, "Invalid authorization header: Bearer");
    }
    constexpr std::string_view prefix = "/v1/namespaces/";
    const std::string_view path = request.path().substr(prefix.size());
    const auto name = test::percent_decode(path.substr(0, path.find('/')));
    if (name != tenant.spec.name) return error(403, "Unauthorized request for given endpoint");
    if (const auto timeout = request.header("request-timeout");
        timeout && parse_number(*timeout).value_or(0) == 0) {
      return error(400, "Request-Timeout must be a number of seconds");
    }
    return list(tenant, request, path.ends_with("/archived"), now);
  }

  void render(const Tenant& tenant, Serial serial, std::string& out) const override {
    const std::uint64_t dice = tenant.dice(serial);
    const Time time = tenant.printed(serial);
    const Flaw flaw = tenant.flaw(serial);
    const Person& who = person(dice);
    const bool sample = product_page(tenant);
    RowWriter row(out);
    row.id("uuid", json_string(id(tenant, serial)), flaw);
    row.value("tenant_meta") +=
        "{\"namespace\":\"" + tenant.spec.name + (tenant.child(serial) ? ".child\"}" : "\"}");
    row.value("meta");
    RowWriter meta(out);
    if (meta.may_tell_time("create_time", flaw)) meta.time("create_time", time, digits(tenant, serial));
    meta.time("update_time", time, 9);
    meta.text("name", "audit-log");
    meta.text("kind", "AuditLog");
    meta.text("version", "v1");
    meta.text("created_by", who.email);
    meta.raw("tags", "null");
    meta.end();
    row.value("spec");
    RowWriter spec(out);
    spec.text("operation", sample ? "USER_LOGIN" : operation(dice));
    spec.text("message_kind", sample ? "AuthenticationLog" : message_kind(dice));
    spec.text("message_uuid", uuid(dice, 3));
    spec.value("payload") +=
        "{\"@type\":\"type.googleapis.com/internal.endor.ai.endor.v1.Project\",\"uuid\":\"decoy\",\"value\":";
    out += payload(dice >> 32);
    out += '}';
    if (sample) {
      spec.raw("claims",
               R"([{"subject":"user@example.com","issuer":"endorlabs.com","audience":"api.endorlabs.com"}])");
    } else {
      spec.value("claims") += "[\"user=";
      out += who.email;
      out += "@x509\"]";
    }
    spec.address("remote_address", dice >> 16);
    spec.end();
    if (names_id_twice(dice, flaw)) row.raw("uuid", "\"named twice\"");
    row.end();
  }

  std::string id(const Tenant& tenant, Serial serial) const override {
    return product_page(tenant) ? uuid(tenant.spec.log.seed, serial)
                                : object_id(tenant.spec.log.seed, serial, tenant.log.time(serial));
  }

  Duration precision(const Tenant& tenant, Serial serial) const override {
    return digits(tenant, serial) == 3 ? Duration(1ms) : Duration(1);
  }

 private:
  static bool product_page(const Tenant& tenant) { return tenant.spec.shape == "product_page"; }
  static int digits(const Tenant& tenant, Serial serial) {
    return product_page(tenant) ? 6 : 3 + static_cast<int>(tenant.dice(serial) % 3) * 3;
  }
  static std::string_view operation(std::uint64_t dice) {
    return operations[(dice >> 8) % std::size(operations)];
  }
  static std::string message_kind(std::uint64_t dice) {
    return "internal.endor.ai.endor.v1." + std::string(kinds[(dice >> 10) % std::size(kinds)]);
  }

  Reply exchange(Tenant& tenant, const Request& request, Time now) const {
    if (!request.header("content-type").value_or("").starts_with("application/json")) {
      return error(400, "Content-Type must be application/json");
    }
    if (!request.query().empty()) return error(400, "unknown parameter");
    if (read_key_pair(request.body)->secret != tenant.spec.secret)
      return error(401, "Invalid API key or secret");
    const Token token{tenant.spec.credential, tenant.tokens_issued++, now + tenant.spec.token_lifetime};
    std::string body = "{\"token\":" + json_string(token_text(tenant, token));
    if (!tenant.spec.expiry_field.empty()) {
      body += "," + json_string(tenant.spec.expiry_field) + ":" + json_string(time_text(token.expires, 9));
    }
    return test::json_reply(200, body + ",\"user\":" + json_string(tenant.spec.credential) + "}");
  }

  Reply list(Tenant& tenant, const Request& request, bool archived, Time now) const {
    Query query(request);
    const auto text = query.text("list_parameters.filter");
    const std::uint64_t size = query.number("list_parameters.page_size", 100, 1, 500);
    const std::uint64_t offset = query.number("list_parameters.page_token", 0, 0, UINT32_MAX);
    const auto page_id = query.text("list_parameters.page_id");
    const bool traverse = query.boolean("list_parameters.traverse", false);
    const bool count = query.boolean("list_parameters.count", false);
    const auto sort = query.text("list_parameters.sort.path");
    const auto direction = query.text("list_parameters.sort.order");
    if (sort && *sort != "meta.create_time") query.complain("can't sort by " + *sort);
    if (sort && (page_id || offset > 0)) query.complain("sort conflicts with page_id and page_token");
    const bool newest_first = direction == "SORT_ENTRY_ORDER_DESC";
    if (direction && !newest_first && *direction != "SORT_ENTRY_ORDER_ASC")
      query.complain("unknown sort order");
    const auto start = page_id ? serial_of(tenant, without_gap_mark(*page_id)) : std::nullopt;
    if (page_id && !start) query.complain("unknown page_id");
    const auto parsed = parse_endor_filter(text.value_or("meta.create_time>=date(1970-01-01)"));
    if (!parsed) query.complain(parsed.error().message);
    if (!query.finish()) return error(400, query.complaint());

    Range range = parsed->created;
    if (archived) {
      range.to = std::min(range.to, now - active_span + tenant.spec.archive_overlap);
    } else {
      range.from = std::max(range.from, now - active_span);
    }
    const bool open_end = parsed->created.to == Range{}.to;
    range.to = std::max(range.from, range.to);
    const std::uint64_t touched = tenant.log.between(range.from, range.to).count();
    if (tenant.spec.deadline_rows > 0 && touched > tenant.spec.deadline_rows) {
      return error(504, "context deadline exceeded");
    }
    const Filter filter = [&](Serial row) {
      const std::uint64_t dice = tenant.dice(row);
      return (traverse || !tenant.child(row)) &&
             std::all_of(parsed->equal.begin(), parsed->equal.end(), [&](const auto& condition) {
               return condition.second ==
                      (condition.first == "spec.operation" ? operation(dice) : message_kind(dice));
             });
    };
    const Heard heard = as_heard(tenant, range, open_end, filter, now);
    if (count) {
      const std::uint64_t total = slice(tenant.log, Order::ascending, heard.range, heard.filter, 0, 0).total;
      return test::json_reply(200, "{\"count_response\":{\"count\":" + std::to_string(total) + "}}");
    }
    KeySlice rows;
    if (sort) {
      rows.rows = slice(tenant.log, newest_first ? Order::descending : Order::ascending, heard.range,
                        heard.filter, 0, size)
                      .rows;
    } else {
      rows = key_slice(tenant.log, tenant.spec.order.value_or(Order::unsorted), heard.range, heard.filter,
                       start, offset + size);
      rows.rows.erase(rows.rows.begin(),
                      rows.rows.begin() + static_cast<std::ptrdiff_t>(std::min(offset, rows.rows.size())));
    }
    if (tenant.spec.endless_pages && !rows.next && !rows.rows.empty()) rows.next = rows.rows.back();
    lose_at_border(tenant, !page_id && offset == 0, rows.rows);
    const bool gap = !sort && gap_before(tenant, rows.rows, page_id.value_or(""));
    if (gap) rows = KeySlice{{}, rows.rows.front()};
    std::string body = "{\"list\":{\"objects\":[";
    append_rows(*this, tenant, rows.rows, body);
    body += "],\"response\":{";
    if (rows.next) {
      body += "\"next_page_id\":" + json_string(id(tenant, *rows.next) + std::string(gap ? gap_mark : ""));
      if (!page_id && !gap) body += ",\"next_page_token\":" + std::to_string(offset + size);
    }
    body += "}}}";
    return test::json_reply(200, std::move(body));
  }

  std::optional<Serial> serial_of(const Tenant& tenant, std::string_view id) const {
    const auto serial = product_page(tenant) ? uuid_serial(id) : object_serial(tenant.spec.log.seed, id);
    return serial && *serial < tenant.log.size() && this->id(tenant, *serial) == id ? serial : std::nullopt;
  }
};

}  // namespace

const Api& endorlabs_api() {
  static const EndorlabsApi api;
  return api;
}

}  // namespace auditstream::sim
