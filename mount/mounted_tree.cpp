#include "mount/mounted_tree.hpp"

#include "base/oid_text.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kBlock = 4096;    // bytes
constexpr std::uint32_t kFirstEntry = 2;  // leaf of the first entry in a folder of versions
constexpr std::string_view kOid = "user.docteur.oid";
constexpr std::string_view kCommit = "user.docteur.commit";

std::string below(const std::string& folder, std::string_view name) {
  std::string path = folder;
  if (!path.empty()) path += '/';
  return path.append(name);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

mounted_node root_of(std::uint32_t tree) { return {tree, entry_kind::directory, 0}; }

mounted_node to_mounted(std::uint32_t tree, const node& n) { return {tree, n.kind, n.leaf}; }

}  // namespace

mounted_tree::mounted_tree(mounted_snapshots& of, const memory& from, tree_owner owner)
    : snapshots_(&of), owner_(owner), contents_(of.image(), from) {}

result<mounted_node> mounted_tree::entry(std::uint64_t folder, std::string_view name) {
  const auto path = folders_.path(folder);
  if (!path) return fail(errc::wrong_kind, 0, "not a folder");
  const mounted_node self = find(folder);
  if (is_top(self)) {
    const auto place = snapshots_->find(name);
    if (!place) return fail(errc::not_found, 0, "no such version");
    return version(*place);
  }
  DOCTEUR_TRY(paths, snapshots_->tree(self.tree));
  const auto found = paths->find(below(*path, name));
  if (!found) return fail(errc::not_found, 0, "no such path");
  return to_mounted(self.tree, *found);
}

mounted_node mounted_tree::version(std::uint32_t place) const noexcept {
  const version_entry& e = snapshots_->entries()[place];
  return e.target.empty() ? root_of(e.tree) : mounted_node{0, entry_kind::symlink, kFirstEntry + place};
}

void mounted_tree::hold(std::uint64_t folder, std::string_view name, const mounted_node& n) {
  if (!n.is_folder()) return;
  const auto path = folders_.path(folder);
  if (path) folders_.add(number_of(n), n.is_root() ? "" : below(*path, name));
}

void mounted_tree::release(std::uint64_t number, std::uint64_t count) {
  if (find(number).is_folder()) folders_.forget(number, count);
}

std::uint64_t mounted_tree::inode(const mounted_node& n) const noexcept {
  // The root of a tree has the first leaf, 1, which no other node of the tree can have.
  return std::uint64_t{n.tree} << 32 | (n.is_root() ? 1 : n.leaf);
}

result<node> mounted_tree::node_at(const mounted_node& n, mounted_snapshots::handle& paths) {
  DOCTEUR_TRY(tree, snapshots_->tree(n.tree));
  paths = std::move(tree);
  if (n.is_root()) return *paths->find("");
  return to_node(paths->tree().record(n.leaf - 1), n.leaf);
}

result<struct stat> mounted_tree::status(const mounted_node& n) {
  struct stat s {};
  switch (n.kind) {
    case entry_kind::file: s.st_mode = S_IFREG | 0644; break;
    case entry_kind::executable: s.st_mode = S_IFREG | 0755; break;
    case entry_kind::symlink: s.st_mode = S_IFLNK | 0777; break;
    default: s.st_mode = S_IFDIR | 0755; break;
  }
  std::int64_t date = 0;
  if (n.is_root()) {
    // Listing the versions attaches none of them.
    DOCTEUR_TRY(committed, contents_.committed(snapshots_->commit(n.tree)));
    date = committed;
  } else if (is_in_top(n)) {
    DOCTEUR_TRY(committed, contents_.committed(snapshots_->commit(0)));
    date = committed;
    s.st_size = static_cast<off_t>(snapshots_->entries()[n.leaf - kFirstEntry].target.size());
  } else {
    mounted_snapshots::handle paths;
    DOCTEUR_TRY(here, node_at(n, paths));
    date = paths->commit().committer.seconds;
    if (here.is_blob()) {
      DOCTEUR_TRY(size, contents_.size(here));
      s.st_size = static_cast<off_t>(size);
    }
  }
  s.st_blocks = static_cast<blkcnt_t>((s.st_size + 511) / 512);
  s.st_ino = inode(n);
  s.st_nlink = 1;
  s.st_uid = owner_.user;
  s.st_gid = owner_.group;
  s.st_blksize = kBlock;
  s.st_mtim.tv_sec = s.st_atim.tv_sec = s.st_ctim.tv_sec = date;
  return s;
}

result<done> mounted_tree::list(std::uint64_t folder, std::uint64_t passed,
                                const std::function<bool(const listed&)>& take) {
  const auto path = folders_.path(folder);
  if (!path) return fail(errc::wrong_kind, 0, "not a folder");
  const mounted_node self = find(folder);
  if (passed == 0 && !take({".", self, ++passed, true})) return done{};
  if (is_top(self)) return list_versions(passed, take);
  DOCTEUR_TRY(paths, snapshots_->tree(self.tree));
  if (passed == 1) {
    const std::string_view parent = parent_of(*path);
    const mounted_node above = self.is_root()   ? root_of(0)
                               : parent.empty() ? root_of(self.tree)
                                                : to_mounted(self.tree, *paths->find(parent));
    if (!take({"..", above, ++passed, true})) return done{};
  }
  if (self.kind != entry_kind::directory) return done{};

  const auto mark = folders_.last_mark(folder, passed);
  DOCTEUR_TRY(entries, paths->list(*path, snapshot::depth::children, mark ? std::string_view(mark->name) : ""));
  std::uint64_t place = mark ? mark->passed : 2;
  std::string last;
  while (const auto e = entries.next()) {
    ++place;
    if (place <= passed) continue;
    if (e->name.size() <= kMostName && !take({e->name, to_mounted(self.tree, e->node), place, false})) {
      if (!last.empty()) folders_.leave_mark(folder, place - 1, last);
      break;
    }
    last = e->name;
  }
  return done{};
}

result<done> mounted_tree::list_versions(std::uint64_t passed, const std::function<bool(const listed&)>& take) {
  if (passed == 1 && !take({"..", root_of(0), ++passed, true})) return done{};
  for (std::uint64_t place = passed - 2; place < snapshots_->entries().size(); ++place)
    if (!take({snapshots_->entries()[place].name, version(static_cast<std::uint32_t>(place)), place + 3, false})) break;
  return done{};
}

result<std::string> mounted_tree::target(const mounted_node& n) {
  if (is_in_top(n)) return std::string(snapshots_->entries()[n.leaf - kFirstEntry].target);
  mounted_snapshots::handle paths;
  DOCTEUR_TRY(here, node_at(n, paths));
  return contents_.target(here);
}

result<done> mounted_tree::read(const mounted_node& n, std::uint64_t at, std::size_t size,
                                const std::function<void(bytes)>& take) {
  mounted_snapshots::handle paths;
  DOCTEUR_TRY(here, node_at(n, paths));
  return contents_.read(here, at, size, take);
}

std::string mounted_tree::attribute_names(const mounted_node& n) const {
  // Linux gives "user." attributes to files and folders only.
  if (n.kind == entry_kind::symlink || is_top(n)) return {};
  std::string names = std::string(kOid) + '\0';
  if (n.is_root()) names += std::string(kCommit) + '\0';
  return names;
}

result<std::string> mounted_tree::attribute(const mounted_node& n, std::string_view name) {
  if (n.kind == entry_kind::symlink || is_top(n)) return fail(errc::not_found, 0, "no such attribute");
  if (name == kCommit && n.is_root()) return hex_text(snapshots_->commit(n.tree));
  if (name != kOid) return fail(errc::not_found, 0, "no such attribute");
  DOCTEUR_TRY(id, this->id(n));
  return hex_text(id);
}

result<oid> mounted_tree::id(const mounted_node& n) {
  if (is_top(n) || is_in_top(n)) return snapshots_->commit(0);
  mounted_snapshots::handle paths;
  DOCTEUR_TRY(here, node_at(n, paths));
  return paths->id(here);
}

struct statvfs mounted_tree::space() const noexcept {
  struct statvfs s {};
  s.f_bsize = s.f_frsize = kBlock;
  s.f_blocks = (snapshots_->image().disk().size + kBlock - 1) / kBlock;
  s.f_files = snapshots_->has_versions() ? snapshots_->image().index().count() : snapshots_->first().tree().size();
  s.f_namemax = kMostName;
  s.f_flag = ST_RDONLY;
  return s;
}

}  // namespace docteur
