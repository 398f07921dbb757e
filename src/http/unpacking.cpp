#include "http/unpacking.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "auditstream/check.h"
#include "base/url.h"

namespace auditstream::http {
namespace {

constexpr int gzip_or_zlib_window = 15 + 32;
constexpr std::size_t piece_bytes = 32 << 10;
constexpr std::size_t shown_max = 40;
constexpr char gzip_first_byte = '\x1f';

// The list without blanks and "identity", in lower case; cut and cleaned for a message.
std::string normalised(std::string_view header) {
  std::string list;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string name;
    for (const char c : lower(header.substr(0, comma))) {
      if (c > ' ' && c < 0x7f && c != '"') name += c;
    }
    if (!name.empty() && name != "identity") list += (list.empty() ? "" : ", ") + name;
    header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
  }
  return list.size() <= shown_max ? list : list.substr(0, shown_max) + "...";
}

}  // namespace

struct Unpacker::Stream {
  z_stream zlib{};
  bool begun = false;
  bool between_members = false;

  Stream() { AS_CHECK(inflateInit2(&zlib, gzip_or_zlib_window) == Z_OK); }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

Unpacker::Unpacker(std::string_view content_encoding)
    : encoding_(normalised(content_encoding)), packed_(!encoding_.empty()) {
  if (encoding_ == "gzip" || encoding_ == "x-gzip" || encoding_ == "deflate") {
    stream_ = std::make_unique<Stream>();
  }
}

Unpacker::~Unpacker() = default;
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;

Unpacker::Verdict Unpacker::undecodable(std::string_view why) {
  complaint_ = "Content-Encoding \"" + encoding_ + "\" " + std::string(why);
  return Verdict::undecodable;
}

Unpacker::Verdict Unpacker::append(std::string_view bytes, std::string& body, std::size_t bytes_max) {
  // Otherwise input that decompresses to nothing could go on for ever.
  if (bytes.size() > bytes_max - came_in_) return Verdict::too_large;
  came_in_ += bytes.size();
  if (!packed_) {
    body.append(bytes);
    return Verdict::fine;
  }
  if (!stream_) return undecodable("was not asked for: only gzip is");

  z_stream& zlib = stream_->zlib;
  std::array<char, piece_bytes> piece;
  for (bool more = !bytes.empty(); more;) {
    if (stream_->between_members) {  // what follows is another member, or padding
      bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
      if (bytes.empty()) break;
      if (bytes.front() != gzip_first_byte) return undecodable("ends before the body does");
      AS_CHECK(inflateReset(&zlib) == Z_OK);
    }
    stream_->begun = true;
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    zlib.avail_in = static_cast<uInt>(bytes.size());
    zlib.next_out = reinterpret_cast<Bytef*>(piece.data());
    zlib.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&zlib, Z_NO_FLUSH);
    if (result == Z_BUF_ERROR) break;  // only more input helps
    if (result != Z_OK && result != Z_STREAM_END) return undecodable("does not hold what that says");
    const std::string_view unpacked(piece.data(), piece.size() - zlib.avail_out);
    if (unpacked.size() > bytes_max - body.size()) return Verdict::too_large;
    body.append(unpacked);
    bytes.remove_prefix(bytes.size() - zlib.avail_in);
    stream_->between_members = result == Z_STREAM_END;
    more = !bytes.empty() || (zlib.avail_out == 0 && !stream_->between_members);
  }
  return Verdict::fine;
}

bool Unpacker::complete() const { return !stream_ || !stream_->begun || stream_->between_members; }

}  // namespace auditstream::http
