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
  // A multi-pack-index and its PACKs, in the order of its names.
  struct many_packs {
    std::string path;
    file_stamp stamp;
    midx_file midx;
    std::vector<pack_ptr> packs;
  };

  // Lists the folders of objects with ids of `kind`. What is the same file as in `before` (may be null) is taken over. What cannot be read
  // or is damaged is left out and remembered.
  [[nodiscard]] static std::unique_ptr<const pack_list> scan(const std::vector<std::string>& folders,
                                                             hash_kind kind, const pack_list* before);
  // Whether both list the same files.
  [[nodiscard]] bool is_same(const pack_list& other) const;

  [[nodiscard]] const std::vector<std::shared_ptr<const many_packs>>& indexes() const noexcept { return indexes_; }
  // Those that no multi-pack-index has.
  [[nodiscard]] const std::vector<pack_ptr>& packs() const noexcept { return packs_; }
  // Those that one has and that are in the folder with an IDX of their own: should the multi-pack-index be stale.
  [[nodiscard]] const std::vector<pack_ptr>& covered() const noexcept { return covered_; }
  // Phrases of their own, as object_folders has them.
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
  std::unordered_map<std::string, pack_ptr> known_;  // of the list before, while this one is made
};

}  // namespace docteur
