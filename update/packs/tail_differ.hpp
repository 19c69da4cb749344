#pragma once
// Says how what follows the entries of the new PACK is made: the counterpart of tail_rebuilder. Hosted.

#include <optional>

#include "update/packs/batch_writer.hpp"
#include "update/packs/image_side.hpp"
#include "update/packs/tail_rebuilder.hpp"

namespace docteur {

class tail_differ {
 public:
  // All must outlive this.
  tail_differ(image_side& old_side, image_side& new_side, batch_writer& out)
      : old_(old_side), new_(new_side), out_(out) {}
  [[nodiscard]] outcome<void> run(progress& report);

 private:
  struct part {
    std::uint64_t at;
    std::uint64_t end;
    std::optional<section_type> type;  // absent: the section table
  };
  void put_ids();
  [[nodiscard]] id_kind kind_of(std::uint32_t i) const;
  [[nodiscard]] outcome<void> put_trailer();
  [[nodiscard]] outcome<void> put_section(const part& p, const progress& report);
  [[nodiscard]] outcome<void> put_idx();
  // Bytes up to `end`: zeros, or literals.
  [[nodiscard]] outcome<void> put_filling(std::uint64_t end);
  [[nodiscard]] outcome<void> put_difference(const part& p, const part* old_part);
  [[nodiscard]] outcome<bool> put_if_equal(tail_kind kind, bytes computed);
  [[nodiscard]] outcome<bool> digests_are_right();
  [[nodiscard]] outcome<std::vector<std::byte>> read(const image_side& from, std::uint64_t at,
                                                     std::uint64_t size) const;
  [[nodiscard]] static std::vector<part> parts_of(const image_side& side);

  image_side& old_;
  image_side& new_;
  batch_writer& out_;
  std::uint64_t position_ = 0;  // in the new image
  oid checksum_;
  std::vector<idx_entry> entries_;
};

}  // namespace docteur
