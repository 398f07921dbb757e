// A broker whose certificate can't be trusted: a person is told what to mend, each time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/cluster.h"
#include "support/kafka/secured_broker.h"
#include "support/tls_server.h"

namespace auditstream::test {
namespace {

using ::testing::HasSubstr;

// By chance of timing librdkafka sees a refused certificate, or a broker that has hung up because of it.
constexpr int times = 3;

void expect_named(const kafka::Properties& properties, const std::string& remedy) {
  for (int i = 0; i < times; ++i) {
    const Status reached = kafka::Cluster({properties, "tests"}).reach(2s);
    ASSERT_FALSE(reached.ok());
    EXPECT_EQ(reached.error().kind, ErrorKind::misconfigured) << reached.error().message;
    EXPECT_THAT(reached.error().message, HasSubstr(remedy));
  }
}

TEST(Certificate, IsToldFromTheNextWhateverTheTiming) {
  kafka::Properties unknown = SecuredBroker::shared().client();
  unknown["ssl.ca.location"] = "/etc/ssl/certs/ca-certificates.crt";
  expect_named(unknown, "kafka.ssl.ca.location doesn't hold the CA");

  kafka::Properties renamed = SecuredBroker::shared().client();
  const std::string address = SecuredBroker::shared().secured();
  renamed["bootstrap.servers"] = "localhost" + address.substr(address.find(':'));
  renamed["broker.address.family"] = "v4";
  expect_named(renamed, "another name than the one in kafka.bootstrap.servers");
}

// The handshake fails before anything of Kafka's is said, so any TLS server will do.
TEST(Certificate, ThatIsNotValidNowIsToldFromOneThatWillBe) {
  for (const auto& [dates, words] :
       {std::pair{test::Certificate::Options{.to = "20250101000000Z"}, "has expired"},
        std::pair{test::Certificate::Options{.from = "20470101000000Z"}, "is not valid yet"}}) {
    const test::Certificate certificate(dates);
    const TlsServer server(certificate);
    expect_named({{"bootstrap.servers", server.address()},
                  {"security.protocol", "SSL"},
                  {"ssl.ca.location", certificate.file()}},
                 words);
  }
}

TEST(Certificate, OfTheClientThatIsMissingIsAskedFor) {
  const SecuredBroker broker({.properties = {"listener.name.sasl_ssl.ssl.client.auth=required"}});
  expect_named(broker.client(), "kafka.ssl.certificate.location");
}

}  // namespace
}  // namespace auditstream::test
