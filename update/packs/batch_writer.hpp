#pragma once
// Collects the records of entries, and writes them as batches (doc/UPDATE.md, "Batches"). Hosted.

#include <vector>

#include "object/device.hpp"
#include "update/packs/entry_guess.hpp"
#include "update/packs/pack_frame.hpp"
#include "update/packs/update_pack.hpp"

namespace docteur {

class batch_writer {
 public:
  explicit batch_writer(frame_writer& out) : out_(out) {}

  std::vector<std::byte> control;
  std::vector<std::byte> copies;
  std::vector<std::byte> literals;

  // Ends the record of `entries` entries. Writes the batch if it has become large.
  [[nodiscard]] outcome<void> end_record(std::uint32_t entries);
  // The same, with a range of a device as the literals that come last.
  [[nodiscard]] outcome<void> end_record(const device& from, std::uint64_t at, std::uint64_t size);
  // Writes what is there; without a count of entries if `is_tail`.
  [[nodiscard]] outcome<void> flush(bool is_tail = false);

 private:
  frame_writer& out_;
  std::uint32_t entries_ = 0;
};

}  // namespace docteur
