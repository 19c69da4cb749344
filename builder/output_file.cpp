#include "builder/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "base/whole_io.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;  // bytes; writes begin at its multiples, which suits devices

}  // namespace

outcome<std::unique_ptr<output_file>> output_file::create(const std::filesystem::path& target) {
  std::unique_ptr<output_file> out(new output_file);
  out->shown_ = printable(target.native());
  struct stat st {};
  const bool exists = ::stat(target.c_str(), &st) == 0;
  if (!exists && errno != ENOENT) return out->failed(errno);
  if (exists && S_ISDIR(st.st_mode)) return give_up(blame::usage, out->shown_ + ": is a folder, an image is a file");
  if (exists && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
    return give_up(blame::usage, out->shown_ + ": an image cannot be written to a pipe or socket");
  if (exists && !S_ISREG(st.st_mode)) {
    DOCTEUR_CHECK(out->open_device(target));
  } else {
    DOCTEUR_TRY(file, atomic_file::create(target));
    out->file_.emplace(std::move(file));
  }
  out->buffer_.reserve(kBuffer);
  out->buffer_.resize(kHeaderSize);
  return out;
}

outcome<void> output_file::open_device(const std::filesystem::path& target) {
  // O_EXCL without O_CREAT: EBUSY for a block device that is mounted or otherwise in use (open(2)).
  constexpr int kFlags = O_CLOEXEC | O_EXCL | O_NOCTTY;
  device_ = unique_fd(::open(target.c_str(), O_RDWR | kFlags));
  if (!device_ && errno == EACCES) device_ = unique_fd(::open(target.c_str(), O_WRONLY | kFlags));
  if (!device_) return failed(errno);
  struct stat st {};
  if (::fstat(device_.get(), &st) != 0) return failed(errno);
  if (S_ISBLK(st.st_mode)) {
    const off_t end = ::lseek(device_.get(), 0, SEEK_END);
    if (end < 0) return failed(errno);
    capacity_ = static_cast<std::uint64_t>(end);
    if (capacity_ < kHeaderSize) return failed(ENOSPC);
  }
  return {};
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

result<done> output_file::read_back(std::uint64_t at, mutable_bytes out) const noexcept {
  if (at > size() || out.size() > size() - at) return fail(errc::truncated, at, "not yet written");
  if (at < base_) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(base_ - at, out.size()));
    if (!read_whole(fd(), at, out.first(n))) return fail(errc::io, at, "what was written cannot be read back");
    out = out.subspan(n);
    at += n;
    if (out.empty()) return done{};
  }
  std::ranges::copy(bytes(buffer_).subspan(static_cast<std::size_t>(at - base_), out.size()), out.begin());
  return done{};
}

std::filesystem::path output_file::spool_directory() const { return file_ ? file_->folder() : std::filesystem::path(); }

bool output_file::is_device(const std::filesystem::path& path) const {
  struct stat ours {
  }, other{};
  return device_ && ::fstat(device_.get(), &ours) == 0 && ::stat(path.c_str(), &other) == 0 && S_ISBLK(other.st_mode) &&
         ours.st_rdev == other.st_rdev;
}

std::vector<excluded_file> output_file::not_content() const {
  std::vector<excluded_file> all;
  if (file_ && file_->replaced()) all.push_back({*file_->replaced(), true});
  // Not reported as left out: an image must not depend on the way in which it was written.
  if (file_ && file_->temporary()) all.push_back({*file_->temporary(), false});
  return all;
}

outcome<std::vector<std::byte>> output_file::digests(const image_header& header) {
  DOCTEUR_CHECK(flush());
  return digests_.finish(encode_image_header(header));
}

outcome<void> output_file::complete(const image_header& header) {
  header_ = encode_image_header(header);
  DOCTEUR_CHECK(flush());
  if (file_) return put(header_, 0);
  DOCTEUR_CHECK(zero_device_tail());
  return sync();
}

std::optional<std::string> output_file::sha256() const {
  docteur::sha256 hash;
  hash.update(header_);
  std::vector<std::byte> piece(kBuffer);
  for (std::uint64_t at = header_.size(); at < base_;) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(base_ - at, piece.size()));
    if (!read_whole(fd(), at, mutable_bytes(piece).first(most))) return std::nullopt;
    hash.update(bytes(piece).first(most));
    at += most;
  }
  return hex_text(hash.finish());
}

outcome<void> output_file::publish() {
  if (file_) return file_->publish();
  DOCTEUR_CHECK(put(header_, 0));
  return sync();
}

outcome<void> output_file::flush() {
  if (!file_ && base_ == 0) {
    // From here on the device has no image, until publish().
    DOCTEUR_CHECK(put(std::array<std::byte, kHeaderSize>{}, 0));
    DOCTEUR_CHECK(sync());
  }
  digests_.update(buffer_);
  DOCTEUR_CHECK(put(buffer_, base_));
  base_ += buffer_.size();
  buffer_.clear();
  return {};
}

outcome<void> output_file::put(bytes data, std::uint64_t at) {
  if (!write_whole(fd(), at, data)) return failed(errno);
  return {};
}

outcome<void> output_file::sync() {
  // EINVAL, EROFS: the file does not support syncing, such as /dev/null (fsync(2)).
  if (::fsync(device_.get()) != 0 && errno != EINVAL && errno != EROFS) return failed(errno);
  return {};
}

outcome<void> output_file::zero_device_tail() {
  if (capacity_ <= base_) return {};
  const std::uint64_t rest = capacity_ - base_;
  // Fast if the device can zero ranges; otherwise the kernel writes the zeros.
  if (::fallocate(device_.get(), FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(base_),
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

tl::unexpected<failure> output_file::failed(int error) const {
  return give_up(blame::environment, shown_ + ": " + std::strerror(error));
}

}  // namespace docteur
