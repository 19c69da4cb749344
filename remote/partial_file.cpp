#include "remote/partial_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/atomic_file.hpp"
#include "base/kernel_boot.hpp"
#include "base/printable.hpp"
#include "base/temporary_folder.hpp"
#include "base/whole_io.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHead = 1024;  // bytes of the map before the blocks
constexpr char kMissing = '.';
constexpr char kWritten = 'w';
constexpr char kSynced = 's';

// The map's first lines, without the one of the boot.
std::string version_lines(const std::string& identity, std::uint64_t size) {
  return "docteur partial file 1\n" + identity + "\n" + std::to_string(size) + " bytes\n";
}

std::string padded(std::string text) {
  text.resize(kHead, '\0');
  return text;
}

char load(const char& at) { return std::atomic_ref<char>(const_cast<char&>(at)).load(std::memory_order_acquire); }
void store(char& at, char c) { std::atomic_ref<char>(at).store(c, std::memory_order_release); }

}  // namespace

tl::unexpected<failure> partial_file::failed(const fs::path& name, int error) {
  return give_up(blame::environment, printable(name.native()) + ": " + std::strerror(error));
}

fs::path partial_file::partial() const { return target_.native() + ".partial"; }
fs::path partial_file::map() const { return target_.native() + ".partial.map"; }

bool partial_file::is_begun(const fs::path& target) {
  partial_file f;
  const auto real = behind_links(target);
  struct stat st {};
  if (!real) return false;
  f.target_ = *real;
  return ::stat(f.map().c_str(), &st) == 0 && st.st_size > 0;
}

void partial_file::remove(const fs::path& target) {
  partial_file f;
  const auto real = behind_links(target);
  if (!real) return;
  f.target_ = *real;
  f.discard();
}

std::string partial_file::path() const { return "/proc/self/fd/" + std::to_string(data_.get()); }

outcome<partial_file> partial_file::open(const fs::path& target, std::uint64_t size, const std::string& identity) {
  DOCTEUR_TRY(real, behind_links(target));
  if (!real.has_filename()) return give_up(blame::usage, printable(target.native()) + ": a file name is missing");
  struct stat st {};
  if (::stat(real.c_str(), &st) == 0 && !S_ISREG(st.st_mode))
    return give_up(blame::usage, printable(target.native()) + ": not a file");
  partial_file f;
  f.target_ = std::move(real);
  f.size_ = size;
  f.shown_ = f.partial();
  DOCTEUR_CHECK(f.open_data());
  DOCTEUR_CHECK(f.open_map(identity));
  return f;
}

outcome<partial_file> partial_file::unnamed(std::uint64_t size) {
  partial_file f;
  f.size_ = size;
  DOCTEUR_TRY(folder, temporary_folder());
  f.shown_ = folder;
  f.data_ = open_unnamed(folder);
  if (!f.data_) return failed(folder, errno);
  if (::ftruncate(f.data_.get(), static_cast<off_t>(size)) != 0) return failed(folder, errno);
  f.blocks_.assign(partial_blocks(size), kMissing);
  return f;
}

// A process that ends between the names of file and map leaves one of them alone, which is a partial file of nothing.
outcome<void> partial_file::open_data() {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  data_ = unique_fd(::open(partial().c_str(), kFlags, 0666));
  if (!data_) return failed(partial(), errno);
  struct stat st {};
  if (::fstat(data_.get(), &st) != 0) return failed(partial(), errno);
  if (!S_ISREG(st.st_mode)) return give_up(blame::usage, printable(partial().native()) + ": not a file");
  if (::flock(data_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(partial(), errno);
    return give_up(blame::environment, printable(partial().native()) + ": another process is filling it");
  }
  // The process that had the lock may have given the file its name meanwhile.
  struct stat named {};
  if (::stat(partial().c_str(), &named) != 0 || named.st_ino != st.st_ino || named.st_dev != st.st_dev)
    return give_up(blame::environment, printable(partial().native()) + ": another process has just filled it");
  map_ = unique_fd(::open(map().c_str(), kFlags, 0666));
  if (!map_) return failed(map(), errno);
  return {};
}

outcome<void> partial_file::open_map(const std::string& identity) {
  const std::string lines = version_lines(identity, size_);
  const std::string head = padded(lines + "boot " + kernel_boot() + "\n");
  std::string there(kHead + partial_blocks(size_), '\0');
  const ssize_t n = ::pread(map_.get(), there.data(), there.size(), 0);
  struct stat st {};
  if (n < 0 || ::fstat(data_.get(), &st) != 0) return failed(map(), errno);
  if (static_cast<std::size_t>(n) != there.size() || !there.starts_with(lines) ||
      static_cast<std::uint64_t>(st.st_size) != size_) {
    was_changed_ = n > 0;
    return start_anew(head);
  }
  const bool same_boot = there.starts_with(head);
  blocks_.assign(there.begin() + kHead, there.end());
  for (char& c : blocks_)
    if (c != kSynced && (c != kWritten || !same_boot)) c = kMissing;
  if (same_boot) return {};
  // The doubtful blocks first, then the boot that makes all others count.
  DOCTEUR_CHECK(put(map_, std::as_bytes(std::span(blocks_)), kHead, map()));
  if (::fdatasync(map_.get()) != 0) return failed(map(), errno);
  return put(map_, as_bytes(head), 0, map());
}

outcome<void> partial_file::start_anew(const std::string& head) {
  blocks_.assign(partial_blocks(size_), kMissing);
  if (::ftruncate(map_.get(), 0) != 0) return failed(map(), errno);
  if (::ftruncate(data_.get(), 0) != 0) return failed(partial(), errno);
  if (::fallocate(data_.get(), 0, 0, static_cast<off_t>(size_)) != 0) {
    const int why = errno;
    if (why == ENOSPC || why == EDQUOT || why == EFBIG) {
      discard();
      return give_up(blame::environment, printable(target_.native()) + ": no room for " + std::to_string(size_) +
                                             " bytes: " + std::strerror(why));
    }
    if (::ftruncate(data_.get(), static_cast<off_t>(size_)) != 0) return failed(partial(), errno);
  }
  return put(map_, as_bytes(head + std::string(blocks_.begin(), blocks_.end())), 0, map());
}

byte_range partial_file::missing(std::uint64_t from, std::uint64_t most) const {
  while (from < blocks_.size() && load(blocks_[from]) != kMissing) ++from;
  std::uint64_t end = from;
  while (end < blocks_.size() && end - from < most && load(blocks_[end]) == kMissing) ++end;
  const std::uint64_t begin = std::min(from * kPartialBlock, size_);
  return {begin, std::min(end * kPartialBlock, size_) - begin};
}

std::uint64_t partial_file::present_bytes() const {
  std::uint64_t n = 0;
  for (std::uint64_t i = 0; i < blocks_.size(); ++i)
    if (blocks_[i] != kMissing) n += std::min(kPartialBlock, size_ - i * kPartialBlock);
  return n;
}

outcome<void> partial_file::put(const unique_fd& to, bytes piece, std::uint64_t at, const fs::path& name) const {
  if (!write_whole(to.get(), at, piece)) return failed(name, errno);
  return {};
}

bool partial_file::has(std::uint64_t block) const { return load(blocks_[block]) != kMissing; }

outcome<void> partial_file::read(std::uint64_t at, mutable_bytes out) const {
  if (!read_whole(data_.get(), at, out)) return failed(shown_, errno);
  return {};
}

outcome<void> partial_file::forget(std::uint64_t block) {
  store(blocks_[block], kMissing);
  if (!map_) return {};
  return put(map_, as_bytes(std::string_view(&kMissing, 1)), kHead + block, map());
}

outcome<block_run> partial_file::write(std::uint64_t begin, std::uint64_t at, bytes piece) {
  DOCTEUR_CHECK(put_bytes(at, piece));
  const std::uint64_t end = at + piece.size();
  const std::uint64_t first = std::max(at / kPartialBlock, partial_blocks(begin));
  const std::uint64_t last = end == size_ ? blocks_.size() : end / kPartialBlock;
  if (first >= last) return block_run{};
  DOCTEUR_CHECK(mark({first, last - first}));
  return block_run{first, last - first};
}

outcome<void> partial_file::put_bytes(std::uint64_t at, bytes piece) { return put(data_, piece, at, shown_); }

outcome<void> partial_file::mark(block_run complete) {
  for (std::uint64_t i = complete.first; i < complete.first + complete.count; ++i) store(blocks_[i], kWritten);
  if (!map_) return {};
  return put(map_, as_bytes(std::string(complete.count, kWritten)), kHead + complete.first, map());
}

outcome<void> partial_file::sync() {
  if (!map_) return {};
  std::vector<block_run> before;
  for (std::uint64_t i = 0; i < blocks_.size(); ++i) {
    if (load(blocks_[i]) != kWritten) continue;
    if (before.empty() || before.back().first + before.back().count != i) before.push_back({i, 0});
    ++before.back().count;
  }
  if (::fdatasync(data_.get()) != 0) return failed(partial(), errno);
  for (const block_run& run : before) {
    for (std::uint64_t i = run.first; i < run.first + run.count; ++i) store(blocks_[i], kSynced);
    DOCTEUR_CHECK(put(map_, as_bytes(std::string(run.count, kSynced)), kHead + run.first, map()));
  }
  return {};
}

outcome<void> partial_file::publish() {
  struct stat st {};
  if (::stat(target_.c_str(), &st) == 0) {
    // Only root may give files away, and we may not be in the group.
    (void)!::fchown(data_.get(), st.st_uid, static_cast<gid_t>(-1));
    (void)!::fchown(data_.get(), static_cast<uid_t>(-1), st.st_gid);
    (void)!::fchmod(data_.get(), st.st_mode & 0777);
  }
  if (::fsync(data_.get()) != 0) return failed(partial(), errno);
  if (::rename(partial().c_str(), target_.c_str()) != 0) return failed(target_, errno);
  ::unlink(map().c_str());
  const fs::path folder = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
  const unique_fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && ::fsync(directory.get()) != 0 && errno != EINVAL) return failed(folder, errno);
  return {};
}

void partial_file::discard() noexcept {
  if (target_.empty()) return;
  ::unlink(map().c_str());
  ::unlink(partial().c_str());
}

}  // namespace docteur
