#pragma once
// The objects of several sources, by id, and new ones. Hosted; reading is safe from many threads.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/oid_hash.hpp"
#include "pack/spool.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

class object_pool {
 public:
  // Takes over the objects of `source`; those already known keep their place.
  void add_source(std::unique_ptr<commit_source> source);
  void add_tree(const oid& id, std::vector<std::byte> content);
  // Adds a blob that begins at `at` in `file`.
  void add_blob(const oid& id, std::shared_ptr<const spool> file, std::uint64_t at, std::uint64_t size);

  struct place {
    std::size_t holder;   // a source, or one of the two below
    std::uint64_t index;  // object of the source, one of trees_, offset in a spool
    std::uint64_t size;
    object_type type;
    std::size_t file = 0;  // of files_
  };
  // nullptr if there is no such object.
  [[nodiscard]] const place* find(const oid& id) const;
  // As in object_source; `id` must be in the pool.
  [[nodiscard]] outcome<void> read(const oid& id, std::vector<std::byte>& out) const;
  [[nodiscard]] outcome<void> read_verified(const oid& id, std::vector<std::byte>& out) const;
  [[nodiscard]] outcome<std::unique_ptr<byte_stream>> open(const oid& id) const;
  // The content of a tree; blame::input for anything else. For list_tree(). `path`: where it was found.
  [[nodiscard]] outcome<std::vector<std::byte>> read_tree(const oid& id, std::string_view path) const;

  // Returns the source that was added first; the pool cannot be used afterwards.
  [[nodiscard]] std::unique_ptr<commit_source> take_first() { return std::move(sources_.front()); }
  [[nodiscard]] const std::vector<std::unique_ptr<commit_source>>& sources() const { return sources_; }

 private:
  std::vector<std::unique_ptr<commit_source>> sources_;
  std::vector<std::vector<std::byte>> trees_;
  std::vector<std::shared_ptr<const spool>> files_;
  std::unordered_map<oid, place, oid_hash> places_;
};

}  // namespace docteur
