#include "builder/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "source/printable.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;  // bytes; devices see writes that begin at its multiples
constexpr mode_t kMode = 0644;                         // minus the umask

std::string random_name(const std::string& beside) {
  std::random_device random;
  std::array<char, 24> suffix{};
  std::snprintf(suffix.data(), suffix.size(), ".%08x%08x.tmp", random(), random());
  // NAME_MAX is 255 bytes.
  return "." + beside.substr(0, 200) + suffix.data();
}

}  // namespace

outcome<std::unique_ptr<output_file>> output_file::create(const std::filesystem::path& target) {
  std::unique_ptr<output_file> out(new output_file);
  out->target_ = target;
  out->shown_ = printable(target.native());
  struct stat st {};
  const bool exists = ::stat(target.c_str(), &st) == 0;
  if (!exists && errno != ENOENT) return out->failed(errno);
  if (exists && S_ISDIR(st.st_mode)) return give_up(blame::usage, out->shown_ + ": is a folder, an image is a file");
  if (exists && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
    return give_up(blame::usage, out->shown_ + ": an image cannot be written to a pipe or socket");
  out->is_device_ = exists && !S_ISREG(st.st_mode);
  if (out->is_device_) {
    DOCTEUR_CHECK(out->open_device());
  } else {
    if (exists) {
      std::error_code error;
      out->target_ = std::filesystem::canonical(target, error);
      if (error) return out->failed(error.value());
    }
    DOCTEUR_CHECK(out->open_file());
  }
  out->buffer_.reserve(kBuffer);
  out->buffer_.resize(kHeaderSize);
  return out;
}

output_file::~output_file() {
  if (!temporary_name_.empty()) ::unlinkat(folder_.get(), temporary_name_.c_str(), 0);
}

outcome<void> output_file::open_device() {
  // O_EXCL without O_CREAT: EBUSY for a block device that is mounted or otherwise in use (open(2)).
  fd_ = unique_fd(::open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_EXCL));
  if (!fd_) return failed(errno);
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0) return failed(errno);
  if (S_ISBLK(st.st_mode)) {
    const off_t end = ::lseek(fd_.get(), 0, SEEK_END);
    if (end < 0) return failed(errno);
    capacity_ = static_cast<std::uint64_t>(end);
    if (capacity_ < kHeaderSize) return failed(ENOSPC);
  }
  return {};
}

outcome<void> output_file::open_file() {
  const std::filesystem::path parent = target_.has_parent_path() ? target_.parent_path() : ".";
  if (!target_.has_filename()) return give_up(blame::usage, shown_ + ": a file name is missing");
  folder_ = unique_fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_) return failed(errno);
  fd_ = unique_fd(::openat(folder_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kMode));
  // Only /proc can give such a file a name without privileges.
  if (fd_ && ::access(("/proc/self/fd/" + std::to_string(fd_.get())).c_str(), F_OK) == 0) return {};
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = random_name(target_.filename().native());
    fd_ = unique_fd(::openat(folder_.get(), name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kMode));
    if (fd_) {
      temporary_name_ = name;
      return {};
    }
    if (errno != EEXIST) break;
  }
  return failed(errno);
}

outcome<void> output_file::write(bytes data) {
  if (capacity_ != 0 && data.size() > capacity_ - size())
    return give_up(blame::environment,
                   shown_ + ": the image is larger than the device (" + std::to_string(capacity_) + " bytes)");
  while (!data.empty()) {
    const std::size_t n = std::min(data.size(), kBuffer - buffer_.size());
    buffer_.insert(buffer_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
    data = data.subspan(n);
    if (buffer_.size() == kBuffer) DOCTEUR_CHECK(flush());
  }
  return {};
}

outcome<void> output_file::write_zeros(std::uint64_t count) {
  static constexpr std::array<std::byte, 4096> kZeros{};
  while (count > 0) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(count, kZeros.size()));
    DOCTEUR_CHECK(write(bytes(kZeros).first(n)));
    count -= n;
  }
  return {};
}

std::filesystem::path output_file::spool_directory() const {
  if (is_device_) return {};
  return target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
}

outcome<void> output_file::finish(const image_header& header) {
  DOCTEUR_CHECK(flush());
  if (is_device_) {
    DOCTEUR_CHECK(zero_device_tail());
    DOCTEUR_CHECK(sync());
  }
  DOCTEUR_CHECK(put(encode_image_header(header), 0));
  DOCTEUR_CHECK(sync());
  return is_device_ ? outcome<void>{} : give_name();
}

outcome<void> output_file::flush() {
  if (is_device_ && base_ == 0) {
    // From here on it is no image, until it is a whole one.
    DOCTEUR_CHECK(put(std::array<std::byte, kHeaderSize>{}, 0));
    DOCTEUR_CHECK(sync());
  }
  DOCTEUR_CHECK(put(buffer_, base_));
  base_ += buffer_.size();
  buffer_.clear();
  return {};
}

outcome<void> output_file::put(bytes data, std::uint64_t at) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed(n == 0 ? ENOSPC : errno);
    data = data.subspan(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return {};
}

outcome<void> output_file::sync() {
  // EINVAL, EROFS: "cannot be synced", as /dev/null says (fsync(2)).
  if (::fsync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS) return failed(errno);
  return {};
}

outcome<void> output_file::zero_device_tail() {
  if (capacity_ <= base_) return {};
  const std::uint64_t rest = capacity_ - base_;
  // Quick where the device can do it, and done by the kernel where it cannot.
  if (::fallocate(fd_.get(), FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(base_),
                  static_cast<off_t>(rest)) == 0)
    return {};
  buffer_.assign(kBuffer, std::byte{0});
  for (std::uint64_t at = base_; at < capacity_;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(capacity_ - at, kBuffer - at % kBuffer));
    DOCTEUR_CHECK(put(bytes(buffer_).first(n), at));
    at += n;
  }
  buffer_.clear();
  return {};
}

outcome<void> output_file::give_name() {
  const std::string name = target_.filename().native();
  if (temporary_name_.empty()) {
    const std::string unnamed = "/proc/self/fd/" + std::to_string(fd_.get());
    std::string linked = name;
    while (::linkat(AT_FDCWD, unnamed.c_str(), folder_.get(), linked.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      // A name that is taken is replaced by rename() alone.
      if (errno != EEXIST) return failed(errno);
      linked = random_name(name);
    }
    if (linked != name) temporary_name_ = linked;
  }
  if (!temporary_name_.empty()) {
    if (::renameat(folder_.get(), temporary_name_.c_str(), folder_.get(), name.c_str()) != 0) return failed(errno);
    temporary_name_.clear();
  }
  if (::fsync(folder_.get()) != 0 && errno != EINVAL) return failed(errno);
  return {};
}

tl::unexpected<failure> output_file::failed(int error) const {
  return give_up(blame::environment, shown_ + ": " + std::strerror(error));
}

}  // namespace docteur
