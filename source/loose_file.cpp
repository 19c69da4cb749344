#include "source/loose_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "source/inflated_file.hpp"

namespace docteur {
namespace {

constexpr std::size_t kLongestHeader = 32;  // "commit", a space, 20 digits, NUL

}  // namespace

object_result<loose_file> loose_file::open(const std::string& objects, const oid& id) {
  const oid_hex hex = to_hex(id);
  std::string path = objects + "/";
  path.append(hex.data(), 2).append("/").append(hex.data() + 2, hex.size() - 2);
  loose_file file;
  file.fd_ = unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.fd_) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return tl::unexpected<object_fault>(
        {missing, missing ? "is missing" : std::string("cannot be read: ") + std::strerror(errno)});
  }
  struct stat st {};
  if (::fstat(file.fd_.get(), &st) != 0 || !S_ISREG(st.st_mode)) return damaged("its file is none");
  file.file_size_ = static_cast<std::uint64_t>(st.st_size);

  std::array<std::byte, kLongestHeader> front;
  DOCTEUR_TRY(n, inflate_front(file.fd_.get(), 0, file.file_size_, front));
  std::string_view header = as_text(bytes(front).first(n));
  const auto end = header.find('\0');
  const auto space = header.find(' ');
  if (end == std::string_view::npos || space >= end) return damaged("a loose object's header");
  const std::string_view type = header.substr(0, space);
  const std::string_view digits = header.substr(space + 1, end - space - 1);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), file.size_);
  if (error != std::errc{} || stop != digits.data() + digits.size()) return damaged("a loose object's size");
  file.header_size_ = end + 1;
  for (const object_type known : {object_type::commit, object_type::tree, object_type::blob, object_type::tag}) {
    if (type != name(known)) continue;
    file.type_ = known;
    if (!is_plausible_size(file.size_, file.file_size_)) return damaged("a size that its zlib stream cannot have");
    return file;
  }
  return damaged("an unknown type");
}

object_result<void> loose_file::read(std::vector<std::byte>& out) const {
  thread_local std::vector<std::byte> input;
  thread_local auto engine = inflater::make();
  if (!engine) return tl::unexpected<object_fault>({false, "cannot be read: out of memory"});
  input.resize(static_cast<std::size_t>(file_size_));
  for (std::size_t have = 0; have < input.size();) {
    const ssize_t n = ::pread(fd_.get(), input.data() + have, input.size() - have, static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected<object_fault>({false, std::string("cannot be read: ") + std::strerror(errno)});
    if (n == 0) return damaged("its file became shorter");
    have += static_cast<std::size_t>(n);
  }
  out.resize(static_cast<std::size_t>(header_size_ + size_));
  if (const auto taken = engine->inflate(input, out, 0); !taken) return damaged(taken.error().what);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(header_size_));
  return {};
}

object_result<std::unique_ptr<byte_stream>> loose_file::open_stream() const {
  return open_inflated(fd_.get(), 0, file_size_, header_size_, size_);
}

}  // namespace docteur
