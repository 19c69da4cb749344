#include "reader/attached_image.hpp"

namespace docteur {

result<done> attached_image::attach(const device& d, const memory& from, const attach_options& options) noexcept {
  DOCTEUR_TRY(image, docteur::image::attach(d, from, options.bounds, options.source));
  image_ = std::move(image);
  DOCTEUR_TRY(snapshot, docteur::snapshot::attach(image_));
  snapshot_ = std::move(snapshot);
  DOCTEUR_TRY(reader, image_reader::make(image_, from, options.cache_bytes));
  reader_.emplace(std::move(reader));
  return done{};
}

}  // namespace docteur
