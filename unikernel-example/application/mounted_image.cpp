#include "unikernel-example/application/mounted_image.hpp"

#include <utility>

namespace docteur::cache_vm {

result<std::shared_ptr<mounted_image>> mounted_image::attach(const disk& d, const site_options& options,
                                                             std::optional<image_digests> pinned) {
  std::shared_ptr<mounted_image> m(new mounted_image(d, options));
  if (pinned) m->checked_.emplace(d.view, std::move(*pinned));
  limits bounds;
  // Streams need no more than a window, so only what is checked whole is built whole.
  bounds.streamed_blob = options.whole_bytes + 1;
  DOCTEUR_TRY(image, docteur::image::attach(m->checked_ ? m->checked_->view() : d.view, options.heap, bounds));
  m->image_ = std::move(image);
  DOCTEUR_CHECK(m->versions_.load(m->image_, options.cache_bytes / 4,
                                  options.rules ? std::optional(options.heap) : std::nullopt));
  return m;
}

}  // namespace docteur::cache_vm
