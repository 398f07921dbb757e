// PageSize: how many rows to request per page; fewer if the vendor can't answer so many. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace auditstream::core {

class PageSize {
 public:
  explicit PageSize(std::uint32_t most) : most_(most) {}

  std::uint32_t get() const { return std::max(1u, most_ >> halved_); }
  // Pages of this size are too large for the vendor: halves them for good.
  void halve() { most_ = std::max(1u, most_ / 2); }
  // Perhaps they are too large, perhaps the vendor was just down: halves them for some windows only, twice as
  // many each time.
  void halve_for_now() {
    if (halved_ == halved_max) return;
    ++halved_;
    windows_left_ = windows_;
    windows_ = std::min(windows_ * 2, windows_max);
  }
  // A window was read to its end.
  void window_read() {
    if (halved_ == 0) {
      windows_ = 1;
    } else if (--windows_left_ == 0) {
      halved_ = 0;
    }
  }

 private:
  static constexpr std::uint32_t halved_max = 5;
  static constexpr int windows_max = 64;

  std::uint32_t most_;
  std::uint32_t halved_ = 0;
  int windows_left_ = 0;  // until pages have their full size again
  int windows_ = 1;
};

}  // namespace auditstream::core
