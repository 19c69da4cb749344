#include "source/repository/packed_references.hpp"

#include <array>

#include "support/sources.hpp"

namespace docteur {
namespace {

const std::string kA(40, 'a'), kB(40, 'b');
constexpr std::string_view kHead = "# pack-refs with: peeled fully-peeled sorted \n";

// "ID ID", '-' for what is not there, or the message; in pieces of `piece` bytes.
std::string ids_in(std::string_view text, std::vector<std::string> names, std::size_t piece = 1000) {
  packed_reference_search all(names, hash_kind::sha1);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    if (const auto taken = all.take(text.substr(0, piece)); !taken) return taken.error().message;
  const auto found = all.finish();
  if (!found) return found.error().message;
  std::string said;
  for (const auto& id : *found) said += (said.empty() ? "" : " ") + (id ? hex_text(*id) : "-");
  return said;
}

TEST(PackedReferences, FindsNamesInPiecesOfAnySize) {
  const std::string text = std::string(kHead) + kA + " refs/heads/x\n" + kB + " refs/tags/v\n^" + kA + "\n";
  for (std::size_t piece = 1; piece < 100; ++piece)
    EXPECT_EQ(ids_in(text, {"refs/tags/v", "refs/heads/y", "refs/heads/x"}, piece), kB + " - " + kA) << piece;
  EXPECT_EQ(ids_in("", {"refs/heads/x"}), "-");
  EXPECT_EQ(ids_in(kHead, {"refs/heads/x"}), "-");
  EXPECT_EQ(ids_in(std::string(40, 'A') + " refs/heads/x\n", {"refs/heads/x"}), kA);
  EXPECT_EQ(ids_in(kA + " refs/heads/x\r\n", {"refs/heads/x"}), "-");  // the name ends with CR, as for git
  EXPECT_EQ(ids_in(kA + " x\n" + kA + " x\n", {"x"}), kA);
}

TEST(PackedReferences, DamageAnywhereIsAFault) {
  const std::string good = kA + " refs/heads/x\n";
  EXPECT_EQ(ids_in(good + kA + " refs/heads/y", {"refs/heads/x"}), "is truncated: its last line does not end");
  for (const std::string& bad :
       std::vector<std::string>{"", "x", kA, kA + " ", kA + "\trefs/heads/y", kA + "a y", kA.substr(1) + " y",
                                "# comment", "^" + kA + " ", "^" + kA.substr(1), std::string(39, 'a') + "g y"})
    EXPECT_EQ(ids_in(good + bad + "\n", {"refs/heads/x"}), "line 2 is not well-formed") << bad;
  EXPECT_EQ(ids_in(good + "^" + kA + "\n^" + kA + "\n", {"y"}), "line 3 is not well-formed");
  EXPECT_EQ(ids_in(std::string(kHead) + "^" + kA + "\n", {"y"}), "line 2 is not well-formed");
  EXPECT_EQ(ids_in(kA + " x\n" + kB + " x\n", {"x"}), "line 2 gives x another id than an earlier line");
}

TEST(PackedReferences, LinesAreBounded) {
  for (const std::size_t piece : {std::size_t{1000}, 4 * kMostPackedLine})
    EXPECT_EQ(ids_in(kA + " " + std::string(2 * kMostPackedLine, 'x') + "\n", {"x"}, piece), "line 1 is too long");
}

}  // namespace
}  // namespace docteur
