#include "cli/opened_image.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "reader/heap.hpp"
#include "source/printable.hpp"

namespace docteur::cli {

failure describe(const error& e, const std::string& subject) {
  std::string text = subject + ": ";
  switch (e.code) {
    // Answers rather than faults: the place in the image says nothing.
    case errc::not_found:
    case errc::symlink_loop: return {blame::input, text + e.what};
    case errc::wrong_kind:
      if (e.at == 0) return {blame::input, text + e.what};
      break;
    case errc::out_of_memory: return {blame::environment, text + e.what};
    default: break;
  }
  std::array<char, 32> at;
  std::snprintf(at.data(), at.size(), " at 0x%llx: ", static_cast<unsigned long long>(e.at));
  text += name(e.code);
  text += at.data();
  text += e.what;
  return {e.code == errc::io ? blame::environment : blame::input, text};
}

outcome<std::unique_ptr<opened_image>> opened_image::open(const std::string& path) {
  DOCTEUR_TRY(file, file_device::open(path));
  std::unique_ptr<opened_image> self(new opened_image(printable(path), std::move(file)));
  auto attached = image::attach(self->file_.view(), heap_memory());
  if (!attached) return tl::make_unexpected(describe(attached.error(), self->name_));
  self->image_ = std::move(*attached);
  auto reader = image_reader::make(self->image_, heap_memory());
  if (!reader) return tl::make_unexpected(describe(reader.error(), self->name_));
  self->reader_.emplace(std::move(*reader));
  return self;
}

failure opened_image::about(const error& e, std::string_view path) const {
  return describe(e, name_ + ": " + printable(path));
}

outcome<void> write_out(bytes data, bool& pipe_closed) {
  while (!data.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) {
      pipe_closed = true;
      return {};
    }
    if (n < 0) return give_up(blame::environment, std::string("stdout: ") + std::strerror(errno));
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace docteur::cli
