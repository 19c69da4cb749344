#include "host/opened_image.hpp"

#include "host/describe.hpp"
#include "host/huge_page_heap.hpp"

namespace docteur {

outcome<std::unique_ptr<opened_image>> opened_image::open(const std::string& path, std::string shown, paths_from source,
                                                          const std::optional<oid>& digest) {
  DOCTEUR_TRY(file, file_device::open(path));
  std::unique_ptr<opened_image> self(new opened_image(std::move(shown), std::move(file)));
  if (digest) {
    DOCTEUR_TRY(pinned, load_pinned(self->file_.view(), {&*digest, 1}, self->shown_));
    self->checked_.emplace(self->file_.view(), std::move(pinned));
  }
  const auto attached = self->attached_.attach(self->disk(), huge_page_memory(), {{}, source});
  if (!attached) return tl::make_unexpected(describe(attached.error(), self->shown_));
  return self;
}

}  // namespace docteur
