// Driving a CurlClient to its answers, and what servers wrap them in.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

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

// One member.
inline std::string gzip(const std::string& plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace auditstream::http
