#include "bench/audit_log.h"

#include <algorithm>

#include "auditstream/check.h"

namespace auditstream::bench {
namespace {

constexpr std::string_view id_hole = "1000000000";
constexpr std::string_view time_hole = "2026-01-01T00:00:00Z";
constexpr std::string_view created_us_hole = "1700000000000000";

void patch_number(char* end, std::uint64_t value, std::size_t digits) {
  for (; digits > 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

void patch_time(char* out, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto seconds =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time - day).count());
  patch_number(out + 4, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  patch_number(out + 7, static_cast<unsigned>(date.month()), 2);
  patch_number(out + 10, static_cast<unsigned>(date.day()), 2);
  patch_number(out + 13, seconds / 3600, 2);
  patch_number(out + 16, seconds / 60 % 60, 2);
  patch_number(out + 19, seconds % 60, 2);
}

}  // namespace

std::uint64_t AuditLog::before(Time time) const {
  if (time <= start) return 0;
  const auto whole = static_cast<std::uint64_t>((time - start + spacing - Duration{1}) / spacing);
  return std::min(whole, count);
}

Row::Row(std::string_view time_key) {
  text_ =
      R"({"id":)" + std::string(id_hole) + R"(,")" + std::string(time_key) + R"(":")" +
      std::string(time_hole) +
      R"(","operation_name":"StoryItemsMovement","user_id":7642,"user_email":"jordan.reyes@acme.example",)"
      R"("user_name":"Jordan Reyes","tenant_id":311,"request_ip":"203.0.113.77","request_user_agent":)"
      R"("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) )"
      R"(Chrome/131.0.0.0 Safari/537.36","inputs":{"created_us":)" +
      std::string(created_us_hole) +
      R"(,"storyId":88213,"storyName":"Phishing triage","agentIds":[401,402,403],"delta":{"x":120,"y":-45},)"
      R"("note":")";
  constexpr std::string_view end = R"("}})";
  AS_CHECK(text_.size() + end.size() < event_bytes);
  constexpr std::string_view words = "moved three actions next to each other; ";
  while (text_.size() + end.size() < event_bytes) text_ += words[text_.size() % words.size()];
  text_ += end;
  id_at_ = text_.find(id_hole);
  time_at_ = text_.find(time_hole);
  created_us_at_ = text_.find(created_us_hole);
}

void Row::append(std::string& out, std::uint64_t number, Time time) const {
  out += text_;
  char* const row = out.data() + out.size() - text_.size();
  patch_number(row + id_at_ + id_hole.size(), first_id + number, id_hole.size());
  patch_time(row + time_at_, time);
  patch_number(row + created_us_at_ + created_us_hole.size(),
               static_cast<std::uint64_t>(time.time_since_epoch().count()), created_us_hole.size());
}

}  // namespace auditstream::bench
