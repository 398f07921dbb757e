// Impostor: an HTTPS server whose certificate nobody has signed.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "support/child.h"
#include "support/until.h"

namespace auditstream::test {

class Impostor {
 public:
  std::string origin() const { return "https://127.0.0.1:" + port_; }

 private:
  static std::string certificate(const std::filesystem::path& directory) {
    const std::string file = (directory / "impostor.pem").string();
    const Finished made = run_to_end({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                                      "/CN=127.0.0.1", "-keyout", file, "-out", file + ".crt"});
    EXPECT_EQ(made.status, 0) << made.err;
    return file;
  }
  std::string port() const {
    return until("it listens", 30s,
                 [&]() -> std::optional<std::string> {
                   const std::string said = server_.out();
                   const std::size_t begin = said.find("ACCEPT ");
                   const std::size_t end = said.find('\n', begin);
                   if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
                   const std::size_t colon = said.rfind(':', end);
                   return said.substr(colon + 1, end - colon - 1);
                 })
        .value();
  }

  TemporaryDirectory directory_;
  const std::string file_ = certificate(directory_.path());
  Child server_{
      {"openssl", "s_server", "-accept", "127.0.0.1:0", "-key", file_, "-cert", file_ + ".crt", "-www"}};
  const std::string port_ = port();
};

}  // namespace auditstream::test
