#include "probe/words.h"

namespace auditstream::probe {

std::string counted(std::uint64_t number, std::string_view noun) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string example_of(const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  const Row& row = rows.front();
  return "id " + row.id + " of " + (row.time ? format_rfc3339(*row.time) : "no readable time") +
         (rows.size() > 1 ? ", for example" : "");
}

std::string words_of(const Refusal& refusal) {
  return std::string(to_string(refusal.kind)) +
         (refusal.status == 0 ? "" : " (" + std::to_string(refusal.status) + ")") + ": " + refusal.message;
}

std::string why_not(const Answered& answered) {
  switch (answered.end) {
    case End::last_page:
      return "";
    case End::more:
      return "too many rows for the requests that may be sent";
    case End::endless:
      return "the reading did not end";
    case End::refused:
      return answered.refusal ? words_of(*answered.refusal) : "refused";
    case End::stopped:
      return "not asked any more";
  }
  return "";
}

}  // namespace auditstream::probe
