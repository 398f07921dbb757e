// What came from a vendor, without what identifies people or the tenant, so that it can be shown to others.
// Pure; the same text is replaced by the same text throughout.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/vendor.h"
#include "probe/personal.h"

namespace auditstream::probe {

class Redaction {
 public:
  Redaction(const Source& source, const Secrets& secrets);

  // The source with its tenant and its addresses replaced.
  const Source& source() const { return redacted_; }

  // Of these no spelling may stand anywhere either: tokens, and credentials that are wrong on purpose.
  void hide(const Secrets& secrets, const std::optional<Token>& token);

  // Any text: secrets, the tenant, its host, mail and IP addresses.
  std::string text(std::string_view text);
  // A response's body. In JSON, strings are replaced unless they are known to say nothing of anybody: machines' ids, times,
  // and in one word what happened, links of paging, a type or a status. Valid JSON stays valid. Of other text only a single
  // word stays.
  std::string body(std::string_view body);
  // An address on the vendor's host, or on another one, whose query may be a signature. Of the vendor's own only known paths
  // stay.
  std::string address(std::string_view url);
  // Links to the path of this request, as the vendor's file makes it of `source()`, are links of paging.
  void know_path(std::string_view url);

 private:
  using Replaced = std::map<std::string, std::string, std::less<>>;

  std::string without_people(std::string text);
  const std::string& stand_in_for(Personal::Kind kind, const std::string& found);
  bool is_framed_stand_in(std::string_view text) const;
  std::string without_tenant(std::string_view given) const;
  std::string link(std::string_view url);
  std::string listed(const std::vector<std::string>& segments, std::string_view written);
  std::string json(std::string_view body);
  // `hidden`: nothing that stands there may stay.
  std::string value(const std::string& key, bool hidden, std::string_view written);
  std::string number(bool hidden, std::string_view written);
  std::string name(std::string_view written);
  static const std::string& instead_of(Replaced& known, std::string_view text, std::string_view word);

  Source redacted_;
  std::set<std::string> secrets_;
  std::vector<std::pair<std::string, std::string>>
      fixed_;                           // the tenant and its host in lower case, and what stands for them
  std::vector<std::string> kept_keys_;  // of ids, times and what happened
  Replaced people_, names_, texts_, ids_, numbers_, links_, elsewhere_;
  std::set<std::string, std::less<>> paths_;
  std::set<std::string, std::less<>> stand_ins_;
  std::size_t mails_ = 0, ipv4s_ = 0, ipv6s_ = 0;
};

}  // namespace auditstream::probe
