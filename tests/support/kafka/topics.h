// Topics as an administrator makes them beforehand: for tests of what the connector finds.
#pragma once

#include <map>
#include <string>

namespace auditstream::test {

// Throws std::runtime_error when Kafka refuses.
void create_topic(const std::string& bootstrap, const std::string& name, int partitions,
                  const std::map<std::string, std::string>& config = {});

// A topic property as Kafka has it; "" if there is no such property.
std::string topic_property(const std::string& bootstrap, const std::string& topic, const std::string& name);

}  // namespace auditstream::test
