#include "proof/list_proof.hpp"

#include <gtest/gtest.h>

#include "builder/build_image.hpp"
#include "host/heap.hpp"
#include "object/sha256.hpp"
#include "proof/write_list_proof.hpp"
#include "support/memory_source.hpp"
#include "support/opened.hpp"
#include "support/scratch.hpp"
#include "support/verified.hpp"

namespace docteur {
namespace {

oid sha256_of(std::string_view text) { return docteur::sha256_of(as_bytes(text)); }

std::string text_of(const list_statement& s) {
  const statement_text text(s);
  return std::string(text.view());
}

// An image of many files with a list that a made-up key signed; the statement is kept.
class ListProof : public testing::Test {
 protected:
  std::map<std::string, std::string> files;
  std::string statement;
  std::unique_ptr<opened> image;
  owned_array<std::uint32_t> leaves;

  void make(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      files["d" + std::to_string(i % 7) + "/f" + std::to_string(i)] = std::to_string(i);
    const scratch dir;
    progress silent;
    image_options options;
    options.sign = [this](std::string_view text) -> outcome<list_signature> {
      statement = text;
      return list_signature{list_signature_kind::ssh, std::vector<std::byte>(100, std::byte{7})};
    };
    const auto out = output_file::create(dir / "image");
    ASSERT_TRUE(out);
    ASSERT_TRUE(build_image(memory_source(files), **out, options, silent));
    const std::string raw = file_content(dir / "image");
    image = std::make_unique<opened>(buffer(as_bytes(raw).begin(), as_bytes(raw).end()), false);
    leaves = list_leaves(image->snapshot(), heap_memory()).value();  // outlives the image
  }
  std::string prove(const std::string& path, const std::optional<oid>& content) {
    const auto n = image->snapshot().find(path);
    const auto proof =
        write_list_proof(image->image(), image->snapshot(), leaves.span(), *n, path, content, image->mem.handle());
    return proof ? std::string(as_text(proof->span())) : std::string("error: ") + proof.error().what;
  }
};

TEST_F(ListProof, EachFileLeadsToTheSignedStatement) {
  for (const std::size_t count : {1u, 2u, 15u, 16u, 17u, 255u, 300u}) {
    files.clear();
    make(count);
    for (const auto& [path, content] : files) {
      const std::string proof = prove(path, sha256_of(content));
      const auto p = read_list_proof(as_bytes(proof));
      ASSERT_TRUE(p) << path << proof;
      EXPECT_EQ(p->path, path);
      EXPECT_EQ(p->content, sha256_of(content));
      EXPECT_EQ(text_of(proven_statement(*p, *p->content)), statement) << path << " of " << count;
      EXPECT_NE(text_of(proven_statement(*p, sha256_of("other"))), statement);
      EXPECT_EQ(p->signature.size(), 100u);
    }
    image.reset();
  }
}

TEST_F(ListProof, ContentThatIsNotInTheListIsNoticed) {
  make(40);
  EXPECT_EQ(prove("d1/f1", sha256_of("other")), "error: the list of files has other content at this path");
  const std::string without = prove("d1/f1", std::nullopt);
  const auto p = read_list_proof(as_bytes(without));
  ASSERT_TRUE(p);
  EXPECT_FALSE(p->content);
  EXPECT_EQ(text_of(proven_statement(*p, sha256_of("1"))), statement);
  EXPECT_EQ(prove("d1", std::nullopt), "error: the list has files, but no folders");
}

TEST_F(ListProof, PrefixesAndMoreAreRefused) {
  make(40);
  const std::string good = prove("d1/f1", sha256_of("1"));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(read_list_proof(as_bytes(good.substr(0, n)))) << n;
  EXPECT_FALSE(read_list_proof(as_bytes(good + '\0')));
}

// All but the signature and the content's hash, which is compared with the content, is in the statement.
TEST_F(ListProof, EachFlippedBitChangesTheStatement) {
  make(40);
  const std::string good = prove("d1/f1", sha256_of("1"));
  const std::size_t signature = good.size() - 100 - 2;
  for (std::size_t i = 0; i < 8 * signature; ++i) {
    std::string bad = good;
    bad[i / 8] = static_cast<char>(bad[i / 8] ^ 1 << i % 8);
    const auto p = read_list_proof(as_bytes(bad));
    if (!p || p->content != sha256_of("1")) continue;
    EXPECT_NE(text_of(proven_statement(*p, sha256_of("1"))), statement) << "bit " << i;
  }
}

TEST_F(ListProof, AnImageWithoutAListHasNoProof) {
  make(3);
  const scratch dir;
  progress silent;
  const auto out = output_file::create(dir / "image");
  ASSERT_TRUE(build_image(memory_source(files), **out, {}, silent));
  const std::string raw = file_content(dir / "image");
  image = std::make_unique<opened>(buffer(as_bytes(raw).begin(), as_bytes(raw).end()), true);
  EXPECT_EQ(prove("d1/f1", std::nullopt), "error: the image has no signed list of files");
}

TEST_F(ListProof, FailuresOfTheSignerAndOfTheSourceEndTheBuild) {
  files["a"] = "x";
  const scratch dir;
  progress silent;
  image_options options;
  options.sign = [](std::string_view) -> outcome<list_signature> { return give_up(blame::environment, "no key"); };
  const auto out = output_file::create(dir / "image");
  const auto made = build_image(memory_source(files), **out, options, silent);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "no key");
  EXPECT_FALSE(std::filesystem::exists(dir / "image"));
}

}  // namespace
}  // namespace docteur
