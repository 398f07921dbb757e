// A TLS server with a certificate made for the test: OpenSSL's own `openssl s_server`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/child.h"

namespace auditstream::test {

// Self-signed, so it is its own CA; in a folder that goes with the object.
class Certificate {
 public:
  struct Options {
    std::string names = "IP:127.0.0.1";
    std::string from = "20240101000000Z";
    std::string to = "20480101000000Z";
  };
  explicit Certificate(const Options& options);

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string file() const { return folder() / "cert.pem"; }
  std::string key() const { return folder() / "key.pem"; }

 private:
  TemporaryDirectory folder_;
};

class TlsServer {
 public:
  // `more` are options of s_server.
  explicit TlsServer(const Certificate& certificate, const std::vector<std::string>& more = {});

  const std::string& address() const { return address_; }  // "127.0.0.1:41234"
  std::string url() const { return "https://" + address_ + "/"; }

 private:
  Child child_;
  std::string address_;
};

}  // namespace auditstream::test
