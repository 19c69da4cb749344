#pragma once
// The IDX of an image in memory, and its objects by their place in the PACK. Hosted.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/fetch.hpp"

namespace docteur {

class loaded_idx {
 public:
  // `at`: of the IDX in the image; `pack_limit`: PACK offsets are smaller than this. An inner error is the image's:
  // tables that do not fit, offsets outside the PACK, two objects at one offset, more than `most` objects.
  [[nodiscard]] static outcome<result<loaded_idx>> load(const device& d, std::uint64_t at, std::uint64_t pack_limit,
                                                        std::uint32_t most, hash_kind kind);

  [[nodiscard]] const idx_view& view() const noexcept { return view_; }
  // Positions in IDX, by offset.
  [[nodiscard]] std::span<const std::uint32_t> order() const noexcept { return order_; }

 private:
  reused_bytes memory_;
  idx_view view_;  // of memory_ or of the mapped device
  std::vector<std::uint32_t> order_;
};

}  // namespace docteur
