#pragma once
// The PACKs and multi-pack-indexes that are in the folders of an object database at one time. Hosted; immutable, so
// safe from many threads.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "source/objects/midx_file.hpp"
#include "source/objects/pack_file.hpp"

namespace docteur {

class pack_list {
 public:
  using pack_ptr = std::shared_ptr<const pack_file>;
  // A multi-pack-index and its PACKs, in the order of its list.
  struct many_packs {
    std::string path;
    file_stamp stamp;
    midx_file midx;
    std::vector<pack_ptr> packs;
  };

  // Lists the folders of objects. Files that are unchanged since `before` (may be null) are taken over from it. Those
  // that cannot be read or are damaged are left out and noted in faults().
  [[nodiscard]] static std::unique_ptr<const pack_list> scan(const std::vector<std::string>& folders, hash_kind kind,
                                                             const pack_list* before);
  // Whether both list the same files.
  [[nodiscard]] bool is_same(const pack_list& other) const;

  [[nodiscard]] const std::vector<std::shared_ptr<const many_packs>>& indexes() const noexcept { return indexes_; }
  // The PACKs that are in no multi-pack-index.
  [[nodiscard]] const std::vector<pack_ptr>& packs() const noexcept { return packs_; }
  // The PACKs that are in one and have their own IDX, for when the multi-pack-index is stale.
  [[nodiscard]] const std::vector<pack_ptr>& covered() const noexcept { return covered_; }
  // Phrases of their own, as in object_folders.
  [[nodiscard]] const std::vector<object_fault>& faults() const noexcept { return faults_; }

 private:
  explicit pack_list(hash_kind kind) : kind_(kind) {}
  void add_folder(const std::string& folder, const pack_list* before);
  [[nodiscard]] std::vector<std::string> list_indexes(const std::string& folder);
  [[nodiscard]] std::shared_ptr<const many_packs> open_many(const std::string& folder, const pack_list* before);
  [[nodiscard]] pack_ptr known_or_new(const std::string& idx_path) const;
  void remember(const std::string& path, object_fault fault);

  hash_kind kind_;
  std::vector<std::shared_ptr<const many_packs>> indexes_;
  std::vector<pack_ptr> packs_;
  std::vector<pack_ptr> covered_;
  std::vector<object_fault> faults_;
  std::unordered_map<std::string, pack_ptr> known_;  // from the list before, while this one is built
};

}  // namespace docteur
