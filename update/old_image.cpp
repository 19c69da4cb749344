#include "update/old_image.hpp"

#include "base/printable.hpp"
#include "object/result.hpp"
#include "update/assembled_image.hpp"

namespace docteur {

outcome<std::shared_ptr<old_image>> old_image::open(const std::string& path,
                                                    std::function<void(const std::string&)> tell) {
  DOCTEUR_TRY(file, file_device::open(path));
  return std::shared_ptr<old_image>(new old_image(std::move(file), printable(path), std::move(tell)));
}

std::unique_ptr<image_device> old_image::over(std::unique_ptr<image_device> below) {
  return std::make_unique<assembled_image>(std::move(below), *this);
}

void old_image::learn(const device& image) {
  auto loaded = made_content::load(image, file_.view());
  if (loaded && *loaded) {
    content_ = std::move(**loaded);
  } else if (tell_) {
    tell_(shown_ + ": nothing is taken from it: " + (loaded ? loaded->error().what : loaded.error().message));
  }
}

}  // namespace docteur
