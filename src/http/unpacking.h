// A body's Content-Encoding undone as the body comes. gzip is what CurlClient asks for; libcurl's own decoder
// is not used, because 7.88 takes the end of a gzip member for the end of the body. The only file that sees
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
  // What became of some bytes.
  enum class Verdict {
    fine,
    too_large,    // the limit is reached
    undecodable,  // not what the encoding promised, or an encoding that nobody can decode here
  };

  // As the headers name it, a list with commas too: gzip, x-gzip and deflate can be decoded, "" and identity
  // need not be.
  explicit Unpacker(std::string_view content_encoding);
  ~Unpacker();
  Unpacker(Unpacker&&) noexcept;
  Unpacker& operator=(Unpacker&&) noexcept;

  bool is_packed() const { return packed_; }

  // Appends what the bytes unpack to; `body` stays within `bytes_max`, and so does all that comes in.
  Verdict append(std::string_view bytes, std::string& body, std::size_t bytes_max);

  // Whether the body may end here.
  bool complete() const;

  // Why a body is undecodable, for a person: names the encoding.
  const std::string& complaint() const { return complaint_; }

 private:
  struct Stream;

  Verdict undecodable(std::string_view why);

  std::string encoding_;
  std::string complaint_;
  bool packed_ = false;
  std::size_t came_in_ = 0;
  std::unique_ptr<Stream> stream_;  // only of what can be decoded
};

}  // namespace auditstream::http
