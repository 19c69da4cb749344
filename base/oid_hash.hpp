#pragma once
// Ids as keys of the standard library's hash tables. Hosted.

#include <cstring>

#include "object/oid.hpp"

namespace docteur {

// An id is a hash already: eight of its bytes will do.
struct oid_hash {
  [[nodiscard]] std::size_t operator()(const oid& id) const noexcept {
    std::size_t v;
    std::memcpy(&v, id.view().data() + 4, sizeof v);
    return v;
  }
};

}  // namespace docteur
