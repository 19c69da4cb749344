#pragma once
// The bytes of a new image's PACK that need not be fetched: entry headers from its entry section, zlib streams from an
// old image, or made of its objects. Hosted.

#include <cstdint>
#include <vector>

#include "object/device.hpp"
#include "update/entry_table.hpp"
#include "update/range_plan.hpp"
#include "update/remade_streams.hpp"
#include "update/stream_index.hpp"

namespace docteur {

class assembly {
 public:
  // `entries`: of the new image. `old`: the device of the old one, whose streams are `streams`. All must outlive this
  // object.
  assembly(const entry_table& entries, const device& old, const stream_index& streams, remade_streams remade = {});

  // The streams that the old image lacks, as ranges of the new one.
  [[nodiscard]] const range_list& missing() const noexcept { return missing_; }
  // Bytes of streams that it has, or that were made.
  [[nodiscard]] std::uint64_t found_bytes() const noexcept { return found_; }
  // Fills `out` with the bytes from `at` of the new image, all of them in entries and none of them missing. Errors: the
  // device's.
  [[nodiscard]] result<done> read(std::uint64_t at, mutable_bytes out) const noexcept;

 private:
  const entry_table& entries_;
  device old_;
  std::vector<std::uint64_t> sources_;  // of each entry its stream in the old image; 0: it is in remade_, or missing
  remade_streams remade_;
  range_list missing_;
  std::uint64_t found_ = 0;
};

}  // namespace docteur
