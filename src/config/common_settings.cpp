#include "config/common_settings.h"

#include <algorithm>
#include <limits>

#include "auditstream/json.h"
#include "config/endpoint.h"
#include "config/expansion.h"
#include "config/findings.h"
#include "config/nearest.h"
#include "config/rate.h"
#include "vendor_apis/registry.h"

namespace auditstream::config {
namespace {

constexpr Duration poll_interval_min = 100ms;
constexpr Duration poll_interval_max = 24h * 7;
constexpr Duration overlap_max = 24h;
constexpr long lanes_max = 64;
constexpr std::size_t name_length_max = 64;
constexpr std::size_t account_bytes_max = 249;
constexpr std::size_t ca_file_bytes_max = 16 << 20;

Status apply_name(const std::string& value, Draft& draft) {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_later = [&](char c) { return is_first(c) || c == '.' || c == '_' || c == '-'; };
  if (value.size() > name_length_max || !is_first(value[0]) ||
      !std::all_of(value.begin(), value.end(), is_later)) {
    return Error{in_quotes(value) +
                 " is not a name: at most 64 of a-z, 0-9, \".\", \"_\", \"-\", the first a letter or digit"};
  }
  draft.source.name = value;
  return success();
}

Status apply_vendor(const std::string& value, Draft& draft) {
  draft.source.api = vendor_apis::find_vendor(value);
  if (draft.source.api == nullptr) {
    std::vector<std::string> names;
    for (const Vendor* vendor : vendor_apis::vendors()) names.emplace_back(vendor->name());
    return Error{in_quotes(value) + " is not one of " + listed(names) + did_you_mean(value, names)};
  }
  draft.source.vendor = value;
  return success();
}

Status apply_backfill_start_time(const std::string& value, Draft& draft) {
  const Result<Time> time = parse_rfc3339(value);
  if (!time.ok()) return time.error();
  if (*time > draft.now) return Error{in_quotes(value) + " lies in the future"};
  draft.source.backfill_start_time = *time;
  return success();
}

Status apply_poll_interval(const std::string& value, Draft& draft) {
  const Result<Duration> interval = parse_duration_within(value, poll_interval_min, poll_interval_max);
  if (!interval.ok()) return interval.error();
  draft.source.poll_interval = *interval;
  return success();
}

Status apply_overlap(const std::string& value, Draft& draft) {
  const Result<Duration> overlap = parse_duration_within(value, Duration{0}, overlap_max);
  if (!overlap.ok()) return overlap.error();
  draft.source.overlap = *overlap;
  return success();
}

Status apply_backfill(const std::string& value, Draft& draft) {
  if (Status known = check_choice(value, {"alongside", "first"}); !known.ok()) return known;
  draft.source.history_alongside = value == "alongside";
  return success();
}

Status apply_lanes(const std::string& value, Draft& draft) {
  if (value == "auto") {
    draft.source.lanes = 0;
    return success();
  }
  const Result<long> lanes = parse_number(value, 1, lanes_max);
  if (!lanes.ok()) return Error{lanes.error().message + ", nor auto"};
  draft.source.lanes = static_cast<unsigned>(*lanes);
  return success();
}

Status apply_account(const std::string& value, Draft& draft) {
  if (value.size() > account_bytes_max) return Error{in_quotes(value) + " is longer than 249 bytes"};
  draft.source.account = value;
  return success();
}

Status apply_rate_limit(const std::string& value, Draft& draft) {
  const Result<RateSpec> rate = parse_rate(value);
  if (!rate.ok()) return rate.error();
  draft.source.rate_limit.push_back(*rate);
  return success();
}

Status apply_page_size(const std::string& value, Draft& draft) {
  const Result<long> size = parse_number(value, 1, std::numeric_limits<std::uint32_t>::max());
  if (!size.ok()) return size.error();
  if (draft.source.api != nullptr && *size > draft.source.api->traits().page_size_max) {
    return Error{value + " is more than " + std::string(draft.source.api->title()) + "'s maximum of " +
                 std::to_string(draft.source.api->traits().page_size_max)};
  }
  draft.source.page_size = static_cast<std::uint32_t>(*size);
  return success();
}

Status apply_base_url(const std::string& value, Draft& draft) {
  Result<std::string> origin = parse_origin(value);
  if (!origin.ok()) return origin.error();
  draft.source.base_url = *origin;
  return success();
}

Status apply_ca_file(const std::string& value, Draft& draft) {
  const Result<std::string> readable = read_whole_file(value, ca_file_bytes_max);
  if (!readable.ok()) return Error{"can't read " + in_quotes(value) + ": " + readable.error().message};
  draft.route.ca_file = value;
  return success();
}

Status apply_proxy(const std::string& value, Draft& draft) {
  Status valid = check_proxy(value);
  if (valid.ok()) draft.route.proxy = value;
  return valid;
}

Status apply_time_field(const std::string& value, Draft& draft) {
  Status valid = json::validate_pointer(value);
  if (valid.ok()) draft.source.time_field = value;
  return valid;
}

// Only the pattern: its placeholders are filled in once name and vendor are known to be valid.
Status apply_topic(const std::string& value, Draft& draft) {
  draft.source.topic = value;
  return success();
}

Status apply_key(const std::string& value, Draft& draft) {
  if (value != "id" && value != "actor" && value != "source") {
    const Status pointer = json::validate_pointer(value);
    if (!pointer.ok())
      return Error{in_quotes(value) +
                   " is neither id, nor actor, nor source, nor a JSON pointer such as /user/id"};
  }
  draft.source.key = value;
  return success();
}

Status apply_enabled(const std::string& value, Draft& draft) {
  const Result<bool> enabled = parse_boolean(value);
  if (!enabled.ok()) return enabled.error();
  draft.source.enabled = *enabled;
  return success();
}

}  // namespace

const std::vector<CommonSetting>& common_settings() {
  static const std::vector<CommonSetting> settings{
      {"name", "", "", false, "Unique name of the source and key of its cursor.", apply_name, true},
      {"vendor", "", "", false, "Which API to poll.", apply_vendor, true},
      {"backfill_start_time", "", "now", false,
       "RFC3339 time with zone, not in the future, from which on a new source is read.",
       apply_backfill_start_time},
      {"poll_interval", "30s", "", false, "Least time between two polls; the rate budget may ask for more.",
       apply_poll_interval},
      {"overlap", "10m", "", false, "How late an event may appear in the vendor's log and still be caught.",
       apply_overlap},
      {"backfill", "alongside", "", false,
       "alongside: a past of more than an hour is read beside what happens now; first: before it, in one ascending order.",
       apply_backfill},
      {"lanes", "auto", "", false,
       "Windows read at the same time while catching up: auto (at most 8) or 1 to 64.", apply_lanes},
      {"account", "", "the name", false, "Sources with the same account share one rate budget and one shard.",
       apply_account, true},
      {"rate_limit", "", "the vendor's", true,
       "One rate or a list, such as 1000/min, 10/s or 1000/6s; replaces all of the vendor's.",
       apply_rate_limit},
      {"page_size", "", "the vendor's", false, "Events asked for with one request.", apply_page_size},
      {"base_url", "", "what the vendor's settings imply", false,
       "https://host[:port] to ask instead; http:// to a loopback address only.", apply_base_url, true},
      {"ca_file", "", "the system's CAs", false, "PEM file of the CAs to trust.", apply_ca_file},
      {"proxy", "", "HTTPS_PROXY and NO_PROXY", false, "URL of the proxy to use.", apply_proxy},
      {"time_field", "", "the vendor's", false,
       "JSON pointer to the event's time, where it is not where the vendor usually has it.", apply_time_field,
       true},
      {"topic", "", "topics.events", false,
       "Topic of this source's events; {vendor} and {source} are filled in.", apply_topic, true},
      {"key", "id", "", false,
       "Record key: id (of the event), actor (who acted), source, or a JSON pointer into the event.",
       apply_key, true},
      {"enabled", "true", "", false, "false keeps the cursor and stops polling.", apply_enabled},
  };
  return settings;
}

}  // namespace auditstream::config
