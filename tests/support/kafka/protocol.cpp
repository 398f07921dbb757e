#include "support/kafka/protocol.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace auditstream::test {

ProtocolConnection::ProtocolConnection(const std::string& bootstrap)
    : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::size_t colon = bootstrap.find(':');
  inet_pton(AF_INET, bootstrap.substr(0, colon).c_str(), &address.sin_addr);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(bootstrap.substr(colon + 1))));
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no broker at " + bootstrap);
}

ProtocolConnection::~ProtocolConnection() { close(socket_); }

std::string ProtocolConnection::ask(std::int16_t api, std::int16_t version, const ProtocolMessage& body) {
  ProtocolMessage request;
  request.put(api).put(version).put(std::int32_t{0}).put(std::string("tests")).put(body);
  ProtocolMessage framed;
  framed.put(static_cast<std::int32_t>(request.bytes().size())).put(request);
  const std::string& bytes = framed.bytes();
  if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the broker does not listen");
  return receive(number(receive(4), 0)).substr(4);
}

std::size_t ProtocolConnection::number(const std::string& bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(i));
  return value;
}

std::string ProtocolConnection::receive(std::size_t size) const {
  std::string bytes(size, '\0');
  if (recv(socket_, bytes.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size))
    throw std::runtime_error("the broker does not answer");
  return bytes;
}

}  // namespace auditstream::test
