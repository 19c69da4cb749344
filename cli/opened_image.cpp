#include "cli/opened_image.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/printable.hpp"
#include "reader/huge_page_heap.hpp"

namespace docteur::cli {

outcome<std::unique_ptr<opened_image>> opened_image::open(const std::string& path, paths_from source) {
  DOCTEUR_TRY(file, file_device::open(path));
  std::unique_ptr<opened_image> self(new opened_image(printable(path), std::move(file)));
  auto attached = image::attach(self->file_.view(), huge_page_memory(), {}, source);
  if (!attached) return tl::make_unexpected(describe(attached.error(), self->name_));
  self->image_ = std::move(*attached);
  auto reader = image_reader::make(self->image_, huge_page_memory());
  if (!reader) return tl::make_unexpected(describe(reader.error(), self->name_));
  self->reader_.emplace(std::move(*reader));
  return self;
}

std::string opened_image::subject(std::string_view path) const { return name_ + ": " + printable(path); }

failure opened_image::about(const error& e, std::string_view path) const { return describe(e, subject(path)); }

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
