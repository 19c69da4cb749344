#include "source/repository/tree_listing.hpp"

#include <gtest/gtest.h>

#include <map>

#include "object/hasher.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {
namespace {

struct at_rest : progress {
} quiet;

// Trees made in memory.
class forest {
 public:
  struct entry {
    std::string mode_and_name;
    oid id;
  };
  oid add(const std::vector<entry>& entries) {
    std::string content;
    for (const entry& e : entries)
      content += e.mode_and_name + std::string(1, '\0') + std::string(as_text(bytes(e.id.view())));
    const oid id = object_id(hash_kind::sha1, object_type::tree, as_bytes(content));
    trees_[id] = content;
    return id;
  }
  // The failure's message, or "" when all is well.
  std::string refusal(const oid& root) {
    const auto listing = walk(root);
    return listing ? "" : listing.error().message;
  }
  outcome<tree_listing> walk(const oid& root) {
    return list_tree(
        root,
        [this](const oid& id, std::string_view) -> outcome<std::vector<std::byte>> {
          ++loads_;
          const bytes b = as_bytes(trees_.at(id));
          return std::vector<std::byte>(b.begin(), b.end());
        },
        quiet);
  }
  [[nodiscard]] int loads() const { return loads_; }

 private:
  std::map<oid, std::string> trees_;
  int loads_ = 0;
};

const oid kBlobId = object_id(hash_kind::sha1, object_type::blob, {});

TEST(TreeListing, FewTreesThatMakeBillionsOfPathsAreRefused) {
  forest f;
  oid tree = f.add({{"100644 a", kBlobId}});
  // 2^24 - 1 paths are 23 doublings; one more is over the bound.
  for (int i = 0; i < 22; ++i) tree = f.add({{"40000 a", tree}, {"40000 b", tree}});
  EXPECT_EQ(f.refusal(tree), "");
  EXPECT_EQ(f.loads(), 23);
  for (int i = 0; i < 40; ++i) tree = f.add({{"40000 a", tree}, {"40000 b", tree}});
  EXPECT_NE(f.refusal(tree).find("more paths than an image can have"), std::string::npos) << f.refusal(tree);
}

TEST(TreeListing, DepthIsBoundedAlsoBelowATreeThatWasSeen) {
  forest f;
  const auto chain = [&f](oid tree, unsigned n) {
    for (unsigned i = 0; i < n; ++i) tree = f.add({{"40000 d", tree}});
    return tree;
  };
  const oid leaf = f.add({{"100644 file", kBlobId}});
  EXPECT_EQ(f.refusal(chain(leaf, kMaxTreeDepth)), "");
  EXPECT_NE(f.refusal(chain(leaf, kMaxTreeDepth + 1)).find("nested too deeply"), std::string::npos);
  // The chain is met first near the root, then again at the end of another one.
  const oid seen = chain(leaf, 600);
  const oid shallow = f.add({{"40000 a", seen}, {"40000 b", chain(seen, kMaxTreeDepth - 602)}});
  EXPECT_EQ(f.refusal(shallow), "");
  const oid deep = f.add({{"40000 a", seen}, {"40000 b", chain(seen, kMaxTreeDepth - 600)}});
  EXPECT_NE(f.refusal(deep).find("nested too deeply"), std::string::npos) << f.refusal(deep);
}

TEST(TreeListing, PathsAreBoundedAlsoBelowATreeThatWasSeen) {
  forest f;
  const std::string name(255, 'n');
  oid tree = f.add({{"100644 f", kBlobId}});
  for (int i = 0; i < 31; ++i) tree = f.add({{"40000 " + name, tree}});  // 31 * 256 + 1 = 7937 bytes
  EXPECT_EQ(f.refusal(f.add({{"40000 a", tree}, {"40000 b", tree}})), "");
  // 253 bytes and a slash more are still good, one more is not.
  EXPECT_EQ(f.refusal(f.add({{"40000 a", tree}, {"40000 " + std::string(254, 'x'), tree}})), "");
  EXPECT_NE(f.refusal(f.add({{"40000 a", tree}, {"40000 " + std::string(255, 'x'), tree}})), "");
  EXPECT_NE(f.refusal(f.add({{"40000 " + std::string(255, 'x'), tree}})), "");
}

TEST(TreeListing, SubmodulesAtEveryPlace) {
  forest f;
  const oid sub = f.add({{"160000 m", kBlobId}});
  const auto listing = f.walk(f.add({{"40000 a", sub}, {"160000 z", kBlobId}}));
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->submodules, (std::vector<std::string>{"a/m", "z"}));
  EXPECT_EQ(listing->objects.size(), 2u);
}

}  // namespace
}  // namespace docteur
