// Whether a vendor's file asks and reads as a transcript says.
#pragma once

#include "vendor_apis/transcript.h"

namespace auditstream::vendor_apis {

void expect_as_it_says(const Vendor& vendor, const Transcript& transcript);

}  // namespace auditstream::vendor_apis
