// Images assembled by hand from PACK and IDX files that git wrote.
#include <gtest/gtest.h>

#include "idx/format.hpp"
#include "support/hand_image.hpp"
#include "support/scratch.hpp"
#include "support/verified.hpp"

using namespace docteur;

namespace {

// A repository with several commits, so that its PACKs hold more than one commit reaches.
class VerifyGit : public testing::Test {
 protected:
  VerifyGit() {
    (void)s_.run(
        "git init -q -b main repo && cd repo && git config user.name 'A U Thor' && git config user.email a@b\n"
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do mkdir -p d$i; seq $i 2000 >d$i/numbers; seq 1 $((i * 100)) >d$i/few;\n"
        "git add -A; git commit -q -m \"number $i\"; done\n"
        "ln -s d1/few link; printf 'a tool' >d1/tool; chmod +x d1/tool; git add -A; git commit -q -m 'last'\n"
        "git tag -a -m 'a tag' v1");
  }

  // The objects of HEAD, or with `all` of the whole history, through `git pack-objects OPTIONS`.
  byte_vector image(const std::string& options, bool all = false, const std::string& idx_options = "",
                    const hand_options& how = {.table = false}) {
    const std::string objects = all ? "git rev-list --objects --all | cut -d' ' -f1"
                                    : "{ git rev-parse HEAD 'HEAD^{tree}'; git ls-tree -rt HEAD | "
                                      "awk '{print $3}'; }";
    (void)s_.run("cd repo && " + objects + " | git pack-objects -q --stdout " + options +
                 " >../p.pack && git index-pack " + idx_options + " ../p.pack");
    const auto read = [&](const char* name) {
      const std::string content = file_content(s_ / name);
      const bytes raw = as_bytes(content);
      return byte_vector(raw.begin(), raw.end());
    };
    const std::string head = s_.run("cd repo && git rev-parse HEAD");
    return hand_image(*parse_hex(head, hash_kind::sha1), read("p.pack"), read("p.idx"), how);
  }

  scratch s_;
};

}  // namespace

TEST_F(VerifyGit, AnyWayThatGitPacks) {
  for (const char* options : {"", "--delta-base-offset", "--window=250 --depth=250 --delta-base-offset",
                              "--window=50 --depth=4000", "--compression=0", "--compression=9 --window=0"}) {
    const verify_report r = check(image(options));
    expect_good(r);
    EXPECT_TRUE(r.remarks.empty()) << options << "\n" << all_of(r);
    EXPECT_EQ(r.head()->message, "last\n");
  }
}

TEST_F(VerifyGit, AWholeHistoryHoldsObjectsThatTheCommitDoesNotReach) {
  const verify_report r = check(image("--delta-base-offset", true));
  expect_good(r);
  expect_remark(r, "objects are not reachable from the commit");
  EXPECT_EQ(r.objects[static_cast<std::size_t>(object_type::commit)], 13u);
  EXPECT_EQ(r.objects[static_cast<std::size_t>(object_type::tag)], 1u);
  EXPECT_FALSE(check(image("", true, "", {})).good()) << "with a section table, they are a fault";
}

TEST_F(VerifyGit, SixtyFourBitOffsetsWhereTheyAreNotNeeded) {
  byte_vector made = image("", false, "--index-version=2,0x100");
  const verify_report r = check(made);
  expect_good(r);
  expect_remark(r, "64-bit offsets where 32 bits would do");
  // Git writes 64-bit offsets in order. Two that are swapped give the same offsets, but are a fault.
  const std::uint64_t at = idx_offset_of(made);
  const auto n = load_be<std::uint32_t>(made.data() + at + 8 + 255 * 4);
  const idx_layout layout{n, 0, hash_kind::sha1};
  std::byte* offsets = made.data() + at + layout.offsets();
  std::vector<std::uint32_t> wide;
  for (std::uint32_t i = 0; i < n; ++i)
    if ((load_be<std::uint32_t>(offsets + 4 * i) & kIdxWideOffset) != 0) wide.push_back(i);
  ASSERT_GE(wide.size(), 2u);
  std::byte* table = made.data() + at + layout.wide_offsets();
  std::swap_ranges(offsets + 4 * wide[0], offsets + 4 * wide[0] + 4, offsets + 4 * wide[1]);
  std::swap_ranges(table, table + 8, table + 8);
  reseal_idx(made, idx_layout{n, static_cast<std::uint32_t>(wide.size()), hash_kind::sha1}.size());
  expect_fault(check(made), errc::malformed, at + layout.offsets() + 4 * wide[0], "not in order");
}

TEST_F(VerifyGit, WithASectionTableToo) { expect_good(check(image("--delta-base-offset", false, "", {}))); }

// OCaml docteur's images end with a block of padding even if they are aligned already, and their commit may come last.
TEST_F(VerifyGit, AsDocteurMakesThem) {
  byte_vector made = image("");
  made.resize(made.size() + 512);
  expect_good(check(made));
}

TEST_F(VerifyGit, DamageAnywhere) {
  byte_vector made = image("--delta-base-offset --window=20", true);
  for (std::size_t i = 0; i < made.size(); i += 1999) {
    made[i] ^= std::byte{0x10};
    EXPECT_FALSE(check(made).good()) << i;
    made[i] ^= std::byte{0x10};
  }
}
