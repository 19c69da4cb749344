#include "layout/path_tree.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "layout/path_tree_format.hpp"

namespace docteur {
namespace {

using namespace path_tree_format;

// The parts of one node or leaf.
struct leaf_view {
  std::uint32_t record;
  std::string_view suffix;
};

leaf_view take_leaf(const std::byte* block, std::uint32_t ref) noexcept {
  const std::byte* p = block + (ref & ~kLeaf);
  leaf_view leaf{load_ref(p), {}};
  p += sizeof leaf.record;
  leaf.suffix = take_text(p);
  return leaf;
}

struct node_view {
  std::size_t count;
  std::string_view prefix;
  const std::byte* body;

  [[nodiscard]] std::uint32_t ref(std::size_t i) const noexcept { return load_ref(body + i * sizeof(std::uint32_t)); }

  [[nodiscard]] std::uint32_t child(unsigned char byte) const noexcept {
    if (count <= kLinear) {
      const std::size_t i = position_of(std::byte{byte});
      return i < count ? load_ref(body + count + i * sizeof(std::uint32_t)) : kNoRef;
    }
    if (count <= kIndexed) {
      const auto slot = std::to_integer<std::size_t>(body[byte]);
      return slot == 0 ? kNoRef : load_ref(body + 256 + (slot - 1) * sizeof(std::uint32_t));
    }
    return ref(byte);
  }

  // Returns the position of a key byte in a Node4 or Node16; `count` or more if it is not there. Compares eight bytes
  // at a time (Mycroft's test for a zero byte, whose lowest hit is exact). The references after the key bytes, of four
  // bytes each, ensure that whole words can be read.
  [[nodiscard]] std::size_t position_of(std::byte byte) const noexcept {
    if (count < 4) {
      std::size_t i = 0;
      while (i < count && body[i] != byte) ++i;
      return i;
    }
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const auto hit = [&](std::size_t at) {
      const std::uint64_t v = load_le<std::uint64_t>(body + at) ^ kEach * std::to_integer<std::uint64_t>(byte);
      const std::uint64_t zeros = (v - kEach) & ~v & kEach << 7;
      return at + (zeros == 0 ? 8 : static_cast<std::size_t>(std::countr_zero(zeros)) / 8);
    };
    const std::size_t i = hit(0);
    return i < 8 || count <= 8 ? i : hit(8);
  }

  // Returns the child with the smallest byte that is at least `from`, and that byte. `from` <= 256.
  struct step {
    std::uint32_t ref;
    unsigned byte;
  };
  [[nodiscard]] step child_from(unsigned from) const noexcept {
    if (count <= kLinear) {
      for (std::size_t i = 0; i < count; ++i)
        if (const auto byte = std::to_integer<unsigned>(body[i]); byte >= from)
          return {load_ref(body + count + i * sizeof(std::uint32_t)), byte};
      return {kNoRef, 0};
    }
    for (unsigned byte = from; byte < 256; ++byte)
      if (const std::uint32_t r = child(static_cast<unsigned char>(byte)); r != kNoRef) return {r, byte};
    return {kNoRef, 0};
  }
};

node_view take_node(const std::byte* block, std::uint32_t ref) noexcept {
  const std::byte* p = block + ref;
  node_view node{std::to_integer<std::size_t>(*p++) + 1, {}, nullptr};
  node.prefix = take_text(p);
  node.body = p;
  return node;
}

// Collects the path that lower_bound() descends along, and records whether it fits.
class path_writer {
 public:
  explicit path_writer(std::span<char> out) noexcept : out_(out) {}
  void add(std::string_view text) noexcept {
    if (text.size() > out_.size() - size_) {
      fits_ = false;
      return;
    }
    if (!text.empty()) std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void add_branch(unsigned byte) noexcept {
    const char c = static_cast<char>(byte);
    if (byte != 0) add({&c, 1});  // NUL only occurs at the end of a key
  }
  void cut(std::size_t size) noexcept { size_ = size; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool fits() const noexcept { return fits_; }
  [[nodiscard]] bool ends_in_slash() const noexcept { return size_ == 0 || out_[size_ - 1] == '/'; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

// Where lower_bound() goes on when nothing below the node at hand is: the nearest larger sibling on the way down.
class larger_sibling {
 public:
  // `path_size`: of the path of their parent.
  void remember(const node_view::step& sibling, std::size_t path_size) noexcept {
    sibling_ = sibling;
    path_size_ = path_size;
  }
  // The sibling, its path in `out`; kNoRef when there is none, or it was taken.
  std::uint32_t take(path_writer& out) noexcept {
    const std::uint32_t ref = std::exchange(sibling_.ref, kNoRef);
    if (ref == kNoRef) return ref;
    out.cut(path_size_);
    out.add_branch(sibling_.byte);
    return ref;
  }

 private:
  node_view::step sibling_{kNoRef, 0};
  std::size_t path_size_ = 0;
};

}  // namespace

// One descent serves both keys that `path` can have, "path" NUL and "path/" NUL: they only differ at the end.
std::optional<path_tree::match> path_tree::find(std::string_view path) const noexcept {
  if (size_ == 0 || path.ends_with('/')) return std::nullopt;
  const std::byte* const block = block_.data();
  std::uint32_t ref = root_;
  std::string_view rest = path;
  bool slash_taken = path.empty();  // the root directory's key has no '/' of its own
  for (;;) {
    if ((ref & kLeaf) != 0) {
      const leaf_view leaf = take_leaf(block, ref);
      if (leaf.suffix == rest) return match{leaf.record, ref & ~kLeaf, slash_taken};
      if (!slash_taken && leaf.suffix.size() == rest.size() + 1 && leaf.suffix.back() == '/' &&
          leaf.suffix.starts_with(rest))
        return match{leaf.record, ref & ~kLeaf, true};
      return std::nullopt;
    }
    const node_view node = take_node(block, ref);
    if (node.prefix.size() <= rest.size()) {
      if (!rest.starts_with(node.prefix)) return std::nullopt;
      rest.remove_prefix(node.prefix.size());
    } else {
      if (slash_taken || node.prefix.size() != rest.size() + 1 || node.prefix.back() != '/' ||
          !node.prefix.starts_with(rest))
        return std::nullopt;
      rest = {};
      slash_taken = true;
    }
    if (!rest.empty()) {
      if (rest.front() == '\0') return std::nullopt;  // NUL only occurs at the end of a key
      ref = node.child(static_cast<unsigned char>(rest.front()));
      rest.remove_prefix(1);
    } else {
      // The key ends here, or the directory's '/' is still to come. A path is either a file or a
      // directory, so at most one of the two children is there.
      ref = node.child('\0');
      if (ref == kNoRef && !slash_taken) {
        ref = node.child('/');
        slash_taken = true;
      }
    }
    if (ref == kNoRef) return std::nullopt;
  }
}

std::uint32_t path_tree::record(std::uint32_t leaf) const noexcept {
  if (block_.size() < sizeof leaf || leaf > block_.size() - sizeof leaf) return 0;
  return load_ref(block_.data() + leaf);
}

// A directory on the way has its own leaf right after its '/'; a file's leaf is where the '/' of the path would follow.
std::optional<path_tree::prefix> path_tree::find_prefix(std::string_view path) const noexcept {
  if (const auto whole = find(path)) return prefix{whole->record, whole->leaf, whole->is_directory, path.size()};
  if (size_ == 0) return std::nullopt;
  const std::byte* const block = block_.data();
  std::uint32_t ref = root_;
  std::size_t done = 0;  // bytes of `path` matched so far
  std::optional<prefix> longest;
  // Records the leaf of a key whose first `end` bytes are those of `path`, and which ends there.
  const auto meet = [&](std::uint32_t leaf, std::size_t end) {
    const std::uint32_t record = take_leaf(block, leaf).record;
    if (end == 0 || path[end - 1] == '/') {
      longest = prefix{record, leaf & ~kLeaf, true, end == 0 ? 0 : end - 1};
    } else if (end < path.size() && path[end] == '/') {
      longest = prefix{record, leaf & ~kLeaf, false, end};
    }
  };
  for (;;) {
    if ((ref & kLeaf) != 0) {
      const leaf_view leaf = take_leaf(block, ref);
      if (drop(path, done).starts_with(leaf.suffix)) meet(ref, done + leaf.suffix.size());
      return longest;
    }
    const node_view node = take_node(block, ref);
    if (!drop(path, done).starts_with(node.prefix)) return longest;
    done += node.prefix.size();
    if (const std::uint32_t own = node.child('\0'); own != kNoRef) meet(own, done);
    if (done == path.size() || path[done] == '\0') return longest;
    ref = node.child(static_cast<unsigned char>(path[done]));
    if (ref == kNoRef) return longest;
    ++done;
  }
}

std::optional<path_tree::position> path_tree::lower_bound(std::string_view from, std::span<char> path) const noexcept {
  if (size_ == 0) return std::nullopt;
  const std::byte* const block = block_.data();
  path_writer out(path);
  std::uint32_t ref = root_;
  std::string_view rest = from;
  bool smallest = false;  // all keys below `ref` are above `from`: take the first leaf

  larger_sibling sibling;
  const auto go_next = [&] {
    ref = sibling.take(out);
    smallest = true;
    return ref != kNoRef;
  };

  for (;;) {
    if ((ref & kLeaf) != 0) {
      const leaf_view leaf = take_leaf(block, ref);
      if (!smallest && leaf.suffix < rest) {
        if (!go_next()) return std::nullopt;
        continue;
      }
      out.add(leaf.suffix);
      if (!out.fits()) return std::nullopt;
      return position{leaf.record, ref & ~kLeaf, out.ends_in_slash(), out.size()};
    }
    const node_view node = take_node(block, ref);
    if (!smallest) {
      const std::string_view head = first(rest, std::min(rest.size(), node.prefix.size()));
      const int c = head.compare(first(node.prefix, head.size()));
      if (c > 0) {
        if (!go_next()) return std::nullopt;
        continue;
      }
      smallest = c < 0 || rest.size() <= node.prefix.size();
      if (!smallest) rest.remove_prefix(node.prefix.size());
    }
    out.add(node.prefix);
    const unsigned wanted = smallest ? 0 : static_cast<unsigned char>(rest.front());
    const node_view::step step = node.child_from(wanted);
    if (step.ref == kNoRef) {
      if (!go_next()) return std::nullopt;
      continue;
    }
    if (!smallest) {
      if (step.byte == wanted) {
        rest.remove_prefix(1);
        if (const auto after = node.child_from(wanted + 1); after.ref != kNoRef) sibling.remember(after, out.size());
      } else {
        smallest = true;
      }
    }
    ref = step.ref;
    out.add_branch(step.byte);
  }
}

}  // namespace docteur
