#include <algorithm>

#include "cli/progress_line.hpp"

#include <gtest/gtest.h>

namespace docteur::cli {
namespace {

TEST(ProgressLine, SizesAndTimesForAPerson) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(999), "999 bytes");
  EXPECT_EQ(size_text(1000), "1.0 KB");
  EXPECT_EQ(size_text(9949), "9.9 KB");
  EXPECT_EQ(size_text(9950), "10 KB");
  EXPECT_EQ(size_text(999'499), "999 KB");
  EXPECT_EQ(size_text(999'500), "1.0 MB");
  EXPECT_EQ(size_text(12'345'678'901), "12 GB");
  EXPECT_EQ(size_text(~std::uint64_t{0}), "18446744 TB");
  EXPECT_EQ(duration_text(std::chrono::seconds(0)), "0 s");
  EXPECT_EQ(duration_text(std::chrono::seconds(59)), "59 s");
  EXPECT_EQ(duration_text(std::chrono::seconds(65)), "1:05");
  EXPECT_EQ(duration_text(std::chrono::seconds(3725)), "1:02:05");
}

TEST(ProgressLine, TimesAreKeptByPhase) {
  progress_line line(progress_style::none);
  EXPECT_TRUE(line.times().empty());
  for (const char* const phase : {"reading", "writing", "reading"}) {
    line.phase(phase, 10);
    line.advance(10);
    line.add_bytes(100);
  }
  line.clear();
  line.clear();
  ASSERT_EQ(line.times().size(), 2u);
  EXPECT_EQ(line.times()[0].first, "reading");
  EXPECT_EQ(line.times()[1].first, "writing");
}

TEST(ProgressLine, PlainLinesAreFew) {
  testing::internal::CaptureStderr();
  {
    progress_line line(progress_style::plain, "program");
    line.phase("reading", 100000);
    for (int i = 0; i < 100000; ++i) line.advance(1);
    line.add_bytes(1'500'000);
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(said.starts_with("program: reading: 100000\nprogram: reading: done, 100000 (1.5 MB) in ")) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2) << said;
}

TEST(ProgressLine, QuietIsStrongerThanWhatIsAskedFor) {
  for (const char* const text : {"", "true", "plain", "line", "none"})
    EXPECT_EQ(progress_style_of(text, true), progress_style::none) << text;
  EXPECT_EQ(progress_style_of("plain", false), progress_style::plain);
  EXPECT_EQ(progress_style_of("line", false), progress_style::line);
  EXPECT_EQ(progress_style_of("none", false), progress_style::none);
  EXPECT_EQ(progress_style_of("fancy", false).error().who, blame::usage);
}

}  // namespace
}  // namespace docteur::cli
