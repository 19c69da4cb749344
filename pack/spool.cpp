#include "pack/spool.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/printable.hpp"
#include "base/temporary_folder.hpp"
#include "base/whole_io.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

tl::unexpected<failure> io_failure(const char* what, int code) {
  return give_up(blame::environment, std::string(what) + ": " + std::generic_category().message(code));
}

}  // namespace

outcome<std::unique_ptr<spool>> spool::create(const std::filesystem::path& directory) {
  std::filesystem::path where = directory;
  if (where.empty()) {
    DOCTEUR_TRY(folder, temporary_folder());
    where = std::move(folder);
  }
  unique_fd fd = open_unnamed(where);
  if (!fd) return io_failure((printable(where.native()) + ": cannot create a temporary file").c_str(), errno);
  return std::unique_ptr<spool>(new spool(std::move(fd)));
}

outcome<std::uint64_t> spool::append(bytes data) {
  const std::uint64_t begin = end_.fetch_add(data.size(), std::memory_order_relaxed);
  if (!write_whole(fd_.get(), begin, data)) return io_failure("cannot write to the temporary file", errno);
  return begin;
}

outcome<void> spool::read(std::uint64_t offset, mutable_bytes out) const {
  if (!read_whole(fd_.get(), offset, out))
    return io_failure("cannot read from the temporary file", errno == ENODATA ? EIO : errno);
  return {};
}

}  // namespace docteur
