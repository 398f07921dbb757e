// The vendors' only declarations: each is one .cpp without a header.
#pragma once

#include "auditstream/vendor.h"

namespace auditstream {

const Vendor& captivateiq();
const Vendor& endorlabs();
const Vendor& floqast();
const Vendor& tines();
const Vendor& workato();

}  // namespace auditstream
