// Detour: the way of Kafka's requests to a broker, on which one of them is kept until much later, as in a
// network or on a machine that stood still.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace auditstream::test {

class Detour {
 public:
  // Listens on a port of its own, which the broker has to advertise. Throws std::runtime_error.
  Detour();
  // Breaks all connections.
  ~Detour();
  Detour(const Detour&) = delete;
  Detour& operator=(const Detour&) = delete;

  std::string address() const;  // "127.0.0.1:9092"
  // Where the broker itself listens. Before that nobody gets through.
  void lead_to(const std::string& broker);

  // Keeps the next request of this kind and breaks its connection: who sent it doesn't know whether it has
  // arrived.
  void keep_next(std::int16_t api_key);
  // Delivers it between the next two requests of this kind, the first of which has been answered by then.
  void deliver_between(std::int16_t api_key);

  bool keeps() const;
  // What the broker said to it: a protocol error code.
  std::optional<std::int16_t> answer() const;

 private:
  void accept_all();
  void carry_requests(int client, int broker);
  void carry_answers(int broker, int client);
  // False: the request is kept.
  bool pass(const std::string& request);
  int connect_to_broker() const;

  int listener_ = -1;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint16_t broker_port_ = 0;               // from here on protected by mutex_
  std::optional<std::int16_t> to_keep_{};       // api key
  std::optional<std::int16_t> to_part_{};       // api key
  std::optional<std::int32_t> first_of_two_{};  // correlation id
  bool first_answered_ = false;
  std::string kept_{};
  std::optional<std::int16_t> answer_{};
  std::vector<int> sockets_{};
  std::vector<std::thread> carriers_{};

  std::thread acceptor_;
};

}  // namespace auditstream::test
