#include "support/tls_server.h"

#include <stdexcept>

#include "support/until.h"

namespace auditstream::test {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const Finished finished = run_to_end(arguments);
  if (finished.status != 0) throw std::runtime_error("openssl fails:\n" + finished.err);
}

std::vector<std::string> serving(const Certificate& certificate, const std::vector<std::string>& more) {
  std::vector<std::string> command{"openssl", "s_server",         "-www", "-accept",        "127.0.0.1:0",
                                   "-cert",   certificate.file(), "-key", certificate.key()};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

}  // namespace

// `req -x509` can't choose the dates, `ca` can.
Certificate::Certificate(const Options& options) {
  const std::string at = folder() / "";
  write_file(at + "index.txt", "");
  write_file(at + "serial", "01\n");
  write_file(at + "ca.cnf",
             "[ca]\ndefault_ca = one\n[one]\ndatabase = " + at + "index.txt\nserial = " + at +
                 "serial\nnew_certs_dir = " + at +
                 "\ndefault_md = sha256\npolicy = any\nx509_extensions = extensions\n"
                 "[any]\ncommonName = supplied\n[extensions]\nbasicConstraints = critical,CA:TRUE\n"
                 "subjectAltName = " +
                 options.names + "\n");
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
           "/CN=auditstream test", "-keyout", key(), "-out", at + "request.pem"});
  openssl({"ca", "-batch", "-notext", "-config", at + "ca.cnf", "-selfsign", "-keyfile", key(), "-in",
           at + "request.pem", "-startdate", options.from, "-enddate", options.to, "-out", file()});
}

TlsServer::TlsServer(const Certificate& certificate, const std::vector<std::string>& more)
    : child_(serving(certificate, more)) {
  const std::string listening = "ACCEPT ";  // once the socket listens
  until("s_server listens", std::chrono::seconds(20), [&] {
    for (const std::string& line : lines_of(child_.out())) {
      if (line.starts_with(listening)) address_ = line.substr(listening.size());
    }
    return !address_.empty();
  });
}

}  // namespace auditstream::test
