#include "reader/attached_image.hpp"

#include "reader/version_list.hpp"

namespace docteur {

result<done> attached_image::attach(const device& d, const memory& from, const attach_options& options) noexcept {
  DOCTEUR_TRY(image, docteur::image::attach(d, from, options.bounds, options.source));
  image_ = std::move(image);
  DOCTEUR_CHECK(attach_snapshot(options.version));
  DOCTEUR_TRY(reader, image_reader::make(image_, from, options.cache_bytes));
  reader_.emplace(std::move(reader));
  return done{};
}

result<done> attached_image::attach_snapshot(std::string_view version) noexcept {
  if (version.empty()) {
    DOCTEUR_TRY(snapshot, docteur::snapshot::attach(image_));
    snapshot_ = std::move(snapshot);
    return done{};
  }
  DOCTEUR_TRY(versions, version_list::load(image_));
  const auto found = versions.find(version);
  if (!found) return fail(errc::not_found, 0, "no such version");
  DOCTEUR_TRY(snapshot, docteur::snapshot::attach(image_, versions, *found));
  snapshot_ = std::move(snapshot);
  return done{};
}

}  // namespace docteur
