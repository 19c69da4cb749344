#include "source/folder/directory.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <unordered_set>

#include "base/absence.hpp"
#include "base/memory_stream.hpp"
#include "base/oid_hash.hpp"
#include "base/parallel.hpp"
#include "base/printable.hpp"
#include "object/hasher.hpp"
#include "source/folder/folder_scan.hpp"

namespace docteur {
namespace {

constexpr std::size_t kChunk = 256 * 1024;  // bytes per read()

// A file or link of the folder, opened and known to be the one that was listed; read forward once.
class file_reader final : public byte_stream {
 public:
  file_reader(unique_fd fd, std::string shown, const file_stamp& expected)
      : fd_(std::move(fd)), shown_(std::move(shown)), expected_(expected), left_(expected.size) {}

  outcome<std::size_t> read(mutable_bytes out) override {
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_)));
    if (out.empty()) return std::size_t{0};
    const ssize_t n = ::read(fd_.get(), out.data(), out.size());
    if (n < 0) return give_up(blame::environment, shown_ + ": " + std::strerror(errno));
    if (n == 0) return changed();
    left_ -= static_cast<std::uint64_t>(n);
    if (left_ == 0) DOCTEUR_CHECK(still_the_same());
    return static_cast<std::size_t>(n);
  }

  outcome<void> still_the_same() {
    struct stat st;
    if (::fstat(fd_.get(), &st) != 0) return give_up(blame::environment, shown_ + ": " + std::strerror(errno));
    if (stamp_of(st) != expected_) return changed();
    return {};
  }

 private:
  [[nodiscard]] tl::unexpected<failure> changed() const {
    return give_up(blame::environment, shown_ + ": changed while it was read");
  }

  unique_fd fd_;
  std::string shown_;
  file_stamp expected_;
  std::uint64_t left_;
};

class directory_source final : public commit_source {
 public:
  directory_source(unique_fd root, std::string shown) : root_(std::move(root)), shown_(std::move(shown)) {}

  outcome<void> build(const directory_options& options, progress& report) {
    DOCTEUR_TRY(scan, scan_folder(root_.get(), shown_, options.excluded, report));
    scan_ = std::move(scan);
    kind_ = options.kind;
    DOCTEUR_CHECK(hash_contents(options.threads, report));
    list_trees();
    const commit_time when = options.commit.date.value_or(newest());
    commit_ = commit_content(scan_.nodes[0].id, options.commit.author, when);
    list_objects();
    return {};
  }

  std::span<const source_object> objects() const override { return objects_; }

  std::string_view path(std::size_t index) const override {
    const place& p = places_[index];
    return std::string_view(paths_).substr(p.path_at, p.path_size);
  }

  outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    if (index == 0) {
      const bytes content = as_bytes(commit_);
      out.assign(content.begin(), content.end());
      return {};
    }
    const place& p = places_[index];
    if (objects_[index].type == object_type::tree) {
      const bytes content = tree(p.node);
      out.assign(content.begin(), content.end());
      return {};
    }
    return read_blob(p.node, path(index), out);
  }

  outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    if (index != 0 && objects_[index].type == object_type::blob) {
      const folder_node& node = scan_.nodes[places_[index].node];
      if (node.kind != entry_kind::symlink) {
        DOCTEUR_TRY(file, open_file(node, path(index)));
        return std::make_unique<file_reader>(std::move(file));
      }
    }
    std::vector<std::byte> content;
    DOCTEUR_CHECK(read(index, content));
    return std::make_unique<memory_stream>(std::move(content));
  }

  source_notes notes() const override {
    source_notes all;
    all.left_out = scan_.left_out;
    all.remarks = remarks_;
    all.lfs_pointers = lfs_pointers_;
    return all;
  }

 private:
  struct place {
    std::uint32_t node;
    std::uint32_t path_size;
    std::size_t path_at;  // in paths_
  };
  struct extent {
    std::size_t at, size;
  };

  [[nodiscard]] std::string shown(std::string_view path) const { return printable(shown_ + "/" + std::string(path)); }
  [[nodiscard]] tl::unexpected<failure> failed(std::string_view path, int error) const {
    // A link on the way or a missing file: there was neither when the folder was listed.
    const bool moved = error == ELOOP || error == ENOTDIR || error == ENOENT;
    return give_up(blame::environment,
                   shown(path) + ": " + (moved ? "changed while it was read" : std::strerror(error)));
  }

  outcome<file_reader> open_file(const folder_node& node, std::string_view path) const {
    auto fd = open_beneath(root_.get(), path, O_RDONLY);
    if (!fd) return failed(path, fd.error());
    file_reader file(std::move(*fd), shown(path), node.stamp);
    DOCTEUR_CHECK(file.still_the_same());
    return file;
  }

  outcome<void> read_blob(std::uint32_t index, std::string_view path, std::vector<std::byte>& out) const {
    const folder_node& node = scan_.nodes[index];
    out.resize(static_cast<std::size_t>(node.stamp.size));
    if (node.kind == entry_kind::symlink) return read_link(node, path, out);
    DOCTEUR_TRY(file, open_file(node, path));
    for (std::size_t have = 0; have < out.size();) {
      DOCTEUR_TRY(n, file.read(mutable_bytes(out).subspan(have)));
      have += n;
    }
    return {};
  }

  outcome<void> read_link(const folder_node& node, std::string_view path, std::vector<std::byte>& out) const {
    auto fd = open_beneath(root_.get(), path, O_PATH);
    if (!fd) return failed(path, fd.error());
    struct stat st;
    if (::fstat(fd->get(), &st) != 0) return failed(path, errno);
    out.resize(out.size() + 1);  // one byte more, so that a longer target is noticed
    const ssize_t n = ::readlinkat(fd->get(), "", reinterpret_cast<char*>(out.data()), out.size());
    // EINVAL: no longer a link.
    if (n < 0 && errno != EINVAL) return failed(path, errno);
    if (stamp_of(st) != node.stamp || n < 0 || static_cast<std::uint64_t>(n) != node.stamp.size)
      return give_up(blame::environment, shown(path) + ": changed while it was read");
    out.resize(static_cast<std::size_t>(n));
    return {};
  }

  outcome<void> hash_contents(unsigned threads, progress& report) {
    std::vector<std::uint32_t> blobs;
    for (std::uint32_t i = 0; i < scan_.nodes.size(); ++i)
      if (scan_.nodes[i].kind != entry_kind::directory) blobs.push_back(i);
    is_lfs_.resize(scan_.nodes.size());
    report.phase("hashing", blobs.size());
    return for_each_index(blobs.size(), threads, report, [&](std::size_t i) { return hash_content(blobs[i], report); });
  }

  outcome<void> hash_content(std::uint32_t index, progress& report) {
    folder_node& node = scan_.nodes[index];
    const std::string path = scan_.path(index);
    hasher hash = object_hash(kind_, object_type::blob, node.stamp.size);
    thread_local std::vector<std::byte> buffer;
    if (node.kind == entry_kind::symlink) {
      DOCTEUR_CHECK(read_blob(index, path, buffer));
      hash.update(buffer);
    } else {
      buffer.resize(kChunk);
      DOCTEUR_TRY(file, open_file(node, path));
      for (std::uint64_t at = 0;;) {
        DOCTEUR_TRY(n, file.read(buffer));
        if (n == 0) break;
        if (report.cancelled()) return give_up(blame::environment, "interrupted");
        // One read gets a whole pointer: it is short enough.
        if (at == 0 && n == node.stamp.size) is_lfs_[index] = is_lfs_pointer(bytes(buffer).first(n)) ? 1 : 0;
        hash.update(bytes(buffer).first(n));
        at += n;
        report.add_bytes(n);
      }
    }
    node.id = hash.finish();
    return {};
  }

  // Makes trees from the leaves up: the content of a folder always comes after it in `nodes`.
  void list_trees() {
    trees_.resize(scan_.nodes.size());
    for (auto i = static_cast<std::uint32_t>(scan_.nodes.size()); i-- > 0;) {
      folder_node& node = scan_.nodes[i];
      if (node.kind != entry_kind::directory) continue;
      const std::size_t at = tree_bytes_.size();
      for (std::uint32_t c = 0; c < node.children; ++c) append_entry(scan_.nodes[node.first_child + c]);
      trees_[i] = {at, tree_bytes_.size() - at};
      node.id = object_id(kind_, object_type::tree, tree(i));
    }
  }

  // "<mode, octal> <name>\0<id>" (not in git help gitformat-pack; see git's cache-tree.c, fsck.c).
  void append_entry(const folder_node& child) {
    std::array<char, 12> mode;
    const auto end = std::to_chars(mode.data(), mode.data() + mode.size(), canonical_mode(child.kind), 8).ptr;
    append(as_bytes({mode.data(), static_cast<std::size_t>(end - mode.data())}));
    append(as_bytes(" "));
    append(as_bytes(scan_.name(child)));
    tree_bytes_.push_back(std::byte{0});
    append(child.id.view());
  }
  void append(bytes b) { tree_bytes_.insert(tree_bytes_.end(), b.begin(), b.end()); }
  [[nodiscard]] bytes tree(std::uint32_t node) const {
    return bytes(tree_bytes_).subspan(trees_[node].at, trees_[node].size);
  }

  [[nodiscard]] commit_time newest() const {
    std::int64_t latest = 0;  // a file from before 1970 counts as from 1970: Git has no earlier times
    for (const folder_node& node : scan_.nodes)
      if (node.kind != entry_kind::directory) latest = std::max(latest, node.stamp.modified);
    return {static_cast<std::uint64_t>(latest / 1'000'000'000), 0};
  }

  // The canonical order of object_source::objects().
  void list_objects() {
    std::unordered_set<oid, oid_hash> seen;
    std::vector<place> blobs;
    add({0, 0, 0}, object_id(kind_, object_type::commit, as_bytes(commit_)), object_type::commit, commit_.size());
    seen.insert(scan_.nodes[0].id);
    add({0, 0, 0}, scan_.nodes[0].id, object_type::tree, trees_[0].size);

    std::vector<std::uint32_t> todo;  // nodes to visit, the next one last
    const auto push_children = [&](const folder_node& folder) {
      for (std::uint32_t c = folder.children; c-- > 0;) todo.push_back(folder.first_child + c);
    };
    push_children(scan_.nodes[0]);
    while (!todo.empty()) {
      const std::uint32_t i = todo.back();
      todo.pop_back();
      const folder_node& node = scan_.nodes[i];
      // A tree that was seen before has nothing new.
      if (!seen.insert(node.id).second) continue;
      const std::string path = scan_.path(i);
      const place p{i, static_cast<std::uint32_t>(path.size()), paths_.size()};
      paths_ += path;
      if (node.kind == entry_kind::directory) {
        add(p, node.id, object_type::tree, trees_[i].size);
        push_children(node);
      } else {
        blobs.push_back(p);
      }
    }
    for (const place& p : blobs) {
      const folder_node& node = scan_.nodes[p.node];
      add(p, node.id, object_type::blob, node.stamp.size);
      lfs_pointers_ += is_lfs_[p.node];
    }
  }
  void add(const place& p, const oid& id, object_type type, std::uint64_t size) {
    objects_.push_back({id, type, size});
    places_.push_back(p);
  }

  unique_fd root_;
  std::string shown_;
  folder_scan scan_;
  hash_kind kind_ = hash_kind::sha1;
  std::string commit_;
  std::vector<std::byte> tree_bytes_;
  std::vector<extent> trees_;  // of nodes, in tree_bytes_
  std::vector<source_object> objects_;
  std::vector<place> places_;  // of objects
  std::string paths_;
  std::vector<std::uint8_t> is_lfs_;  // of nodes: 1 for a Git LFS pointer
  std::uint64_t lfs_pointers_ = 0;
};

}  // namespace

outcome<std::unique_ptr<commit_source>> open_directory(const std::string& path, const directory_options& options,
                                                       progress& report) {
  unique_fd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root)
    return give_up(is_absence(errno) ? blame::input : blame::environment,
                   printable(path) + ": " + std::strerror(errno));
  std::string shown = path;
  while (shown.size() > 1 && shown.ends_with('/')) shown.pop_back();
  auto source = std::make_unique<directory_source>(std::move(root), std::move(shown));
  DOCTEUR_CHECK(source->build(options, report));
  return source;
}

}  // namespace docteur
