// PageSize: how many rows a page may have, for a vendor to whom more may be too much. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

namespace auditstream::core {

class PageSize {
 public:
  explicit PageSize(std::uint32_t most) : most_(most) {}

  std::uint32_t get() const { return std::max(1u, most_ >> halved_); }
  // More than that is too much, whatever is asked for.
  void halve() { most_ = std::max(1u, most_ / 2); }
  // Perhaps it is too much, perhaps the vendor was just away: for some windows only, twice as many each time
  // that it comes to that again.
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
  int windows_left_ = 0;  // until pages are whole again
  int windows_ = 1;
};

}  // namespace auditstream::core
