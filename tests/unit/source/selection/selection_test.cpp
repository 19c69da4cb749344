// The parts of another tree than the commit's own. What becomes of real repositories: tests/cli/selection_test.sh.
#include <gtest/gtest.h>

#include <map>

#include "object/commit.hpp"
#include "object/hasher.hpp"
#include "source/selection/derived_commit.hpp"
#include "source/selection/lfs.hpp"
#include "source/selection/tree_rewriter.hpp"
#include "support/hand_image.hpp"

using namespace docteur;

namespace {

const oid kTree = object_id(hash_kind::sha1, object_type::tree, {});

std::string derived(const std::string& original, const std::vector<std::string>& changes = {"a change"}) {
  const oid id = object_id(hash_kind::sha1, object_type::commit, as_bytes(original));
  auto made = make_derived_commit(kTree, id, original, changes);
  EXPECT_TRUE(made);
  return made ? *made : "";
}

std::string digest(std::string_view text, std::size_t step) {
  sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += step) hash.update(as_bytes(text.substr(at, step)));
  return text_of(hash.finish());
}

}  // namespace

TEST(DerivedCommit, SaysWhatItIsAndQuotesTheOther) {
  const std::string headers = "tree " + text_of(kTree) + "\nparent " + text_of(kTree) +
                              "\nauthor A <a@b> 1 +0200\ncommitter C <c@d> 2 -0300\nencoding ISO-8859-1\n"
                              "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n";
  for (const std::string& original :
       {headers, headers + "\n", headers + "\nmessage", headers + "\nmessage\n", headers + "\n\n\n    caf\xe9\n- x\n\n",
        headers + "\nThe commit it was made from, 3 bytes:\n\n    abc\n"}) {
    const std::string made = derived(original, {"one", "two"});
    const auto head = parse_commit(as_bytes(made), hash_kind::sha1);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->parents, 0u);
    EXPECT_EQ(head->author.name, "A");
    EXPECT_EQ(head->committer.zone_minutes, -180);
    EXPECT_EQ(head->encoding, "ISO-8859-1");
    EXPECT_EQ(head->headers.find("gpgsig"), std::string_view::npos) << "nobody signed this one";
    const auto d = find_derivation(head->message);
    ASSERT_TRUE(d) << made;
    EXPECT_EQ(d->content, original);
    EXPECT_EQ(d->original, object_id(hash_kind::sha1, object_type::commit, as_bytes(original)));
    EXPECT_EQ(d->changes, (std::vector<std::string>{"one", "two"}));
  }
}

TEST(DerivedCommit, AQuotationThatIsNotTheCommitIsNone) {
  const std::string original = commit_text(kTree);
  const std::string made = derived(original);
  const auto head = parse_commit(as_bytes(made), hash_kind::sha1);
  const std::string message(head->message);
  ASSERT_TRUE(find_derivation(message));
  EXPECT_FALSE(find_derivation(""));
  EXPECT_FALSE(find_derivation("docteur: made from commit "));
  for (std::size_t n = 0; n + 1 < message.size(); ++n) EXPECT_FALSE(find_derivation(message.substr(0, n))) << n;
  EXPECT_FALSE(find_derivation(message + "more\n"));
  EXPECT_FALSE(find_derivation(message + "    more\n"));
  std::string other = message;
  other[other.find("A U Thor")] = 'B';
  EXPECT_FALSE(find_derivation(other));
}

TEST(TreeRewriter, EntriesBecomeFoldersInTheirNewPlace) {
  const oid file = object_id(hash_kind::sha1, object_type::blob, as_bytes("x"));
  std::map<oid, std::string> trees;
  const auto add = [&](const tree_text& t) {
    const oid id = object_id(hash_kind::sha1, object_type::tree, as_bytes(t.text()));
    trees[id] = t.text();
    return id;
  };
  // "lib" as a submodule comes before "lib-z" and "lib.c", as a folder between them and "lib0".
  const oid below = add(tree_text()
                            .add("160000", "lib", file)
                            .add("100644", "lib-z", file)
                            .add("0100664", "lib.c", file)
                            .add("100644", "lib0", file));
  const oid untouched = add(tree_text().add("0100664", "odd", file));
  const oid root = add(tree_text().add("40000", "a", below).add("40000", "b", below).add("040000", "c", untouched));
  std::size_t loads = 0;
  const tree_loader load = [&](const oid& id, std::string_view) -> outcome<std::vector<std::byte>> {
    ++loads;
    const bytes content = as_bytes(trees.at(id));
    return std::vector<std::byte>(content.begin(), content.end());
  };
  std::vector<std::string> asked;
  const auto made = rewrite_trees(root, load, [&](const tree_entry& e, std::string_view path) {
    asked.emplace_back(path);
    return e.kind == entry_kind::submodule
               ? outcome<std::optional<new_entry>>(new_entry{entry_kind::directory, untouched})
               : outcome<std::optional<new_entry>>(std::nullopt);
  });
  ASSERT_TRUE(made);
  EXPECT_EQ(loads, 3u) << "each tree once";
  EXPECT_EQ(asked, (std::vector<std::string>{"a/lib", "a/lib-z", "a/lib.c", "a/lib0", "c/odd"}));
  const tree_text wanted = tree_text()
                               .add("100644", "lib-z", file)
                               .add("0100664", "lib.c", file)
                               .add("40000", "lib", untouched)
                               .add("100644", "lib0", file);
  const oid wanted_id = object_id(hash_kind::sha1, object_type::tree, as_bytes(wanted.text()));
  EXPECT_TRUE(made->trees.contains(wanted_id));
  const tree_text wanted_root =
      tree_text().add("40000", "a", wanted_id).add("40000", "b", wanted_id).add("040000", "c", untouched);
  EXPECT_EQ(made->root, object_id(hash_kind::sha1, object_type::tree, as_bytes(wanted_root.text())));
  EXPECT_EQ(made->trees.size(), 2u);
  for (tree_reader r(made->trees.at(wanted_id), hash_kind::sha1); !r.done();) EXPECT_TRUE(r.next());
}

TEST(TreeRewriter, NothingChangesAndFailuresPass) {
  const oid file = object_id(hash_kind::sha1, object_type::blob, as_bytes("x"));
  const std::string text = tree_text().add("100644", "f", file).text();
  const oid root = object_id(hash_kind::sha1, object_type::tree, as_bytes(text));
  const tree_loader load = [&](const oid&, std::string_view) -> outcome<std::vector<std::byte>> {
    return std::vector<std::byte>(as_bytes(text).begin(), as_bytes(text).end());
  };
  using answer = outcome<std::optional<new_entry>>;
  const auto same = rewrite_trees(root, load, [](const tree_entry&, std::string_view) { return answer(std::nullopt); });
  EXPECT_EQ(same->root, root);
  EXPECT_TRUE(same->trees.empty());
  const auto failed = rewrite_trees(root, load, [](const tree_entry&, std::string_view path) {
    return answer(give_up(blame::input, std::string(path) + ": no"));
  });
  EXPECT_EQ(failed.error().message, "f: no");
}

TEST(Sha256, AsInTheStandard) {
  EXPECT_EQ(digest("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc", 1), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 5),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  for (const std::size_t step : {std::size_t{1'000'000}, std::size_t{64}, std::size_t{63}, std::size_t{997}})
    EXPECT_EQ(digest(million, step), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(LfsPointer, OnlyWhatIsOne) {
  const std::string hash(64, 'a');
  const std::string version = "version https://git-lfs.github.com/spec/v1\n";
  const auto p = parse_lfs_pointer(as_bytes(version + "oid sha256:" + hash + "\nsize 12345\n"));
  ASSERT_TRUE(p);
  EXPECT_EQ(p->sha256, hash);
  EXPECT_EQ(p->size, 12345u);
  for (const std::string& bad :
       {version, version + "oid sha256:" + hash + "\n", version + "size 1\n",
        version + "oid sha256:" + hash.substr(1) + "\nsize 1\n", version + "oid sha256:" + hash + "\nsize x\n",
        version + "oid sha256:" + hash + "\nsize 1", version + "oid sha256:" + hash + "\nsize 99999999999999999999\n",
        version + "oid md5:" + hash + "\nsize 1\n", "oid sha256:" + hash + "\nsize 1\n"})
    EXPECT_FALSE(parse_lfs_pointer(as_bytes(bad))) << bad;
}
