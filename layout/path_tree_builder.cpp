#include <algorithm>

#include "layout/path_tree.hpp"
#include "layout/path_tree_format.hpp"

namespace docteur {
namespace {

using namespace path_tree_format;

constexpr std::size_t kMaxKey = 0xffff;  // the most that a u16 length can hold

// The most bytes of a node or leaf without its text. The texts on a way from the root are parts of one key, so they are
// counted with the key.
constexpr std::size_t kLargestNode = 1 + 3 + 256 * sizeof(std::uint32_t);

std::string_view view(const owned_array<char>& a) noexcept { return {a.data(), a.size()}; }

}  // namespace

path_tree_builder::path_tree_builder(const memory& from) noexcept : key_(from), open_(from), children_(from) {
  tree_.block_ = owned_array<std::byte>(from);
}

// Reserves memory for everything that close() may write when the next key arrives, so that writing cannot fail: the
// leaf of the last key, and every open node. A node that is written has at least two children and becomes one child of
// the node above, so at most one child and one open node are added.
result<done> path_tree_builder::make_room() noexcept {
  const std::size_t worst = (open_.size() + 1) * kLargestNode + key_.size() + kCopySlack;
  const std::size_t at = tree_.block_.size();
  if (worst > kLeaf - at) return fail(errc::too_large, 0, "path tree exceeds 2 GiB");
  DOCTEUR_CHECK(tree_.block_.reserve(at + worst));
  DOCTEUR_CHECK(children_.reserve(children_.size() + 1));
  return open_.reserve(open_.size() + 1);
}

// Writes the leaf of the last key, below a node that branches at `depth`.
std::uint32_t path_tree_builder::write_leaf(std::size_t depth) noexcept {
  std::string_view suffix = drop(view(key_), std::min(depth + 1, key_.size()));
  if (!suffix.empty()) suffix.remove_suffix(1);  // the closing NUL
  const std::size_t at = tree_.block_.size();
  std::byte* const p = extend(sizeof record_ + text_size(suffix.size()));
  std::memcpy(p, &record_, sizeof record_);
  put_text(p + sizeof record_, suffix);
  return static_cast<std::uint32_t>(at) | kLeaf;
}

// Writes and closes the innermost open node. Its prefix begins at `prefix_at` in the last key.
std::uint32_t path_tree_builder::write_node(std::size_t prefix_at) noexcept {
  const open_node node = open_.back();
  const std::string_view prefix = first(drop(view(key_), prefix_at), node.depth - prefix_at);
  const child* const children = children_.data() + node.first_child;
  const std::size_t n = children_.size() - node.first_child;
  constexpr std::size_t kRef = sizeof(child::ref);
  const std::size_t head = 1 + text_size(prefix.size());
  const std::size_t body = n <= kLinear ? n * (1 + kRef) : n <= kIndexed ? 256 + n * kRef : 256 * kRef;

  const std::size_t at = tree_.block_.size();
  std::byte* const start = extend(head + body);
  *start = static_cast<std::byte>(n - 1);
  std::byte* p = put_text(start + 1, prefix);
  if (n <= kLinear) {
    for (std::size_t i = 0; i < n; ++i) p[i] = static_cast<std::byte>(children[i].byte);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(p + n + i * kRef, &children[i].ref, kRef);
  } else if (n <= kIndexed) {
    std::memset(p, 0, 256);
    for (std::size_t i = 0; i < n; ++i) {
      p[children[i].byte] = static_cast<std::byte>(i + 1);
      std::memcpy(p + 256 + i * kRef, &children[i].ref, kRef);
    }
  } else {
    std::memset(p, 0xff, 256 * kRef);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(p + children[i].byte * kRef, &children[i].ref, kRef);
  }
  (void)children_.resize(node.first_child);
  open_.pop_back();
  return static_cast<std::uint32_t>(at);
}

// Writes the part of the last key's way that the next key, which shares `shared` bytes with it, does not pass through.
// Leaves an open node at depth `shared` whose last child is the part written.
void path_tree_builder::close(std::size_t shared) noexcept {
  std::uint32_t last = write_leaf(open_.empty() ? shared : std::max<std::size_t>(open_.back().depth, shared));
  while (!open_.empty() && open_.back().depth > shared) {
    add_child(last, open_.back().depth);
    const std::size_t above = open_.size() > 1 ? std::max<std::size_t>(open_[open_.size() - 2].depth, shared) : shared;
    last = write_node(above + 1);
  }
  if (open_.empty() || open_.back().depth < shared)
    (void)open_.push_back({static_cast<std::uint32_t>(shared), static_cast<std::uint32_t>(children_.size())});
  add_child(last, shared);
}

// Adds the key of the last key's first `shared` bytes, `tail`, a '/' if `slash`, and NUL.
result<done> path_tree_builder::append(std::size_t shared, std::string_view tail, bool slash,
                                       std::uint32_t record) noexcept {
  const std::size_t n = shared + tail.size() + (slash ? 2 : 1);
  if (n > kMaxKey) return fail(errc::too_large, 0, "path is too long for the path tree");
  if (tree_.size_ == 0) {
    if (shared != 0) return fail(errc::malformed, 0, "the first path shares bytes with a path before it");
  } else {
    const char next = !tail.empty() ? tail.front() : slash ? '/' : '\0';
    if (shared >= key_.size() || static_cast<unsigned char>(key_[shared]) >= static_cast<unsigned char>(next))
      return fail(errc::malformed, 0, "paths are not in ascending order");
    DOCTEUR_CHECK(make_room());
    close(shared);
    // "path" NUL and "path/" differ where the path ends: such keys are a file and a directory of one name.
    if (next == '/' && children_[open_.back().first_child].byte == '\0')
      return fail(errc::malformed, 0, "a path is a file and a directory");
  }
  DOCTEUR_CHECK(key_.reserve(n + kCopySlack));
  DOCTEUR_CHECK(key_.resize(n));
  copy_text(key_.data() + shared, tail.data(), tail.size());
  if (slash) key_[n - 2] = '/';
  key_[n - 1] = '\0';
  record_ = record;
  ++tree_.size_;
  tree_.longest_ = std::max(tree_.longest_, n - 1);
  return done{};
}

result<done> path_tree_builder::add_tail(std::size_t shared, std::string_view tail, std::uint32_t record) noexcept {
  return append(shared, tail, false, record);
}

result<done> path_tree_builder::add(std::string_view path, bool is_directory, std::uint32_t record) noexcept {
  const std::size_t common = std::min(path.size(), key_.size());
  const auto shared =
      static_cast<std::size_t>(std::mismatch(path.begin(), path.begin() + common, key_.begin()).first - path.begin());
  return append(shared, drop(path, shared), is_directory && !path.empty(), record);
}

result<path_tree> path_tree_builder::finish() noexcept {
  if (tree_.size_ == 0) return fail(errc::malformed, 0, "path tree has no paths");
  DOCTEUR_CHECK(make_room());
  if (open_.empty()) {
    // A single key has no node above: its leaf has the whole key as suffix, without its NUL.
    const std::string_view suffix = last_key();
    std::byte* const p = extend(sizeof record_ + text_size(suffix.size()));
    std::memcpy(p, &record_, sizeof record_);
    put_text(p + sizeof record_, suffix);
    tree_.root_ = kLeaf;
  } else {
    std::uint32_t last = write_leaf(open_.back().depth);
    while (!open_.empty()) {
      add_child(last, open_.back().depth);
      last = write_node(open_.size() == 1 ? 0 : open_[open_.size() - 2].depth + std::size_t{1});
    }
    tree_.root_ = last;
  }
  DOCTEUR_CHECK(tree_.block_.shrink_to_fit());
  return std::move(tree_);
}

}  // namespace docteur
