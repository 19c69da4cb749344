#include "cli/mount_helper.hpp"

#include <gtest/gtest.h>

namespace docteur::cli {
namespace {

helper_call read(std::vector<const char*> words) {
  return read_helper_call(static_cast<int>(words.size()), words.data());
}
using list = std::vector<std::string>;

TEST(MountHelper, LeavesOtherCallsAlone) {
  const auto call = read({"/usr/bin/docteur-mount", "-f", "-v", "image", "folder", "-t"});
  EXPECT_FALSE(call.is_helper || call.is_fake);
  EXPECT_EQ(call.words, (list{"/usr/bin/docteur-mount", "-f", "-v", "image", "folder", "-t"}));
  EXPECT_FALSE(read({}).is_helper);
}

TEST(MountHelper, ReadsWhatMountSays) {
  const auto call = read({"/sbin/mount.fuse.docteur", "image", "folder", "-sfnv", "-N", "/proc/1/ns/mnt", "-o",
                          "rw,user=x", "-t", "fuse.docteur", "-s"});
  EXPECT_TRUE(call.is_helper && call.is_fake);
  EXPECT_EQ(call.words, (list{"/sbin/mount.fuse.docteur", "image", "folder", "-v", "-o", "rw,user=x"}));
  EXPECT_FALSE(read({"mount.fuse.docteur", "image", "folder", "-nv"}).is_fake);
}

TEST(MountHelper, OptionsOfTheCommandComeFromFstab) {
  EXPECT_EQ(read({"mount.x", "i", "f", "-o", "rw,digest=sha256:00,noexec,no-cache,cache=/a b,netrc,digest"}).words,
            (list{"mount.x", "i", "f", "--digest=sha256:00", "--no-cache", "--cache=/a b", "--netrc", "-o",
                  "rw,noexec,digest"}));
  EXPECT_EQ(read({"mount.x", "i", "f", "-o", "retries=3"}).words, (list{"mount.x", "i", "f", "--retries=3", "-o", ""}));
}

TEST(MountHelper, KeepsUnknownAndUnfinishedWords) {
  EXPECT_EQ(read({"mount.x", "i", "f", "-x", "-o"}).words, (list{"mount.x", "i", "f", "-x", "-o"}));
  EXPECT_EQ(read({"mount.x", "i", "f", "-t"}).words, (list{"mount.x", "i", "f"}));
}

}  // namespace
}  // namespace docteur::cli
