#include "proof/file_list.hpp"

#include "layout/list_section.hpp"
#include "layout/number.hpp"
#include "object/sha256.hpp"

namespace docteur {

static_assert(kListHash == kListNode && 1u << kListLevels == kListFanOut);

statement_text::statement_text(const list_statement& of) noexcept {
  add("docteur list 1\ncommit ");
  add(name(of.commit.kind()));
  add(":");
  add(to_hex(of.commit).view());
  add("\ndate ");
  add_number(of.date);
  add("\nfiles ");
  add_number(of.files);
  add("\nroot sha256:");
  add(to_hex(of.root).view());
  add("\n");
}

void statement_text::add(std::string_view text) noexcept {
  for (const char c : text) text_[size_++] = c;
}

void statement_text::add_number(std::uint64_t v) noexcept {
  std::array<char, 20> digits;
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v > 0);
  add({digits.data() + at, digits.size() - at});
}

oid list_leaf(std::string_view path, std::uint32_t mode, const oid& content) noexcept {
  static constexpr std::array<std::byte, 1> domain{std::byte{0}};
  sha256 hash;
  hash.update(domain);
  hash.update(number_bytes(path.size()).view());
  hash.update(as_bytes(path));
  hash.update(number_bytes(mode).view());
  hash.update(content.view());
  return hash.finish();
}

oid list_node(bytes left, bytes right) noexcept {
  static constexpr std::array<std::byte, 1> domain{std::byte{1}};
  sha256 hash;
  hash.update(domain);
  hash.update(left);
  hash.update(right);
  return hash.finish();
}

std::uint64_t reduce_level(mutable_bytes nodes, std::uint64_t count) noexcept {
  for (std::uint64_t i = 0; 2 * i < count; ++i) {
    const mutable_bytes from = nodes.subspan(2 * i * kListHash);
    const mutable_bytes to = nodes.subspan(i * kListHash, kListHash);
    if (2 * i + 1 == count) {
      std::memmove(to.data(), from.data(), kListHash);
      break;
    }
    const oid node = list_node(from.first(kListHash), from.subspan(kListHash, kListHash));
    std::memcpy(to.data(), node.view().data(), kListHash);
  }
  return count - count / 2;
}

std::uint64_t reduce_levels(mutable_bytes nodes, std::uint64_t count) noexcept {
  for (unsigned level = 0; level < kListLevels; ++level) count = reduce_level(nodes, count);
  return count;
}

unsigned count_siblings(std::uint64_t index, std::uint64_t files) noexcept {
  unsigned count = 0;
  for (std::uint64_t last = files - 1; last > 0; index >>= 1, last >>= 1)
    if ((index & 1) != 0 || index < last) ++count;
  return count;
}

oid list_root(const oid& leaf, std::uint64_t index, std::uint64_t files, bytes siblings) noexcept {
  oid node = leaf;
  for (std::uint64_t last = files - 1; last > 0; index >>= 1, last >>= 1) {
    const bool is_right = (index & 1) != 0;
    if (!is_right && index == last) continue;
    const bytes sibling = siblings.first(kListHash);
    siblings = siblings.subspan(kListHash);
    node = is_right ? list_node(sibling, node.view()) : list_node(node.view(), sibling);
  }
  return node;
}

}  // namespace docteur
