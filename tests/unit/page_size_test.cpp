#include "core/page_size.h"

#include <gtest/gtest.h>

namespace auditstream::core {
namespace {

TEST(PageSize, WhatIsTooMuchWhateverIsAskedForStaysSmaller) {
  PageSize size(3);
  size.halve();
  size.window_read();
  EXPECT_EQ(size.get(), 1u);
  size.halve();
  EXPECT_EQ(size.get(), 1u);
}

TEST(PageSize, InDoubtItIsSmallerForSomeWindowsTwiceAsManyEachTime) {
  PageSize size(1000);
  for (const int windows : {1, 2, 4, 8}) {
    size.halve_for_now();
    for (int i = 0; i < windows; ++i) {
      EXPECT_EQ(size.get(), 500u) << i << " of " << windows;
      size.window_read();
    }
    EXPECT_EQ(size.get(), 1000u);
  }
  size.window_read();  // whole: it was an outage, or is over
  size.halve_for_now();
  size.window_read();
  EXPECT_EQ(size.get(), 1000u);
}

TEST(PageSize, NoOutageMakesItTiny) {
  PageSize size(1000);
  for (int i = 0; i < 100; ++i) size.halve_for_now();
  EXPECT_EQ(size.get(), 31u);
  PageSize small(3);
  for (int i = 0; i < 100; ++i) small.halve_for_now();
  EXPECT_EQ(small.get(), 1u);
}

}  // namespace
}  // namespace auditstream::core
