#include "source/objects/regular_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/scratch.hpp"

namespace docteur {
namespace {

TEST(regular_file, reads_what_is_there_up_to_the_bound) {
  const scratch work;
  const std::string path = (work / "file").string();
  std::ofstream(path) << std::string(200'000, 'x');
  EXPECT_EQ(*read_regular(path, 200'000), std::string(200'000, 'x'));
  const auto longer = read_regular(path, 199'999);
  ASSERT_FALSE(longer);
  EXPECT_FALSE(longer.error().missing);
  EXPECT_EQ(longer.error().why, "is larger than 199999 bytes");
}

TEST(regular_file, only_absence_is_missing) {
  const scratch work;
  const auto fault = [&](const std::string& name) { return read_regular((work / name).string(), 100).error(); };
  EXPECT_TRUE(fault("nothing").missing);
  std::ofstream(work / "file") << "x";
  EXPECT_TRUE(fault("file/below").missing);
  ASSERT_EQ(::mkfifo((work / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(fault("fifo").why, "is not a regular file");
  std::filesystem::create_symlink("/dev/zero", work / "zero");
  EXPECT_EQ(fault("zero").why, "is not a regular file");
  EXPECT_EQ(fault(".").why, "is not a regular file");
  std::filesystem::create_symlink("loop", work / "loop");
  EXPECT_FALSE(fault("loop").missing);
  EXPECT_EQ(fault("loop").who, blame::environment);
}

}  // namespace
}  // namespace docteur
