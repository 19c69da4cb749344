#include "source/objects/pack_list.hpp"

#include <algorithm>
#include <filesystem>

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRemembered = 16;

}  // namespace

std::unique_ptr<const pack_list> pack_list::scan(const std::vector<std::string>& folders, hash_kind kind,
                                                 const pack_list* before) {
  std::unique_ptr<pack_list> list(new pack_list(kind));
  if (before != nullptr) {
    for (const auto* packs : {&before->packs_, &before->covered_})
      for (const pack_ptr& pack : *packs) list->known_.emplace(pack->idx_path(), pack);
    for (const auto& many : before->indexes_)
      for (const pack_ptr& pack : many->packs) list->known_.emplace(pack->idx_path(), pack);
  }
  for (const std::string& folder : folders) list->add_folder(folder + "/pack", before);
  list->known_.clear();
  return list;
}

bool pack_list::is_same(const pack_list& other) const {
  return indexes_ == other.indexes_ && packs_ == other.packs_ && covered_ == other.covered_;
}

void pack_list::add_folder(const std::string& folder, const pack_list* before) {
  std::unordered_map<std::string, pack_ptr> of_midx;
  if (auto many = open_many(folder, before)) {
    for (const pack_ptr& pack : many->packs) of_midx.emplace(pack->idx_path(), pack);
    indexes_.push_back(std::move(many));
  }
  for (const std::string& path : list_indexes(folder)) {
    if (const auto it = of_midx.find(path); it != of_midx.end()) {
      covered_.push_back(it->second);
      continue;
    }
    pack_ptr pack = known_or_new(path);
    if (const auto idx = pack->idx()) {
      packs_.push_back(std::move(pack));
    } else if (!idx.error().missing) {
      remember(path, idx.error());
    }
  }
}

// Paths of the IDX files, ascending.
std::vector<std::string> pack_list::list_indexes(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".idx") paths.push_back(it->path().native());
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    remember(folder, unreadable(error.value()).value());
  std::ranges::sort(paths);
  return paths;
}

// Null if there is none that can be used.
std::shared_ptr<const pack_list::many_packs> pack_list::open_many(const std::string& folder, const pack_list* before) {
  const std::string path = folder + "/multi-pack-index";
  const file_stamp stamp = stamp_at(path);
  if (before != nullptr)
    for (const auto& known : before->indexes_) {
      const auto is_current = [](const pack_ptr& pack) { return pack->is_current(); };
      if (known->path == path && known->stamp == stamp && std::ranges::all_of(known->packs, is_current)) return known;
    }
  auto file = table_file::open(path);
  if (!file) {
    if (!file.error().missing) remember(path, std::move(file.error()));
    return nullptr;
  }
  auto midx = midx_file::open(std::move(*file), kind_);
  if (!midx) {
    remember(path, std::move(midx.error()));
    return nullptr;
  }
  std::vector<pack_ptr> packs;
  for (const std::string& name : midx->packs()) packs.push_back(known_or_new(folder + "/" + name));
  return std::make_shared<const many_packs>(many_packs{path, stamp, std::move(*midx), std::move(packs)});
}

pack_list::pack_ptr pack_list::known_or_new(const std::string& idx_path) const {
  if (const auto it = known_.find(idx_path); it != known_.end() && it->second->is_current()) return it->second;
  return std::make_shared<const pack_file>(idx_path, kind_);
}

void pack_list::remember(const std::string& path, object_fault fault) {
  if (faults_.size() < kMostRemembered) faults_.push_back(about(path, std::move(fault)));
}

}  // namespace docteur
