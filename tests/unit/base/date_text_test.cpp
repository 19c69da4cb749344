#include "base/date_text.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace docteur {
namespace {

TEST(DateText, IsRfc3339) {
  EXPECT_EQ(rfc3339_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339_text(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339_text(253402300799), "9999-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339_text(253402300800), "");
  EXPECT_EQ(rfc3339_text(INT64_MAX), "");
  EXPECT_EQ(rfc3339_text(INT64_MIN), "");
}

}  // namespace
}  // namespace docteur
