#pragma once
// A partial file that is filled from several places at once, in pieces of any size. Hosted.
//
// A block counts as here when its last byte came and it is the image's: once the digests are known, each block is
// compared with its own first. One that is not stays missing, so whoever goes on with the file fetches it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/image_digests.hpp"
#include "remote/partial_file.hpp"
#include "update/range_plan.hpp"

namespace docteur {

class seeded_file {
 public:
  // `file` must outlive this object and not be moved.
  explicit seeded_file(partial_file& file);

  // The blocks that were here from the start.
  [[nodiscard]] const range_list& present() const noexcept { return present_; }
  // From now on blocks are compared. `digests` must outlive this object. Before any other thread writes.
  void compare_with(const image_digests& digests) noexcept { digests_ = &digests; }
  // Writes bytes of the file. Those in present() are left as they are; each other byte is to be written once. To be
  // called from several threads.
  [[nodiscard]] outcome<void> write(std::uint64_t at, bytes piece);
  // Blocks that came and were not the image's.
  [[nodiscard]] std::uint64_t wrong_blocks() const noexcept { return wrong_; }

 private:
  outcome<void> count(std::uint64_t block, std::uint32_t n);
  outcome<bool> is_right(std::uint64_t block) const;

  partial_file& file_;
  range_list present_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> left_;  // of each block the bytes that have not come; present: 0
  const image_digests* digests_ = nullptr;
  std::atomic<std::uint64_t> wrong_{0};
};

}  // namespace docteur
