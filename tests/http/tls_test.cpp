// Whom CurlClient trusts, and what it says of whom it doesn't.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "http/exchange.h"
#include "support/tls_server.h"

namespace auditstream::http {
namespace {

using test::Certificate;
using test::TlsServer;
using testing::HasSubstr;

Request trusting(std::string url, const std::string& ca_file) {
  Request request = get(std::move(url));
  request.route = std::make_shared<const Route>(Route{.ca_file = ca_file, .proxy = ""});
  return request;
}

TEST(Tls, ACertificateNobodyVouchesForIsRefused) {
  const Certificate certificate({});
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, get(server.url()));
  EXPECT_EQ(response.transport, Transport::tls);
  EXPECT_THAT(response.transport_detail, HasSubstr("certificate"));
}

TEST(Tls, APrivateCaIsAcceptedForItsSourceOnly) {
  const Certificate certificate({});
  const Certificate other({});
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, trusting(server.url(), certificate.file()));
  EXPECT_EQ(response.transport, Transport::none) << response.transport_detail;
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(*response.body, HasSubstr("s_server"));
  EXPECT_EQ(fetch(client, trusting(server.url(), other.file())).transport, Transport::tls);
  EXPECT_EQ(fetch(client, get(server.url())).transport, Transport::tls);
}

TEST(Tls, WhatIsWrongWithACertificateIsToldApart) {
  CurlClient client({}, "auditstream/test");
  struct Row {
    Certificate::Options certificate;
    CertificateFault fault;
  };
  for (const Row& row : {Row{{.names = "DNS:vendor.invalid"}, CertificateFault::name},
                         Row{{.names = "IP:127.0.0.2"}, CertificateFault::name},
                         Row{{.to = "20250101000000Z"}, CertificateFault::expired},
                         Row{{.from = "20470101000000Z"}, CertificateFault::not_yet_valid}}) {
    const Certificate certificate(row.certificate);
    const TlsServer server(certificate);
    const Response response = fetch(client, trusting(server.url(), certificate.file()));
    EXPECT_EQ(response.transport, Transport::tls);
    EXPECT_EQ(response.certificate, row.fault) << response.transport_detail;
  }
  const Certificate certificate({});
  const TlsServer server(certificate);
  EXPECT_EQ(fetch(client, get(server.url())).certificate, CertificateFault::authority);
  // With TLS 1.3 the server refuses after the handshake, and says why; with 1.2 it says no more than that it failed.
  for (const auto& [version, fault] :
       {std::pair{"-tls1_3", CertificateFault::ours}, std::pair{"-tls1_2", CertificateFault::none}}) {
    const TlsServer demanding(certificate, {"-Verify", "1", version});
    const Response response = fetch(client, trusting(demanding.url(), certificate.file()));
    EXPECT_EQ(response.transport, Transport::tls) << version << " " << response.transport_detail;
    EXPECT_EQ(response.certificate, fault) << version << " " << response.transport_detail;
  }
}

TEST(Tls, ACaFileRenewedInPlaceCountsFromTheNextRequestOn) {
  const Certificate old({});
  const Certificate renewed({});
  const TlsServer old_server(old);
  const TlsServer server(renewed);
  const std::string file = old.folder() / "trusted.pem";
  const auto write = [&file](const Certificate& certificate) {
    std::filesystem::copy_file(certificate.file(), file, std::filesystem::copy_options::overwrite_existing);
  };
  CurlClient client({}, "auditstream/test");
  write(old);
  EXPECT_EQ(fetch(client, trusting(old_server.url(), file)).status, 200);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).transport, Transport::tls);
  write(renewed);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).status, 200);
  EXPECT_EQ(fetch(client, trusting(old_server.url(), file)).transport, Transport::tls);
  std::filesystem::remove(file);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).transport, Transport::tls);
  write(renewed);
  EXPECT_EQ(fetch(client, trusting(server.url(), file)).status, 200);
}

TEST(Tls, ACaFileWithoutCertificatesIsNamed) {
  const Certificate certificate({});
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  std::ofstream(certificate.folder() / "empty.pem") << "nothing yet";
  const Response response = fetch(client, trusting(server.url(), certificate.folder() / "empty.pem"));
  EXPECT_EQ(response.transport, Transport::tls);
  EXPECT_THAT(response.transport_detail, HasSubstr("empty.pem"));
}

TEST(Tls, AMissingCaFileIsNamed) {
  const Certificate certificate({});
  const TlsServer server(certificate);
  CurlClient client({}, "auditstream/test");
  const Response response = fetch(client, trusting(server.url(), "/nowhere/ca.pem"));
  EXPECT_EQ(response.transport, Transport::tls);
  EXPECT_THAT(response.transport_detail, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace auditstream::http
