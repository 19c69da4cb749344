#pragma once
// An attached image on the heap, so that tests can move its owner.

#include <memory>

#include "reader/attached_image.hpp"

namespace docteur {

inline result<std::unique_ptr<attached_image>> attach(const device& d, const memory& from, const limits& bounds = {},
                                                      paths_from source = paths_from::section) {
  auto image = std::make_unique<attached_image>();
  DOCTEUR_CHECK(image->attach(d, from, {bounds, source}));
  return image;
}

}  // namespace docteur
