// TopicWriter: another program that writes records, headers and all, as they are given to it.
#pragma once

#include <string>
#include <vector>

#include "support/kafka/topic_reader.h"

namespace auditstream::test {

// Writes each into its own topic and partition, in that order, outside of any transaction. Returns when the
// broker has all of them.
void write_records(const std::string& bootstrap, const std::vector<Record>& records);

}  // namespace auditstream::test
