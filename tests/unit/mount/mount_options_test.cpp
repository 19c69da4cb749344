#include "mount/mount_options.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

TEST(MountOptions, TakesThoseOfFstab) {
  mount_options o;
  ASSERT_TRUE(add_mount_options("ro,noauto,user,_netdev,nofail,x-systemd.automount,comment=a b,rw,defaults", o));
  ASSERT_TRUE(add_mount_options("", o));
  EXPECT_TRUE(o.for_kernel.empty());
  EXPECT_FALSE(o.user || o.group || o.allow_other || o.allow_root);
  ASSERT_TRUE(add_mount_options("uid=0,gid=4294967294,allow_other,noexec,,noatime", o));
  EXPECT_EQ(o.user, 0u);
  EXPECT_EQ(o.group, 4294967294u);
  EXPECT_TRUE(o.allow_other);
  EXPECT_EQ(o.for_kernel, (std::vector<std::string>{"noexec", "noatime"}));
}

TEST(MountOptions, RefusesOthers) {
  for (const char* const bad : {"uid=", "uid=x", "uid=1x", "gid=-1", "gid=4294967295", "uid=99999999999", "nonsense",
                                "fsname=x", "fd=7", "ro,subtype=x", "allow_other,allow_root"}) {
    mount_options o;
    const auto added = add_mount_options(bad, o);
    ASSERT_FALSE(added) << bad;
    EXPECT_EQ(added.error().who, blame::usage) << bad;
  }
}

}  // namespace
}  // namespace docteur
