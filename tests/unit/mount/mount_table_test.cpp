#include "mount/mount_table.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

// proc_pid_mountinfo(5)
constexpr std::string_view kTable =
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
    "37 36 0:40 / /a\\040b\\011\\134 ro shared:1 master:2 - fuse.docteur /x\\040y ro\n"
    "38 36 0:41 / /over ro - fuse.docteur one ro\n"
    "39 38 0:42 / /over rw - tmpfs none rw\n"
    "cut 38 0:43 /\n";

TEST(MountTable, FindsTheTopmostMount) {
  EXPECT_EQ(find_mount(kTable, "/mnt2")->device, "98:0");
  EXPECT_EQ(find_mount(kTable, "/mnt2")->type, "ext3");
  EXPECT_EQ(find_mount(kTable, "/a b\t\\")->type, "fuse.docteur");
  EXPECT_EQ(find_mount(kTable, "/over")->device, "0:42");
  EXPECT_FALSE(find_mount(kTable, "/mnt1"));
  EXPECT_FALSE(find_mount(std::string_view(), "/"));
}

TEST(MountTable, ReadsThisSystems) {
  EXPECT_TRUE(find_mount(std::string("/proc")));
  EXPECT_FALSE(find_mount(std::string("/no/such/folder")));
}

}  // namespace
}  // namespace docteur
