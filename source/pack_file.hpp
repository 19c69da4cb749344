#pragma once
// A PACK of a repository with its IDX (version 2). Hosted; all functions are safe from many threads.
//
// The PACK is read with pread(), not mapped: memory then does not grow with it, nor with what is streamed from it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "idx/reader.hpp"
#include "pack/entry.hpp"
#include "source/base_cache.hpp"
#include "source/object_fault.hpp"
#include "source/unique_fd.hpp"

namespace docteur {

class pack_file {
 public:
  // `idx_path` ends in ".idx", the PACK lies beside it. `bases` is shared by PACKs of different `number` and outlives
  // them. Null for what is not understood: an IDX of version 1, damage.
  [[nodiscard]] static std::unique_ptr<pack_file> open(const std::string& idx_path, std::size_t number,
                                                       base_cache& bases);
  pack_file(const pack_file&) = delete;
  pack_file& operator=(const pack_file&) = delete;
  ~pack_file();

  // Offset of the object's entry.
  [[nodiscard]] std::optional<std::uint64_t> find(const oid& id) const;

  // Size, and the type where the entry itself tells: a delta has that of its base.
  [[nodiscard]] object_result<object_summary> info(std::uint64_t offset) const;
  // Replaces `out`.
  [[nodiscard]] object_result<object_type> read(std::uint64_t offset, std::vector<std::byte>& out) const;
  // Null when the entry is a delta: only read() can rebuild it.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream(std::uint64_t offset) const;

 private:
  pack_file(std::size_t number, base_cache& bases) : number_(number), bases_(bases) {}
  object_result<std::size_t> read_some(std::uint64_t offset, mutable_bytes out) const;
  object_result<entry_header> read_header(std::uint64_t offset) const;
  object_result<entry_header> inflate_entry(std::uint64_t offset, std::vector<std::byte>& content) const;
  object_result<std::uint64_t> base_of(const entry_header& header) const;

  unique_fd fd_;
  std::uint64_t end_ = 0;  // of the entries: where the trailer begins
  bytes map_;              // IDX
  idx_view idx_;
  std::size_t number_;
  base_cache& bases_;
};

}  // namespace docteur
