#include "host/cache/cache_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/printable.hpp"
#include "base/random_text.hpp"
#include "base/whole_io.hpp"

namespace docteur {
namespace {

constexpr int kMostAttempts = 50;                       // to open a file that others remove or replace
constexpr std::chrono::milliseconds kLongestPause{10};  // between two looks at a lock
constexpr std::uint64_t kRecordsAtOnce = 8192;          // read by count()

outcome<cache_header> header_of(int fd) {
  std::array<std::byte, kCacheHeaderSize> raw;
  struct stat st {};
  const bool own = is_own_file(fd) && ::fstat(fd, &st) == 0 && read_whole(fd, 0, raw);
  if (!own) return give_up(blame::environment, "not a cache file");
  auto header = decode_cache_header(raw);
  if (!header) return give_up(blame::environment, header.error().what);
  if (static_cast<std::uint64_t>(st.st_size) != header->file_size())
    return give_up(blame::environment, "a cache file of the wrong length");
  return std::move(*header);
}

// Whether the descriptor's file is the one that the name stands for now.
bool is_named(int folder, const std::string& name, int fd) {
  struct stat a {};
  struct stat b {};
  return ::fstat(fd, &a) == 0 && ::fstatat(folder, name.c_str(), &b, AT_SYMLINK_NOFOLLOW) == 0 &&
         a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

// Makes an empty file and gives it its name when its header is there; what has the name is replaced, or is left if
// `replace` is false. Returns 0 or an errno value. A process that is killed leaves a name that trim() removes.
int make_file(const cache_folder& folder, const cache_header& header, const std::string& name, bool replace) {
  if (!may_be_as_long(header.file_size())) return EFBIG;
  const std::string temporary = "." + random_text() + ".new";
  const unique_fd fd(
      ::openat(folder.get(), temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return errno;
  (void)lock_use(fd.get(), file_use::shared);
  int error = 0;
  if (!write_whole(fd.get(), 0, encode_cache_header(header)) ||
      ::ftruncate(fd.get(), static_cast<off_t>(header.file_size())) != 0)
    error = errno;
  else if (replace ? ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0
                   : ::linkat(folder.get(), temporary.c_str(), folder.get(), name.c_str(), 0) != 0)
    error = errno == EEXIST ? 0 : errno;
  if (error != 0 || !replace) (void)::unlinkat(folder.get(), temporary.c_str(), 0);
  return error == ENOENT ? 0 : error;  // a trim() took the new name away: try again
}

}  // namespace

struct cache_file::attempt {
  std::unique_ptr<cache_file> opened;  // else:
  refusal why = refusal::failed;
  std::string message;
};

cache_file::attempt cache_file::try_open(const cache_folder& folder, const std::string& file, std::string_view boot) {
  bool writable = true;
  unique_fd fd(::openat(folder.get(), file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && (errno == EROFS || errno == EACCES || errno == EPERM)) {
    writable = false;
    fd = unique_fd(::openat(folder.get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  }
  if (!fd) {
    const int error = errno;
    const bool bad = error == ELOOP || error == ENXIO || error == EISDIR || error == EACCES;
    const refusal why = error == ENOENT ? refusal::absent : bad ? refusal::bad : refusal::failed;
    return {nullptr, why, std::strerror(error)};
  }
  // Before the checks: a remover that excludes this is done, or gone, when the name is looked up.
  if (!lock_use(fd.get(), file_use::shared) || !is_named(folder.get(), file, fd.get()))
    return {nullptr, refusal::busy, std::strerror(EBUSY)};
  const auto header = header_of(fd.get());
  if (!header) return {nullptr, refusal::bad, header.error().message};
  if (cache_file_name(*header) != file) return {nullptr, refusal::bad, "a cache file of another image"};
  writable = writable && may_be_as_long(header->file_size());
  return {std::unique_ptr<cache_file>(new cache_file(std::move(fd), *header, boot, writable)), {}, {}};
}

outcome<std::unique_ptr<cache_file>> cache_file::open_existing(const cache_folder& folder, const std::string& file,
                                                               std::string_view boot) {
  attempt tried = try_open(folder, file, boot);
  if (tried.opened) return std::move(tried.opened);
  return give_up(blame::environment, folder.shown() + "/" + printable(file) + ": " + tried.message);
}

outcome<std::unique_ptr<cache_file>> cache_file::open(const cache_folder& folder, const cache_header& header,
                                                      std::string_view boot) {
  const std::string name = cache_file_name(header);
  const auto failed = [&](const std::string& why) {
    return give_up(blame::environment, folder.shown() + "/" + name + ": " + why);
  };
  bool replaced = false;
  for (int count = 0; count < kMostAttempts; ++count) {
    if (count > 0) std::this_thread::sleep_for(std::chrono::milliseconds(count > 5 ? 5 : 0));
    attempt tried = try_open(folder, name, boot);
    if (tried.opened && tried.opened->header_ != header) tried = {nullptr, refusal::bad, "the file of another image"};
    if (tried.opened) {
      std::array<std::byte, 8> use;
      store_le(use.data(), folder.next_use());
      tried.opened->replaced_ = replaced;
      if (tried.opened->writable_) (void)write_whole(tried.opened->fd_.get(), kCacheUseAt, use);
      return std::move(tried.opened);
    }
    if (tried.why == refusal::failed) return failed(tried.message);
    if (tried.why == refusal::busy) continue;
    replaced = tried.why == refusal::bad;
    if (const int error = make_file(folder, header, name, tried.why == refusal::bad); error != 0)
      return failed(std::strerror(error));
  }
  return failed("other processes keep removing it");
}

std::vector<block_record> cache_file::records(std::uint64_t block, std::uint64_t n) const {
  std::vector<block_record> all(n);
  std::vector<std::byte> raw(n * kCacheRecordSize);
  if (!read_whole(fd_.get(), cache_header::record_at(block), raw)) return all;
  for (std::uint64_t i = 0; i < n; ++i) all[i] = coder_.decode(block + i, raw.data() + i * kCacheRecordSize);
  return all;
}

bool cache_file::write_records(std::uint64_t block, const std::vector<block_record>& records) const {
  std::vector<std::byte> raw;
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    const auto one = coder_.encode(block + i, records[i]);
    raw.insert(raw.end(), one.begin(), one.end());
  }
  return write_whole(fd_.get(), cache_header::record_at(block), raw);
}

std::uint64_t cache_file::read(std::uint64_t block, const std::vector<block_record>& kept, mutable_bytes out) const {
  (void)read_whole(fd_.get(), header_.block_at(block), out);  // where it fails no block is as its record says
  std::uint64_t good = 0;
  for (; good < kept.size() && kept[good].state != block_state::absent; ++good) {
    const bytes one = out.first(header_.length(block + good));
    if (block_crc(one) != kept[good].crc) break;
    out = out.subspan(one.size());
  }
  return good;
}

std::uint64_t cache_file::lock(std::uint64_t block, std::uint64_t n, unsigned patience) const {
  if (!writable_) return 0;
  if (lock_blocks(fd_.get(), block, n)) return n;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience);
  for (std::chrono::milliseconds pause{1}; !lock_blocks(fd_.get(), block, 1);
       pause = std::min(2 * pause, kLongestPause)) {
    if (std::chrono::steady_clock::now() >= end) return 0;
    std::this_thread::sleep_for(pause);
  }
  std::uint64_t locked = 1;
  while (locked < n && lock_blocks(fd_.get(), block + locked, 1)) ++locked;
  return locked;
}

cache_file::keeping cache_file::keep(std::uint64_t block, bytes data) {
  if (!writable_) return {0, EROFS};
  std::uint64_t written = 0;
  const int error = write_whole(fd_.get(), header_.block_at(block), data, &written) ? 0 : errno;
  std::vector<block_record> records;
  std::uint64_t recorded = 0;  // bytes
  for (std::uint64_t b = block; recorded < data.size(); ++b) {
    const std::uint64_t length = header_.length(b);
    if (length > written - recorded) break;
    records.push_back({block_state::written, block_crc(data.subspan(recorded, length))});
    recorded += length;
  }
  // What a full disk has of the next block is of no use.
  if (written > recorded)
    (void)::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      static_cast<off_t>(header_.block_at(block) + recorded), static_cast<off_t>(written - recorded));
  if (records.empty()) return {0, error};
  if (!write_records(block, records)) return {0, errno};
  const std::lock_guard guard(mutex_);
  for (std::uint64_t i = 0; i < records.size(); ++i) unsynced_.push_back(block + i);
  return {records.size(), error};
}

void cache_file::forget(std::uint64_t block) noexcept {
  const std::array<std::byte, kCacheRecordSize> none{};
  if (writable_) (void)write_whole(fd_.get(), cache_header::record_at(block), none);
}

std::uint64_t cache_file::unsynced() const {
  const std::lock_guard guard(mutex_);
  return unsynced_.size() * kCacheBlock;
}

int cache_file::sync() {
  const std::unique_lock turn(syncing_, std::try_to_lock);
  if (!turn) return 0;
  std::vector<std::uint64_t> blocks;
  {
    const std::lock_guard guard(mutex_);
    blocks.swap(unsynced_);
  }
  if (blocks.empty()) return 0;
  const int error = ::fdatasync(fd_.get()) == 0 ? 0 : errno;
  settle(std::move(blocks), error == 0);
  return error;
}

// The records of blocks that fdatasync() was called for. Other processes may be fetching one of them again: such a
// block is theirs.
void cache_file::settle(std::vector<std::uint64_t> blocks, bool synced) {
  std::ranges::sort(blocks);
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  for (std::size_t i = 0; i < blocks.size();) {
    std::uint64_t n = 1;
    while (i + n < blocks.size() && blocks[i + n] == blocks[i] + n) ++n;
    if (lock_blocks(fd_.get(), blocks[i], n)) {
      std::vector<block_record> found = records(blocks[i], n);
      for (block_record& r : found)
        if (r.state == block_state::written) r = synced ? block_record{block_state::synced, r.crc} : block_record{};
      (void)write_records(blocks[i], found);
      unlock_blocks(fd_.get(), blocks[i], n);
    }
    i += n;
  }
}

cache_file::census cache_file::count() const {
  census sum;
  for (std::uint64_t at = 0; at < header_.blocks(); at += kRecordsAtOnce) {
    for (const block_record& r : records(at, std::min(kRecordsAtOnce, header_.blocks() - at))) {
      if (r.state != block_state::absent) ++sum.kept;
      if (r.state == block_state::doubtful) ++sum.doubtful;
    }
  }
  return sum;
}

cache_file::census cache_file::check(bool doubtful_only, bool repair, std::vector<std::uint64_t>& bad) {
  census sum;
  std::vector<std::byte> buffer(kCacheBlock);
  for (std::uint64_t block = 0; block < header_.blocks(); ++block) {
    const std::vector<block_record> kept = records(block, 1);
    const bool in_doubt = kept[0].state == block_state::doubtful;
    if (kept[0].state == block_state::absent || (doubtful_only && !in_doubt)) continue;
    const bool locked = writable_ && lock_blocks(fd_.get(), block, 1);
    const bool good = read(block, kept, mutable_bytes(buffer).first(header_.length(block))) == 1;
    if (locked || !writable_) {
      ++sum.kept;
      if (in_doubt) ++sum.doubtful;
      if (!good) bad.push_back(block);
    }
    if (locked && repair && !good) forget(block);
    if (locked && repair && good && in_doubt && write_records(block, {{block_state::written, kept[0].crc}})) {
      const std::lock_guard guard(mutex_);
      unsynced_.push_back(block);
    }
    if (locked) unlock(block, 1);
  }
  return sum;
}

}  // namespace docteur
