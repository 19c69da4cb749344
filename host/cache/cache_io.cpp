#include "host/cache/cache_io.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace docteur {
namespace {

// Offsets that are locked; no file is as long.
constexpr std::uint64_t kUseLock = std::uint64_t{1} << 61;
constexpr std::uint64_t kBlockLocks = std::uint64_t{1} << 62;

struct flock region(short type, std::uint64_t at, std::uint64_t n) noexcept {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(at);
  lock.l_len = static_cast<off_t>(n);
  return lock;
}

// Locks of the open file description: other descriptors of this process are excluded, too. Only another holder counts
// as failure: without locks a block may be fetched twice, which does no harm.
bool set_lock(int fd, short type, std::uint64_t at, std::uint64_t n) noexcept {
  struct flock lock = region(type, at, n);
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES);
}

}  // namespace

bool is_own_file(int fd) noexcept {
  struct stat st {};
  return ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == ::geteuid() && (st.st_mode & 077) == 0;
}

bool lock_use(int fd, file_use how) noexcept {
  return set_lock(fd, how == file_use::alone ? F_WRLCK : F_RDLCK, kUseLock, 1);
}

bool is_in_use(int fd) noexcept {
  struct flock lock = region(F_WRLCK, kUseLock, 1);
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool lock_blocks(int fd, std::uint64_t block, std::uint64_t n) noexcept {
  return set_lock(fd, F_WRLCK, kBlockLocks + block, n);
}

void unlock_blocks(int fd, std::uint64_t block, std::uint64_t n) noexcept {
  (void)set_lock(fd, F_UNLCK, kBlockLocks + block, n);
}

bool may_be_as_long(std::uint64_t size) noexcept {
  struct rlimit limit {};
  return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur;
}

}  // namespace docteur
