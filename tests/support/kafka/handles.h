// Owners of what librdkafka hands out.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace auditstream::test {

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};
template <class T, auto destroy>
using Owned = std::unique_ptr<T, Destroy<destroy>>;

inline void destroy_metadata(rd_kafka_metadata_t* metadata) { rd_kafka_metadata_destroy(metadata); }

using Handle = Owned<rd_kafka_t, rd_kafka_destroy>;
using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
using Topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using Metadata = Owned<rd_kafka_metadata_t, destroy_metadata>;
using Partitions = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

using Properties = std::vector<std::pair<std::string, std::string>>;

// Throws std::runtime_error for properties that librdkafka does not take.
Handle make_handle(rd_kafka_type_t type, const Properties& properties);

[[noreturn]] void fail(const std::string& what, rd_kafka_resp_err_t code);

}  // namespace auditstream::test
