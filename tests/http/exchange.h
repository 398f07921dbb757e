// Driving a CurlClient to its answers.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "http/curl_client.h"

namespace auditstream::http {

inline Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

// Waits until `count` responses have come, or for a minute. Each must come once.
inline std::map<RequestId, Response> collect(CurlClient& client, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  std::map<RequestId, Response> responses;
  while (responses.size() < count && std::chrono::steady_clock::now() < deadline) {
    for (auto& [id, response] : client.wait(1s)) {
      EXPECT_TRUE(responses.emplace(id, std::move(response)).second) << "answered twice: " << id;
    }
  }
  EXPECT_EQ(responses.size(), count);
  return responses;
}

inline Response fetch(CurlClient& client, Request request) {
  client.send(1, std::move(request));
  return collect(client, 1)[1];
}

}  // namespace auditstream::http
