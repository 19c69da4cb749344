#pragma once
// Holds the IDX of an image in memory, and the order of its objects in the PACK. Hosted.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/read_range.hpp"

namespace docteur {

class loaded_idx {
 public:
  // Loads IDX. `at`: of IDX in the image. `pack_limit`: offsets in IDX must be below this. `most`: objects, at most.
  // The inner error is a fault of the image: tables that do not fit, offsets outside the PACK, two objects at one
  // offset, too many objects. Fails (blame::environment) if the device cannot be read.
  [[nodiscard]] static outcome<result<loaded_idx>> load(const device& d, std::uint64_t at, std::uint64_t pack_limit,
                                                        std::uint32_t most, hash_kind kind);

  [[nodiscard]] const idx_view& view() const noexcept { return view_; }
  // The positions in IDX, in the order of their offsets.
  [[nodiscard]] std::span<const std::uint32_t> order() const noexcept { return order_; }

 private:
  reused_bytes memory_;
  idx_view view_;  // of memory_ or of the mapped device
  std::vector<std::uint32_t> order_;
};

}  // namespace docteur
