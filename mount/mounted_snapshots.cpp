#include "mount/mounted_snapshots.hpp"

#include "host/version_names.hpp"

namespace docteur {

result<std::unique_ptr<mounted_snapshots>> mounted_snapshots::of_versions(const snapshot& first, std::uint64_t most) {
  auto all = std::make_unique<mounted_snapshots>(first);
  DOCTEUR_TRY(versions, version_list::load(first.image()));
  if (versions.empty()) return fail(errc::not_found, 0, "no versions in the image");
  all->versions_ = std::move(versions);
  all->recent_.set_bound(most);
  for (const version_names& names : names_of_versions(all->versions_)) {
    const std::uint32_t tree = all->versions_.find_name(names.name)->number + 1;
    all->entries_.push_back({names.name, tree, {}});
    for (const std::string_view alias : names.aliases) all->entries_.push_back({alias, tree, names.name});
  }
  for (std::uint32_t i = 0; i < all->entries_.size(); ++i) all->by_name_.emplace(all->entries_[i].name, i);
  return all;
}

std::optional<std::uint32_t> mounted_snapshots::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

oid mounted_snapshots::commit(std::uint32_t number) const {
  return number == 0 ? first_->commit_id() : versions_[number - 1].commit;
}

result<mounted_snapshots::handle> mounted_snapshots::tree(std::uint32_t number) {
  const oid wanted = commit(number);
  if (wanted == first_->commit_id()) return handle(handle(), first_);
  return recent_.get(wanted, [&] { return snapshot::attach(image(), versions_, versions_[number - 1]); });
}

}  // namespace docteur
