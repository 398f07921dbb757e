// From OpenSSL's verdict on a certificate to what a person can mend.
#pragma once

#include <string_view>

#include "auditstream/http.h"

namespace auditstream {

// `verify_error` is an X509_V_ERR_*, 0 for a certificate that is good.
http::CertificateFault certificate_fault(int verify_error);

// "its certificate has expired": why there is no secure connection to a server.
std::string_view certificate_words(http::CertificateFault fault);

}  // namespace auditstream
