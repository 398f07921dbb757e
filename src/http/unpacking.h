// Decodes a body's Content-Encoding while the body arrives. CurlClient asks for gzip; libcurl's own decoder
// is not used, because 7.88 takes the end of a gzip member for the end of the body. The only file that uses
// zlib. Knows nothing of HTTP but the names of the encodings.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace auditstream::http {

class Unpacker {
 public:
  // The result of adding some bytes.
  enum class Verdict {
    fine,
    too_large,    // the limit is reached
    undecodable,  // not in the promised encoding, or in one that is not supported
  };

  // `content_encoding` is as in the header, which may be a list: gzip, x-gzip and deflate are decoded, "" and
  // identity need no decoding.
  explicit Unpacker(std::string_view content_encoding);
  ~Unpacker();
  Unpacker(Unpacker&&) noexcept;
  Unpacker& operator=(Unpacker&&) noexcept;

  bool is_packed() const { return packed_; }

  // Appends the decoded bytes; `body` stays within `bytes_max`, and so does the encoded input.
  Verdict append(std::string_view bytes, std::string& body, std::size_t bytes_max);

  // Whether the body may end here.
  bool complete() const;

  // Why a body is undecodable, for people: names the encoding.
  const std::string& complaint() const { return complaint_; }

 private:
  struct Stream;

  Verdict undecodable(std::string_view why);

  std::string encoding_;
  std::string complaint_;
  bool packed_ = false;
  std::size_t came_in_ = 0;
  std::unique_ptr<Stream> stream_;  // only if there is something to decode that can be
};

}  // namespace auditstream::http
