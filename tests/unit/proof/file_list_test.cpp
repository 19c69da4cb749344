#include "proof/file_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "layout/list_section.hpp"
#include "object/sha256.hpp"

namespace docteur {
namespace {

oid sha256_of(const std::string& text) { return docteur::sha256_of(as_bytes(text)); }
std::string raw(const oid& id) { return std::string(as_text(id.view())); }

// RFC 9162, section 2.1.1, as it is written there: split at the largest power of two below the number.
oid tree_hash(const std::vector<oid>& leaves, std::size_t from, std::size_t to) {
  if (to - from == 1) return leaves[from];
  std::size_t k = 1;
  while (2 * k < to - from) k *= 2;
  return sha256_of('\x01' + raw(tree_hash(leaves, from, from + k)) + raw(tree_hash(leaves, from + k, to)));
}
// Section 2.1.3.1: the nodes beside the way, from the bottom up.
std::string path_of(const std::vector<oid>& leaves, std::size_t m, std::size_t from, std::size_t to) {
  if (to - from == 1) return "";
  std::size_t k = 1;
  while (2 * k < to - from) k *= 2;
  return m < k ? path_of(leaves, m, from, from + k) + raw(tree_hash(leaves, from + k, to))
               : path_of(leaves, m - k, from + k, to) + raw(tree_hash(leaves, from, from + k));
}

std::vector<oid> some_leaves(std::size_t n) {
  std::vector<oid> leaves;
  for (std::size_t i = 0; i < n; ++i) leaves.push_back(sha256_of(std::to_string(i)));
  return leaves;
}

TEST(FileList, ALeafIsTheHashOfItsFields) {
  const oid content = sha256_of("content");
  EXPECT_EQ(list_leaf("a/b", 0100644, content), sha256_of(std::string("\0\x03"
                                                                      "a/b\xa4\x83\x02",
                                                                      8) +
                                                          raw(content)));
  EXPECT_EQ(list_leaf(std::string(200, 'x'), 0120000, content),
            sha256_of(std::string("\0\xc8\x01", 3) + std::string(200, 'x') + "\x80\xc0\x02" + raw(content)));
}

TEST(FileList, TheRootIsThatOfRfc9162) {
  for (std::size_t n = 1; n < 70; ++n) {
    const std::vector<oid> leaves = some_leaves(n);
    std::vector<std::byte> nodes;
    for (const oid& leaf : leaves) nodes.insert(nodes.end(), leaf.view().begin(), leaf.view().end());
    for (std::uint64_t count = n; count > 1;) count = reduce_level(nodes, count);
    EXPECT_EQ(oid::from(nodes.data(), hash_kind::sha256), tree_hash(leaves, 0, n)) << n;
  }
}

TEST(FileList, TheWayOfEachLeafIsThatOfRfc9162) {
  for (std::size_t n = 1; n < 70; ++n) {
    const std::vector<oid> leaves = some_leaves(n);
    for (std::size_t m = 0; m < n; ++m) {
      const std::string siblings = path_of(leaves, m, 0, n);
      ASSERT_EQ(count_siblings(m, n) * kListHash, siblings.size()) << m << " of " << n;
      EXPECT_EQ(list_root(leaves[m], m, n, as_bytes(siblings)), tree_hash(leaves, 0, n)) << m << " of " << n;
      EXPECT_NE(list_root(sha256_of("other"), m, n, as_bytes(siblings)), tree_hash(leaves, 0, n));
    }
  }
}

TEST(FileList, TheStatementIsAText) {
  const oid commit;
  const statement_text text({commit, 1700000000, 78635, sha256_of("")});
  EXPECT_EQ(text.view(),
            "docteur list 1\ncommit sha1:0000000000000000000000000000000000000000\ndate 1700000000\nfiles 78635\nroot "
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n");
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  const statement_text longest({oid(hash_kind::sha256), kMost, kMost, oid(hash_kind::sha256)});
  EXPECT_TRUE(longest.view().ends_with("\n")) << "it fits";
}

TEST(ListSection, ItsSizeFollowsFromTheNumberOfFiles) {
  const auto nodes = [](std::uint32_t files) { return list_head{files, 1, 1, 0, oid()}.nodes(); };
  EXPECT_EQ(nodes(1), 1u);
  EXPECT_EQ(nodes(16), 16u);
  EXPECT_EQ(nodes(17), 17u + 2);
  EXPECT_EQ(nodes(256), 256u + 16);
  EXPECT_EQ(nodes(257), 257u + 17 + 2);
}

TEST(ListSection, ItsHeadIsChecked) {
  std::vector<std::byte> good(kListHead);
  const list_head head{300, 1, 100, 5, sha256_of("root")};
  encode_list_head(good.data(), head);
  const auto decoded = decode_list_head(good, head.size(), 0);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->files, 300u);
  EXPECT_EQ(decoded->signature_size, 100u);
  EXPECT_EQ(decoded->date, 5u);
  EXPECT_EQ(decoded->root, head.root);
  EXPECT_FALSE(decode_list_head(good, head.size() - 1, 0));
  EXPECT_FALSE(decode_list_head(good, head.size() + 1, 0));
  for (const std::size_t at : {0u, 1u, 4u, 5u, 7u, 8u, 12u, 15u}) {
    auto bad = good;
    bad[at] ^= std::byte{0x40};
    EXPECT_FALSE(decode_list_head(bad, head.size(), 0)) << at;
  }
}

}  // namespace
}  // namespace docteur
