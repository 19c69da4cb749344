// Limits of control groups, version 1 and 2.

#include "unikernel-example/platform/linux/surroundings.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "support/scratch.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class machine {
 public:
  void put(const std::string& path, const std::string& content) { scratch_.write(path.substr(1), content + "\n"); }
  [[nodiscard]] std::optional<std::uint64_t> limit() const { return memory_limit(scratch_.path()); }
  [[nodiscard]] std::size_t cpus() const { return processors(scratch_.path()); }

 private:
  scratch scratch_;
};

const std::string kProc = "22 1 0:5 / /proc rw,relatime shared:3 - proc proc rw\n";
const std::string kV2 = kProc + "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";

TEST(MemoryLimit, AbsentWithoutGroups) {
  machine m;
  EXPECT_EQ(m.limit(), std::nullopt);
  m.put("/proc/self/mountinfo", kProc);
  m.put("/proc/self/cgroup", "0::/a");
  EXPECT_EQ(m.limit(), std::nullopt);
}

TEST(MemoryLimit, LeastOnTheWayUp) {
  machine m;
  m.put("/proc/self/mountinfo", kV2);
  m.put("/proc/self/cgroup", "0::/system.slice/site.service");
  EXPECT_EQ(m.limit(), std::nullopt);
  m.put("/sys/fs/cgroup/system.slice/site.service/memory.max", "max");
  EXPECT_EQ(m.limit(), std::nullopt);
  m.put("/sys/fs/cgroup/system.slice/memory.max", std::to_string(300 * kMiB));
  EXPECT_EQ(m.limit(), 300 * kMiB);
  m.put("/sys/fs/cgroup/system.slice/site.service/memory.max", std::to_string(512 * kMiB));
  EXPECT_EQ(m.limit(), 300 * kMiB);
  m.put("/sys/fs/cgroup/system.slice/site.service/memory.max", std::to_string(100 * kMiB));
  EXPECT_EQ(m.limit(), 100 * kMiB);
  m.put("/sys/fs/cgroup/system.slice/other/memory.max", "1");
  EXPECT_EQ(m.limit(), 100 * kMiB);
}

// A container sees its own group at the top, under the host's name for it or its own.
TEST(MemoryLimit, InAContainer) {
  machine own;
  own.put("/proc/self/mountinfo", kV2);
  own.put("/proc/self/cgroup", "0::/");
  own.put("/sys/fs/cgroup/memory.max", std::to_string(64 * kMiB));
  EXPECT_EQ(own.limit(), 64 * kMiB);
  machine outside;
  outside.put("/proc/self/mountinfo", "30 24 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw");
  outside.put("/proc/self/cgroup", "0::/docker/abc/inner");
  outside.put("/sys/fs/cgroup/memory.max", std::to_string(64 * kMiB));
  outside.put("/sys/fs/cgroup/inner/memory.max", std::to_string(80 * kMiB));
  outside.put("/sys/fs/cgroup/docker/abc/inner/memory.max", "1");
  EXPECT_EQ(outside.limit(), 64 * kMiB);
}

TEST(MemoryLimit, OfVersionOne) {
  machine m;
  m.put("/proc/self/mountinfo", kProc +
                                    "31 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                                    "32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory");
  m.put("/proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a/b\n0::/c");
  m.put("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712");  // none
  EXPECT_EQ(m.limit(), std::nullopt);
  m.put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", std::to_string(200 * kMiB));
  m.put("/sys/fs/cgroup/cpu/a/memory.limit_in_bytes", "1");
  EXPECT_EQ(m.limit(), 200 * kMiB);
}

TEST(MemoryLimit, IgnoresWhatIsNoNumber) {
  machine m;
  m.put("/proc/self/mountinfo", "garbage\n\n30 24 -\n" + kV2);
  m.put("/proc/self/cgroup", "garbage\n:\n0::/a");
  m.put("/sys/fs/cgroup/a/memory.max", "12 MB");
  EXPECT_EQ(m.limit(), std::nullopt);
}

TEST(Processors, AreBoundedByTheQuota) {
  const std::size_t all = std::max(std::thread::hardware_concurrency(), 1u);
  machine m;
  EXPECT_EQ(m.cpus(), all);
  m.put("/proc/self/mountinfo", kV2);
  m.put("/proc/self/cgroup", "0::/system.slice/site.service");
  m.put("/sys/fs/cgroup/system.slice/site.service/cpu.max", "max 100000");
  EXPECT_EQ(m.cpus(), all);
  m.put("/sys/fs/cgroup/system.slice/cpu.max", "50000 100000");  // half a processor
  EXPECT_EQ(m.cpus(), 1u);
  m.put("/sys/fs/cgroup/system.slice/cpu.max", "99900000000 100000");
  EXPECT_EQ(m.cpus(), all);
  m.put("/sys/fs/cgroup/system.slice/cpu.max", "100000 0");
  EXPECT_EQ(m.cpus(), all);
}

TEST(Processors, OfVersionOne) {
  machine m;
  m.put("/proc/self/mountinfo", kProc + "31 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct");
  m.put("/proc/self/cgroup", "5:cpu,cpuacct:/a");
  m.put("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000");
  m.put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1");
  EXPECT_EQ(m.cpus(), std::max(std::thread::hardware_concurrency(), 1u));
  m.put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "100000");
  EXPECT_EQ(m.cpus(), 1u);
}

TEST(Descriptors, AreRaisedToTheHardLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{std::min<rlim_t>(64, before.rlim_max), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptors(), before.rlim_max);
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux
