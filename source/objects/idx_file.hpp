#pragma once
// An IDX of version 1 or 2 in a file (`git help gitformat-pack`). Hosted; all functions are safe from many threads.

#include <memory>
#include <optional>

#include "source/objects/id_table.hpp"

namespace docteur {

class idx_file {
 public:
  // Fails with damaged if the size does not match the fan-out or the version is unknown.
  [[nodiscard]] static object_result<idx_file> open(std::unique_ptr<table_file> file, hash_kind kind);

  [[nodiscard]] std::uint32_t count() const noexcept { return ids_.count(); }
  [[nodiscard]] object_result<oid> id(std::uint32_t position) const { return ids_.id(*file_, position); }
  // Where the object's entry should begin in the PACK; not checked against the PACK.
  [[nodiscard]] object_result<std::optional<std::uint64_t>> find(const oid& id) const;
  [[nodiscard]] object_result<std::uint64_t> offset(std::uint32_t position) const;
  // The object whose entry begins at `offset`. Searches the whole table.
  [[nodiscard]] object_result<std::optional<oid>> id_at(std::uint64_t offset) const;
  // As id_table::collect().
  [[nodiscard]] object_result<void> collect(std::string_view digits, id_set& found) const {
    return ids_.collect(*file_, digits, found);
  }
  // The checksum that the PACK's trailer should have.
  [[nodiscard]] object_result<oid> pack_checksum() const;

 private:
  explicit idx_file(hash_kind kind) : kind_(kind) {}
  [[nodiscard]] std::uint64_t trailer_size() const noexcept { return 2 * id_size(kind_); }
  [[nodiscard]] object_result<std::uint64_t> widen(std::uint32_t field) const;

  hash_kind kind_;
  std::unique_ptr<table_file> file_;
  id_table ids_;
  // The first offset's place, and the bytes from one offset to the next.
  std::uint64_t offsets_at_ = 0;
  std::uint32_t offset_stride_ = 4;
  bool may_be_wide_ = false;
};

}  // namespace docteur
