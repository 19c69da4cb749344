// What a killed process, a machine that fails and a full disk leave of a cache. The linker's --wrap puts the functions
// below between the cache and the system calls that write.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <random>

#include "host/cache/block_cache.hpp"
#include "support/scratch.hpp"
#include "support/slow_device.hpp"

extern "C" {
ssize_t __real_pwrite(int fd, const void* data, size_t n, off_t at);
int __real_fdatasync(int fd);
ssize_t __wrap_pwrite(int fd, const void* data, size_t n, off_t at);
int __wrap_fdatasync(int fd);
}

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kB = kCacheBlock;
constexpr std::uint64_t kPage = 4096;

struct event {
  std::uint64_t at = 0;
  std::string data;  // empty: a sync
};
// Called for each; returns how many bytes to write, or -1 with errno.
std::function<ssize_t(int fd, bytes data, std::uint64_t at)> on_write;
std::function<int()> on_sync;

}  // namespace
}  // namespace docteur

ssize_t __wrap_pwrite(int fd, const void* data, size_t n, off_t at) {
  using namespace docteur;
  if (!on_write) return __real_pwrite(fd, data, n, at);
  const ssize_t allowed = on_write(fd, {static_cast<const std::byte*>(data), n}, static_cast<std::uint64_t>(at));
  return allowed <= 0 ? allowed : __real_pwrite(fd, data, static_cast<size_t>(allowed), at);
}
int __wrap_fdatasync(int fd) {
  if (docteur::on_sync && docteur::on_sync() != 0) return -1;
  return __real_fdatasync(fd);
}

namespace docteur {
namespace {

class Interruption : public ::testing::Test {
 protected:
  ~Interruption() override {
    on_write = nullptr;
    on_sync = nullptr;
  }
  [[nodiscard]] block_cache_options options(const std::string& boot) const {
    block_cache_options o;
    o.folder = folder_ / "images";
    o.boot = boot;
    return o;
  }
  std::unique_ptr<block_cache> open(const std::string& boot = "first") {
    auto cache = block_cache::open(options(boot), "name", "identity", below_.view());
    EXPECT_TRUE(cache);
    return std::move(*cache);
  }
  // Reads in pieces of several blocks and syncs now and then.
  void fill(block_cache& cache) {
    const std::uint64_t size = below_.content().size();
    for (std::uint64_t at = 0; at < size; at += 3 * kB) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(3 * kB, size - at));
      ASSERT_EQ(read_text(cache.view(), at, n), below_.part(at, n));
      if (at % (9 * kB) == 0) cache.sync();
    }
    cache.sync();
  }
  // Without the device each block is right or an error, and none is an error if the image is said to be whole.
  void expect_no_lie(const std::string& boot) {
    const auto found = block_cache::find(options(boot), "name");
    below_.fails = true;
    const auto cache = open(boot);
    for (std::uint64_t at = 0; at < below_.content().size(); at += kB) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kB, below_.content().size() - at));
      const std::string got = read_text(cache->view(), at, n);
      ASSERT_TRUE(got.empty() || got == below_.part(at, n)) << at / kB;
      ASSERT_TRUE(!got.empty() || !found || !found->whole) << at / kB;
    }
    below_.fails = false;
  }
  // And with the device all is right.
  void expect_right(const std::string& boot) {
    expect_no_lie(boot);
    const auto cache = open(boot);
    ASSERT_EQ(read_text(cache->view(), 0, below_.content().size()), as_text(below_.content()));
    ASSERT_EQ(cache->trouble(), "");
    ASSERT_TRUE(block_cache::find(options(boot), "name")->whole);
  }
  void start_anew() { fs::remove_all(folder_ / "images"); }

  slow_device below_{20 * kB + 123};
  scratch folder_;
};

// The child is killed in its n-th call that writes, in the middle of the bytes, or in a sync.
TEST_F(Interruption, KilledAtEveryStep) {
  int steps = 0;
  for (bool finished = false; !finished; ++steps) {
    ASSERT_LT(steps, 200);
    start_anew();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int left = steps;
      on_write = [&](int fd, bytes data, std::uint64_t at) -> ssize_t {
        if (left-- > 0) return static_cast<ssize_t>(data.size());
        // Some of it: whole records, no whole block.
        const std::size_t part = data.size() / 2 / kCacheRecordSize * kCacheRecordSize;
        (void)!__real_pwrite(fd, data.data(), part, static_cast<off_t>(at));
        return ::kill(::getpid(), SIGKILL);
      };
      on_sync = [&] { return left-- > 0 ? 0 : ::kill(::getpid(), SIGKILL); };
      fill(*open());
      ::_exit(HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    finished = WIFEXITED(status);
    ASSERT_TRUE(finished ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL) << status;
    SCOPED_TRACE(steps);
    expect_right(steps % 2 == 0 ? "first" : "second");
    if (HasFatalFailure()) return;
    // What was left without a name is removed.
    (void)cache_folder::open(options("").folder, false)->trim(~0ull);
    const fs::directory_iterator all(folder_ / "images");
    ASSERT_EQ(std::distance(begin(all), end(all)), 1);
  }
  EXPECT_GT(steps, 20);
}

// The disk has all that was written before the last sync, and any pages of what was written after it.
TEST_F(Interruption, TheMachineFails) {
  std::vector<event> events;
  on_write = [&](int, bytes data, std::uint64_t at) {
    events.push_back({at, std::string(as_text(data))});
    return static_cast<ssize_t>(data.size());
  };
  on_sync = [&] {
    events.push_back({});
    return 0;
  };
  fill(*open());
  on_write = nullptr;
  on_sync = nullptr;
  const fs::path file = fs::directory_iterator(folder_ / "images")->path();
  const auto size = static_cast<std::size_t>(fs::file_size(file));
  const auto folder = cache_folder::open(options("").folder, false);

  std::minstd_rand random(3);
  std::uint64_t synced_blocks = 0;
  for (int trial = 0; trial < 100; ++trial) {
    SCOPED_TRACE(trial);
    const std::size_t end = random() % (events.size() + 1);
    std::size_t safe = end;
    while (safe > 0 && !events[safe - 1].data.empty()) --safe;
    std::string disk(size, '\0');
    for (std::size_t i = 0; i < end; ++i) {
      const event& e = events[i];
      for (std::uint64_t at = 0; at < e.data.size();) {
        const std::uint64_t n = std::min<std::uint64_t>(kPage - (e.at + at) % kPage, e.data.size() - at);
        if (i < safe || random() % 2 == 0) disk.replace(e.at + at, n, e.data, at, n);
        at += n;
      }
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << disk;
    if (const auto opened = cache_file::open_existing(*folder, file.filename(), "second")) {
      const std::vector<block_record> records = (*opened)->records(0, (*opened)->header().blocks());
      for (std::uint64_t b = 0; b < records.size(); ++b) {
        if (records[b].state != block_state::synced) continue;
        ++synced_blocks;
        const std::size_t length = (*opened)->header().length(b);
        ASSERT_EQ(disk.compare((*opened)->header().block_at(b), length, below_.part(b * kB, length)), 0) << b;
      }
    }
    expect_right("second");
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(synced_blocks, 100u);
}

// Each n-th write fails, or is cut short and then fails.
TEST_F(Interruption, TheDiskIsFull) {
  for (const int nth : {1, 2, 3, 5}) {
    start_anew();
    auto cache = open();
    int count = 0;
    on_write = [&](int, bytes data, std::uint64_t) -> ssize_t {
      if (++count % nth != 0) return static_cast<ssize_t>(data.size());
      if (data.size() > 1000 && count % 2 == 0) return static_cast<ssize_t>(data.size() / 2);
      errno = ENOSPC;
      return -1;
    };
    fill(*cache);
    if (nth == 1) {
      EXPECT_NE(cache->trouble().find("No space left"), std::string::npos);
      EXPECT_EQ(cache->trouble(), "");
      EXPECT_EQ(cache->counts().dropped, 21u);
      fill(*cache);
      EXPECT_EQ(cache->trouble(), "");
    }
    on_write = nullptr;
    // A record is there only if its block is.
    const auto folder = cache_folder::open(options("").folder, false);
    const auto file = cache_file::open_existing(*folder, folder->files().front().file, "first");
    std::vector<std::uint64_t> bad;
    (void)(*file)->check(false, false, bad);
    EXPECT_TRUE(bad.empty());
    expect_no_lie("first");
    fill(*cache);
    EXPECT_EQ(cache->trouble(), "");
    EXPECT_TRUE(block_cache::find(options("first"), "name")->whole);
    expect_right("second");
  }
}

// What was not synced may be gone: it is forgotten.
TEST_F(Interruption, SyncFails) {
  auto cache = open();
  on_sync = [] {
    errno = EIO;
    return 1;
  };
  fill(*cache);
  EXPECT_NE(cache->trouble(), "");
  EXPECT_FALSE(block_cache::find(options("first"), "name")->whole);
  on_sync = nullptr;
  fill(*cache);
  EXPECT_EQ(cache->trouble(), "");
  EXPECT_TRUE(block_cache::find(options("second"), "name")->whole);
}

}  // namespace
}  // namespace docteur
