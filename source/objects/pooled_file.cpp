#include "source/objects/pooled_file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <thread>
#include <vector>

#include "source/objects/regular_file.hpp"

#include "base/whole_io.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kOpen = 1u << 31;
constexpr std::size_t kMostDescriptors = 1024;
constexpr std::size_t kLeastDescriptors = 2;

}  // namespace

std::size_t most_pooled_descriptors() noexcept {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kLeastDescriptors;
  const auto half = static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur / 2, kMostDescriptors));
  return std::max(half, kLeastDescriptors);
}

class descriptor_pool {
 public:
  static descriptor_pool& shared() {
    static descriptor_pool pool;
    return pool;
  }

  // The descriptor of `file`, which stays open until release().
  object_result<int> acquire(const pooled_file& file) {
    if (enter(file)) return file.fd_;
    std::unique_lock lock(guard_);
    for (;;) {
      if (enter(file)) return file.fd_;
      while (open_.size() >= most_ && close_one()) continue;
      auto fd = open_regular(file.path_);
      if (fd) return add(file, std::move(*fd));
      const bool is_short = fd.error().error == EMFILE || fd.error().error == ENFILE;
      if (!is_short || open_.empty()) return tl::unexpected<object_fault>(std::move(fd.error()));
      if (close_one()) continue;
      // All are being read, but none for long.
      lock.unlock();
      std::this_thread::yield();
      lock.lock();
    }
  }

  static void release(const pooled_file& file) { file.state_.fetch_sub(1, std::memory_order_release); }

  // A read of `file` has ended.
  void forget(const pooled_file& file) {
    const std::scoped_lock lock(guard_);
    if ((file.state_.load(std::memory_order_relaxed) & kOpen) != 0) close(file);
  }

 private:
  static bool enter(const pooled_file& file) {
    std::uint32_t state = file.state_.load(std::memory_order_relaxed);
    while ((state & kOpen) != 0) {
      if (!file.state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire)) continue;
      if (!file.is_recent_.load(std::memory_order_relaxed)) file.is_recent_.store(true, std::memory_order_relaxed);
      return true;
    }
    return false;
  }

  object_result<int> add(const pooled_file& file, unique_fd fd) {
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0) return unreadable(errno);
    const auto size = static_cast<std::uint64_t>(st.st_size);
    if (!file.identity_) {
      file.identity_ = identity_of(st);
      file.size_ = size;
    } else if (*file.identity_ != identity_of(st) || file.size_ != size) {
      return tl::unexpected<object_fault>({false, "changed while it was read"});
    }
    file.fd_ = fd.release();
    file.place_ = open_.size();
    open_.push_back(&file);
    file.state_.store(kOpen | 1, std::memory_order_release);
    return file.fd_;
  }

  // A file that is not being read, preferably one not read since the last search.
  bool close_one() {
    for (std::size_t looked = 0; looked < 2 * open_.size(); ++looked) {
      hand_ = hand_ + 1 < open_.size() ? hand_ + 1 : 0;
      const pooled_file& file = *open_[hand_];
      if (file.is_recent_.exchange(false, std::memory_order_relaxed)) continue;
      std::uint32_t unread = kOpen;
      if (!file.state_.compare_exchange_strong(unread, 0, std::memory_order_acquire)) continue;
      close(file);
      return true;
    }
    return false;
  }

  void close(const pooled_file& file) {
    ::close(file.fd_);
    open_.back()->place_ = file.place_;
    open_[file.place_] = open_.back();
    open_.pop_back();
  }

  std::mutex guard_;
  std::vector<const pooled_file*> open_;
  std::size_t hand_ = 0;
  const std::size_t most_ = most_pooled_descriptors();
};

object_result<std::shared_ptr<const pooled_file>> pooled_file::open(const std::string& path) {
  std::shared_ptr<const pooled_file> file(new pooled_file(path));
  DOCTEUR_CHECK(descriptor_pool::shared().acquire(*file));
  descriptor_pool::release(*file);
  return file;
}

pooled_file::~pooled_file() { descriptor_pool::shared().forget(*this); }

object_result<void> pooled_file::read(std::uint64_t at, mutable_bytes out) const {
  if (at > size_ || out.size() > size_ - at) return damaged("an offset beyond the end of the file");
  DOCTEUR_TRY(fd, descriptor_pool::shared().acquire(*this));
  object_result<void> answer;
  if (!read_whole(fd, at, out)) {
    if (errno == ENODATA)
      answer = damaged("its file has become shorter");
    else
      answer = unreadable(errno);
  }
  descriptor_pool::release(*this);
  return answer;
}

}  // namespace docteur
