#pragma once
// A multi-pack-index: one table of ids for many PACKs (`git help gitformat-pack`, "multi-pack-index (MIDX) files").
// Hosted; all functions are safe from many threads.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/objects/id_table.hpp"

namespace docteur {

class midx_file {
 public:
  // Fails with damaged if the version is unknown, the ids are not of `kind`, the file is part of a chain, a table
  // leaves the file, or the trailing checksum is wrong.
  [[nodiscard]] static object_result<midx_file> open(std::unique_ptr<table_file> file, hash_kind kind);

  // Names of IDX files in the file's folder, ascending; none contains '/'.
  [[nodiscard]] const std::vector<std::string>& packs() const noexcept { return packs_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return ids_.count(); }
  [[nodiscard]] object_result<oid> id(std::uint32_t position) const { return ids_.id(*file_, position); }

  struct place {
    std::uint32_t pack;    // in packs()
    std::uint64_t offset;  // of the entry; not checked against the PACK
  };
  [[nodiscard]] object_result<std::optional<place>> find(const oid& id) const;
  // As id_table::collect().
  [[nodiscard]] object_result<void> collect(std::string_view digits, id_set& found) const {
    return ids_.collect(*file_, digits, found);
  }

 private:
  struct chunk {
    std::uint64_t at = 0;
    std::uint64_t size = 0;  // bytes; 0: no such chunk
  };
  midx_file(std::unique_ptr<table_file> file, hash_kind kind) : kind_(kind), file_(std::move(file)) {}
  [[nodiscard]] object_result<void> read_chunks(std::uint32_t chunks);
  [[nodiscard]] object_result<void> read_names(std::uint32_t packs);
  [[nodiscard]] object_result<void> check_sum() const;

  hash_kind kind_;
  std::unique_ptr<table_file> file_;
  chunk names_, fanout_, lookup_, offsets_, wide_offsets_;
  id_table ids_;
  std::vector<std::string> packs_;
};

}  // namespace docteur
