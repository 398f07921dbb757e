#include "base/certificate.h"

#include <openssl/x509_vfy.h>

#include "auditstream/check.h"

namespace auditstream {

http::CertificateFault certificate_fault(int verify_error) {
  using enum http::CertificateFault;
  switch (verify_error) {
    case X509_V_OK:
      return none;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return authority;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return not_yet_valid;
    default:
      return other;
  }
}

std::string_view certificate_words(http::CertificateFault fault) {
  switch (fault) {
    case http::CertificateFault::authority:
      return "nobody who is trusted has signed its certificate";
    case http::CertificateFault::name:
      return "its certificate is for another host";
    case http::CertificateFault::expired:
      return "its certificate has expired";
    case http::CertificateFault::not_yet_valid:
      return "its certificate is not valid yet";
    case http::CertificateFault::ours:
      return "it wants a client's certificate";
    case http::CertificateFault::none:
    case http::CertificateFault::other:
      return "the handshake failed";
  }
  AS_CHECK(false);
}

}  // namespace auditstream
