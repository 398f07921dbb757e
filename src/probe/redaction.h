// What came from a vendor, without what identifies people or the tenant, so that it can be shown to others.
// Pure; the same text is replaced by the same text throughout.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"

namespace auditstream::probe {

class Redaction {
 public:
  Redaction(const Source& source, const Secrets& secrets);

  // The source with its tenant and its addresses replaced.
  const Source& source() const { return redacted_; }

  // Any text: secrets, the tenant, its host, mail and IP addresses.
  std::string text(std::string_view text);
  // A response's body. In JSON, strings are replaced unless they are known to say nothing of anybody: ids, times,
  // what happened, links, words such as a type or a status.
  std::string body(std::string_view body);
  // An address on the vendor's host, or on another one, whose query may be a signature.
  std::string address(std::string_view url);

 private:
  std::string value(std::string_view key, std::string_view text);
  bool is_kept(std::string_view key) const;
  const std::string& instead_of(std::map<std::string, std::string, std::less<>>& known, std::string_view text,
                                std::string_view before, std::string_view after = "");

  Source redacted_;
  std::vector<std::pair<std::string, std::string>> fixed_;  // text and what stands for it
  std::vector<std::string> kept_keys_;                      // of ids, times and what happened
  std::map<std::string, std::string, std::less<>> mails_, addresses_, names_, texts_, elsewhere_;
};

}  // namespace auditstream::probe
