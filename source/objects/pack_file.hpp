#pragma once
// A PACK of a repository, with its IDX if it has one. Hosted; all functions are safe from many threads.
//
// Both are read with pread(), not mapped: memory does not grow with them or with what is streamed, and a file that
// shrinks is an error.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/beneath.hpp"
#include "pack/entry.hpp"
#include "source/objects/base_cache.hpp"
#include "source/objects/idx_file.hpp"
#include "source/objects/inflated_file.hpp"

namespace docteur {

// Finds a delta's base elsewhere when its entry in the PACK is damaged.
class base_finder {
 public:
  virtual ~base_finder() = default;
  // A copy of the object other than the entry at `offset` of the PACK with that number; null if there is none.
  [[nodiscard]] virtual std::shared_ptr<const cached_base> find_elsewhere(const oid& id, std::uint64_t number,
                                                                          std::uint64_t offset) = 0;
  // The object's offset in that PACK from another source than its IDX.
  [[nodiscard]] virtual std::optional<std::uint64_t> offset_in(std::uint64_t number, const oid& id) = 0;
};

class pack_file {
 public:
  // `idx_path` ends in ".idx"; the PACK is beside it. `kind`: of all ids in both. Neither is opened yet.
  pack_file(std::string idx_path, hash_kind kind);
  pack_file(const pack_file&) = delete;
  pack_file& operator=(const pack_file&) = delete;

  [[nodiscard]] const std::string& idx_path() const noexcept { return idx_path_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }  // unique in this process
  // Whether the paths still name the same files.
  [[nodiscard]] bool is_current() const;

  // Opened on first use; lives as long as this object. Faults do not name the file.
  [[nodiscard]] object_result<const idx_file*> idx() const;

  // The next three read the entry at `offset`. Faults name the PACK, and are missing if there is no such file. Size,
  // and the type unless the entry is a delta, which has its base's type.
  [[nodiscard]] object_result<object_summary> info(std::uint64_t offset) const;
  // Replaces `out`. The bytes are not compared with the id.
  [[nodiscard]] object_result<object_type> read(std::uint64_t offset, std::vector<std::byte>& out,
                                                base_finder& elsewhere) const;
  // Null if the entry is a delta, which only read() can rebuild.
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream(std::uint64_t offset) const;

 private:
  struct opened {
    std::shared_ptr<const pooled_file> file;
    std::uint64_t end;  // end of the entries, start of the trailer
    hash_kind kind;
  };
  struct step;
  using base_ptr = std::shared_ptr<const cached_base>;
  object_result<const opened*> pack() const;
  object_result<opened> open_pack() const;
  tl::unexpected<object_fault> in_pack(object_fault fault) const { return located(std::move(fault), path_); }

  static object_result<bytes> read_some(const opened& from, std::uint64_t offset, mutable_bytes room);
  static object_result<entry_header> read_header(const opened& from, std::uint64_t offset);
  static object_result<object_summary> summary(const opened& from, std::uint64_t offset);
  static object_result<void> inflate(const opened& from, std::uint64_t offset, const entry_header& header,
                                     std::vector<std::byte>& out);
  object_result<object_type> rebuild(const opened& from, std::uint64_t offset, std::vector<std::byte>& out,
                                     base_finder& elsewhere) const;
  object_result<std::uint64_t> base_of(const entry_header& header, base_finder& elsewhere) const;
  object_result<base_ptr> descend(const opened& from, std::vector<step>& steps, base_finder& elsewhere) const;
  static object_result<base_ptr> base_at(const opened& from, std::uint64_t offset, const entry_header& header);
  base_ptr recover(std::uint64_t offset, base_finder& elsewhere) const;
  object_result<base_ptr> recover(std::vector<step>& steps, object_fault fault, base_finder& elsewhere) const;
  static object_result<std::vector<std::byte>> apply(const opened& from, const step& last, bytes base);

  const std::string idx_path_;
  const hash_kind kind_;
  const std::string path_;  // of the PACK
  const std::uint64_t number_;
  const file_stamp idx_stamp_, stamp_;
  mutable std::mutex guard_;  // of the two that follow
  mutable std::unique_ptr<const idx_file> idx_;
  mutable std::unique_ptr<const opened> pack_;
  mutable std::atomic<const idx_file*> ready_idx_{nullptr};
  mutable std::atomic<const opened*> ready_pack_{nullptr};
};

}  // namespace docteur
