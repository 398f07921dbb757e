// What stands under `kafka:` is held against the librdkafka of this machine before anything is reached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/common.h"
#include "unit/config_text.h"

namespace auditstream::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string one_source = "sources:\n- {name: a, vendor: workato, api_token: \"${env:TOKEN:-t}\"}\n";

TEST(KafkaProperties, AreFoundWhateverElseIsMissing) {
  const ConfigFolder folder;
  const Loaded loaded = cli::load_all(folder.write("auditstream.yaml",
                                                   "kafka:\n"
                                                   "  bootstrap.server: localhost:9092\n"
                                                   "  linger.ms: s3cret\n"
                                                   "  compression.type: zstd\n"
                                                   "group: 'no group'\n" +
                                                       one_source));
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(lines_of(loaded.mistakes),
              ElementsAre(StartsWith("1: kafka.bootstrap.servers: is required"),
                          "2: kafka.bootstrap.server: librdkafka has no such property; did you mean "
                          "\"bootstrap.servers\"?",
                          StartsWith("3: kafka.linger.ms: librdkafka doesn't take this value"),
                          StartsWith("5: group: ")));
}

TEST(KafkaProperties, MayNameTheBrokersAsLibrdkafkaOnceDid) {
  const ConfigFolder folder;
  const Loaded loaded =
      cli::load_all(folder.write("auditstream.yaml", "kafka: {metadata.broker.list: 'a:1'}\n" + one_source));
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  EXPECT_EQ(loaded.config->kafka.at("bootstrap.servers"), "a:1");
}

}  // namespace
}  // namespace auditstream::config
