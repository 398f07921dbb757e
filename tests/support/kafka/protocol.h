// Requests of Kafka's protocol that librdkafka has no call for, in versions without compact strings and tagged
// fields.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace auditstream::test {

class ProtocolMessage {
 public:
  ProtocolMessage& put(std::int8_t value) {
    bytes_ += static_cast<char>(value);
    return *this;
  }
  ProtocolMessage& put(std::int16_t value) {
    return put(static_cast<std::int8_t>(value >> 8)).put(static_cast<std::int8_t>(value));
  }
  ProtocolMessage& put(std::int32_t value) {
    return put(static_cast<std::int16_t>(value >> 16)).put(static_cast<std::int16_t>(value));
  }
  ProtocolMessage& put(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    return put(static_cast<std::int32_t>(bits >> 32)).put(static_cast<std::int32_t>(bits));
  }
  ProtocolMessage& put(const std::string& text) {
    put(static_cast<std::int16_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  ProtocolMessage& put(const ProtocolMessage& other) {
    bytes_ += other.bytes_;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// To one broker, without TLS. What goes wrong throws.
class ProtocolConnection {
 public:
  // The first address of "127.0.0.1:9092,...".
  explicit ProtocolConnection(const std::string& bootstrap);
  ~ProtocolConnection();
  ProtocolConnection(const ProtocolConnection&) = delete;
  ProtocolConnection& operator=(const ProtocolConnection&) = delete;

  // The response without its length and correlation id.
  std::string ask(std::int16_t api, std::int16_t version, const ProtocolMessage& body);

  // Four bytes of a response.
  static std::size_t number(const std::string& bytes, std::size_t at);

 private:
  std::string receive(std::size_t size) const;

  const int socket_;
};

}  // namespace auditstream::test
