#pragma once
// Parts of a file on a server that were fetched into memory. Hosted.

#include <cstdint>
#include <vector>

#include "object/bytes.hpp"
#include "object/device.hpp"
#include "update/range_plan.hpp"

namespace docteur {

class known_parts {
 public:
  struct part {
    std::uint64_t at;
    std::vector<std::byte> content;
  };

  // The next bytes of the part that begins at `at`, which is not below any that is here.
  void add(std::uint64_t at, bytes piece);
  [[nodiscard]] const std::vector<part>& parts() const noexcept { return parts_; }
  [[nodiscard]] range_list ranges() const;
  // A device of `size` bytes, as long as this object is there and does not change. Errors: truncated, outside of the
  // parts.
  [[nodiscard]] device view(std::uint64_t size) const noexcept;

 private:
  std::vector<part> parts_;  // ascending and disjoint
};

}  // namespace docteur
