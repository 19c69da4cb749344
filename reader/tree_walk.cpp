#include "reader/tree_walk.hpp"

#include <new>

#include "object/hasher.hpp"
#include "object/tree.hpp"
#include "reader/image.hpp"

namespace docteur {
namespace {

// The walk's stack is a list of blocks from the allocator instead of the call stack, because a hostile image decides
// its depth.
class tree_walk {
 public:
  tree_walk(object_reader& objects, path_tree_builder& paths, oid_list& submodules) noexcept
      : objects_(objects), paths_(paths), submodules_(submodules), path_(objects.allocator()) {}
  tree_walk(const tree_walk&) = delete;
  tree_walk& operator=(const tree_walk&) = delete;
  ~tree_walk() {
    while (top_ != nullptr) leave();
  }

  result<done> run(std::uint32_t root) noexcept {
    DOCTEUR_CHECK(enter(root));
    while (top_ != nullptr) {
      if (top_->entries.done()) {
        leave();
        continue;
      }
      DOCTEUR_TRY(e, top_->entries.next());
      DOCTEUR_CHECK(visit(e));
    }
    return done{};
  }

 private:
  struct frame {
    frame* below;
    owned_array<std::byte> content;
    tree_reader entries;
    std::size_t path_size;  // of path_ without this directory's name
    std::uint64_t at;       // of the tree's entry in the image, for messages
  };

  // path_ is the path of the directory whose tree is at IDX position `tree`.
  result<done> enter(std::uint32_t tree, std::size_t path_size = 0) noexcept {
    const std::uint64_t offset = objects_.index().offset(tree);
    const std::uint64_t at = objects_.device_offset(offset);
    if (depth_ == objects_.bounds().tree_depth) return fail(errc::too_large, at, "directories are nested too deep");
    DOCTEUR_TRY(object, objects_.read(offset));
    if (object.type != object_type::tree) return fail(errc::wrong_kind, at, "a directory is not a tree object");
    if (object.content.size() > objects_.bounds().object_bytes - held_)
      return fail(errc::too_large, at, "nested directories are larger than the limit of an object");
    DOCTEUR_TRY(id, objects_.index().id(tree));
    if (object_id(id.kind(), object_type::tree, object.content.span()) != id)
      return fail(errc::bad_checksum, at, "content of a tree does not match its id");
    DOCTEUR_CHECK(add_path(true, {entry_kind::directory, tree}, at));
    const memory& from = objects_.allocator();
    void* block = from.allocate(from.self, sizeof(frame));
    if (block == nullptr) return fail(errc::out_of_memory, at, "no memory for a directory");
    auto* f = new (block) frame{top_, std::move(object.content), tree_reader({}, id.kind()), path_size, at};
    f->entries = tree_reader(f->content.span(), id.kind(), at);
    top_ = f;
    ++depth_;
    held_ += f->content.size();
    return done{};
  }

  void leave() noexcept {
    frame* f = top_;
    top_ = f->below;
    (void)path_.resize(f->path_size);
    --depth_;
    held_ -= f->content.size();
    f->~frame();
    objects_.allocator().release(objects_.allocator().self, f, sizeof(frame));
  }

  result<done> visit(const tree_entry& e) noexcept {
    const std::size_t before = path_.size();
    const std::size_t slash = before > 0 ? 1 : 0;
    if (e.name.size() + slash > objects_.bounds().path_bytes - before)
      return fail(errc::too_large, top_->at, "path is longer than the limit");
    DOCTEUR_CHECK(path_.resize(before + slash + e.name.size()));
    if (slash != 0) path_[before] = '/';
    std::memcpy(path_.data() + before + slash, e.name.data(), e.name.size());

    node n{e.kind, 0};
    if (e.kind == entry_kind::submodule) {
      n.position = static_cast<std::uint32_t>(submodules_.size());
      DOCTEUR_CHECK(submodules_.push_back(e.id));
    } else {
      DOCTEUR_TRY(position, objects_.index().find(e.id));
      if (!position) return fail(errc::malformed, top_->at, "an object in a tree is missing from the image");
      n.position = *position;
    }
    if (e.kind == entry_kind::directory) return enter(n.position, before);
    DOCTEUR_CHECK(add_path(false, n, top_->at));
    return path_.resize(before);
  }

  result<done> add_path(bool is_directory, const node& n, std::uint64_t at) noexcept {
    if (paths_added_++ == objects_.bounds().paths) return fail(errc::too_large, at, "more paths than the limit");
    return paths_.add({path_.data(), path_.size()}, is_directory, to_record(n));
  }

  object_reader& objects_;
  path_tree_builder& paths_;
  oid_list& submodules_;
  owned_array<char> path_;
  frame* top_ = nullptr;
  std::uint32_t depth_ = 0;
  std::uint64_t held_ = 0;  // bytes of all trees on the stack, limited together
  std::uint32_t paths_added_ = 0;
};

}  // namespace

result<done> walk_trees(object_reader& objects, std::uint32_t root, path_tree_builder& paths,
                        oid_list& submodules) noexcept {
  return tree_walk(objects, paths, submodules).run(root);
}

}  // namespace docteur
