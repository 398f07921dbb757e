// The table of vendors: one line each, in the order of their names. Also what a vendor need not say.
#include "vendor/registry.h"

#include "auditstream/check.h"

namespace auditstream {

const std::vector<const Vendor*>& vendors() {
  // clang-format off
  static const std::vector<const Vendor*> table{
      &captivateiq(),
      &endorlabs(),
      &floqast(),
      &tines(),
      &workato(),
  };
  // clang-format on
  return table;
}

const Vendor* find_vendor(std::string_view name) {
  for (const Vendor* vendor : vendors()) {
    if (vendor->name() == name) return vendor;
  }
  return nullptr;
}

// Only called where exchanges_token(), and such a vendor has its own.
http::Request Vendor::token_request(const Source&, const Secrets&) const {
  AS_CHECK(exchanges_token());
  AS_CHECK(false);
}

std::variant<Token, Refusal> Vendor::read_token(const Source&, const http::Response&, Time) const {
  AS_CHECK(exchanges_token());
  AS_CHECK(false);
}

}  // namespace auditstream
