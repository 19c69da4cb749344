#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <sstream>
#include <thread>

#include "source/repository/reftable.hpp"
#include "source/repository/reftable_stack.hpp"
#include "source/repository/repository_folder.hpp"
#include "support/reftable_writer.hpp"
#include "support/scratch.hpp"
#include "support/sources.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

oid id_of(hash_kind kind, char digit) { return *parse_hex(std::string(hex_size(kind), digit), kind); }
written_record set(const std::string& name, const oid& id) { return {name, reference_value{id, {}}, {}}; }
written_record points(const std::string& name, const std::string& to) {
  return {name, reference_value{std::nullopt, to}, {}};
}
written_record gone(const std::string& name) { return {name, std::nullopt, {}}; }

std::string table_of(hash_kind kind, const std::vector<written_record>& records) {
  reftable_writer writer({.kind = kind});
  for (const written_record& r : records) writer.add(r);
  return writer.finish();
}

std::string shown(const std::optional<reference_value>& value) {
  return !value ? "-" : value->id ? hex_text(*value->id) : "-> " + value->target;
}

// What `all` has of `names`, with blanks between, or the message.
std::string read(const references& all, const std::vector<std::string>& names) {
  const auto values = all.read(names);
  if (!values) return values.error().message;
  std::string said;
  for (const auto& value : *values) said += (said.empty() ? "" : " ") + shown(value);
  return said;
}

std::string listed(std::string_view text) {
  const auto tables = parse_table_list(text);
  if (!tables) return tables.error().message;
  std::string said;
  for (const std::string& table : *tables) said += table + ";";
  return said;
}

TEST(ReftableList, NamesTablesOfItsFolder) {
  EXPECT_EQ(listed(""), "");
  EXPECT_EQ(listed("1-1.ref\n00000002-00000003.log\n"), "1-1.ref;00000002-00000003.log;");
  EXPECT_EQ(listed("a\nb"), "is cut: its last line does not end");
  for (const std::string bad : {"", ".", "..", "../x", "/x", "x/", "a/b"})
    EXPECT_EQ(listed("a\n" + bad + "\n"), "line 2 is not a name of a table: \"" + bad + "\"");
  EXPECT_EQ(listed(std::string("a\0b\n", 4)), "line 1 is not a name of a table: \"a\\x00b\"");
  EXPECT_EQ(listed("a\nb\na\n"), "line 3 names a again");
}

class ReftableStack : public testing::TestWithParam<hash_kind> {
 protected:
  // Tables of the stack in `folder`, oldest first.
  void write(const std::string& folder, const std::vector<std::vector<written_record>>& tables) {
    std::string list;
    for (const auto& records : tables) {
      const std::string name = std::to_string(++made_) + ".ref";
      dir_.write(folder + "/reftable/" + name, table_of(kind_, records));
      list += name + "\n";
    }
    dir_.write(folder + "/reftable/tables.list", list);
  }
  [[nodiscard]] std::unique_ptr<references> all(const std::string& folder = "r") const {
    return references_in_reftable((dir_ / folder).string(), (dir_ / "r").string(), kind_);
  }

  hash_kind kind_ = GetParam();
  oid a_ = id_of(kind_, 'a'), b_ = id_of(kind_, 'b');
  std::string a = hex_text(a_), b = hex_text(b_);
  scratch dir_;
  unsigned made_ = 0;
};

TEST_P(ReftableStack, TheNewestTableWins) {
  write("r", {{points("HEAD", "refs/heads/main"), set("refs/heads/back", a_), set("refs/heads/gone", a_),
               set("refs/heads/main", a_), set("refs/heads/old", a_)},
              {gone("refs/heads/back"), gone("refs/heads/gone"), set("refs/heads/main", b_)},
              {},
              {set("refs/heads/back", b_), gone("refs/heads/never"), points("refs/heads/old", "refs/heads/main")}});
  EXPECT_EQ(read(*all(), {"refs/heads/main", "refs/heads/gone", "refs/heads/back", "HEAD", "refs/heads/old",
                          "refs/heads/never", "refs/heads/mai", "refs/heads/mainx"}),
            b + " - " + b + " -> refs/heads/main -> refs/heads/main - - -");
  EXPECT_EQ(read(*all(), {"HEAD", "HEAD"}), "-> refs/heads/main -> refs/heads/main");
  EXPECT_EQ(read(*all(), {}), "");
  const auto last = follow(*all(), "HEAD", {std::nullopt, "refs/heads/old"});
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(last->name, "refs/heads/main");
  EXPECT_EQ(last->id, b_);
}

TEST_P(ReftableStack, SymbolicReferencesThatLeadNowhere) {
  write("r", {{points("HEAD", "refs/heads/x"), points("refs/heads/bad", "../config"),
               points("refs/heads/x", "refs/heads/y"), points("refs/heads/y", "HEAD")}});
  const auto round = follow(*all(), "HEAD", {std::nullopt, "refs/heads/x"});
  ASSERT_FALSE(round);
  EXPECT_EQ(round.error().message, "HEAD: too many symbolic references on the way");
  const auto bad = follow(*all(), "HEAD", {std::nullopt, "refs/heads/bad"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "refs/heads/bad: points to ../config, which is not a valid name of a reference");
}

TEST_P(ReftableStack, AWorktreeHasAStackOfItsOwn) {
  write("r", {{points("HEAD", "refs/heads/main"), set("refs/bisect/bad", a_), set("refs/heads/main", a_),
               set("refs/worktree/w", a_)}});
  write("linked", {{points("HEAD", "refs/heads/other"), set("refs/heads/main", b_), set("refs/worktree/w", b_)}});
  EXPECT_EQ(read(*all(), {"HEAD", "refs/worktree/w", "refs/bisect/bad"}), "-> refs/heads/main " + a + " " + a);
  EXPECT_EQ(read(*all("linked"), {"HEAD", "refs/heads/main", "refs/worktree/w", "refs/bisect/bad"}),
            "-> refs/heads/other " + a + " " + b + " -");
}

TEST_P(ReftableStack, SomeReferencesAreFilesAllTheSame) {
  write("r", {{points("HEAD", "refs/heads/main"), set("ORIG_HEAD", a_)}});
  dir_.write("r/HEAD", "ref: refs/heads/.invalid\n");
  dir_.write("r/ORIG_HEAD", b + "\n");
  dir_.write("r/FETCH_HEAD", b + "\t\tbranch 'main' of elsewhere\n");
  EXPECT_EQ(read(*all(), {"FETCH_HEAD", "HEAD", "ORIG_HEAD", "MERGE_HEAD"}), b + " -> refs/heads/main " + a + " -");
}

TEST_P(ReftableStack, WhatIsMissingOrDamaged) {
  EXPECT_EQ(read(*all(), {"HEAD"}), "reftable/tables.list: is missing");
  write("r", {{set("refs/heads/main", a_)}, {set("refs/heads/main", b_)}});
  EXPECT_EQ(read(*all(), {"refs/heads/main"}), b);
  // All tables count, even when a newer one has the name.
  dir_.write("r/reftable/1.ref", "REFT");
  EXPECT_EQ(read(*all(), {"refs/heads/main"}), "reftable/1.ref: is damaged: it is too short");
  fs::remove(dir_ / "r/reftable/1.ref");
  EXPECT_EQ(read(*all(), {"refs/heads/main"}), "reftable/1.ref: is missing");
  fs::create_directory(dir_ / "r/reftable/1.ref");
  EXPECT_EQ(read(*all(), {"refs/heads/main"}), "reftable/1.ref: is not a regular file");
  dir_.write("r/reftable/tables.list", "../HEAD\n");
  EXPECT_EQ(read(*all(), {"refs/heads/main"}), "reftable/tables.list: line 1 is not a name of a table: \"../HEAD\"");
  const hash_kind other = kind_ == hash_kind::sha1 ? hash_kind::sha256 : hash_kind::sha1;
  dir_.write("r/reftable/other", table_of(other, {}));
  dir_.write("r/reftable/tables.list", "other\n");
  EXPECT_EQ(read(*all(), {"HEAD"}), "reftable/other: holds " + std::string(name(other)) +
                                        " ids, and the repository has " + std::string(name(kind_)) + " ids");
}

// As git does it: a table of all tables is written, then the list, then the tables before it are removed. At most two
// such steps happen while references are read once.
TEST_P(ReftableStack, TablesAreMergedMeanwhile) {
  constexpr unsigned kSteps = 60;
  write("r", {{set("refs/heads/main", a_)}, {set("refs/heads/other", b_)}});
  const std::string merged = table_of(kind_, {set("refs/heads/main", a_), set("refs/heads/other", b_)});
  std::atomic<unsigned> reads = 0, steps = 0;
  std::thread merger([&] {
    for (unsigned step = 1; step <= kSteps; ++step) {
      while (step > 2 * (reads + 1)) std::this_thread::yield();
      const std::string name = std::to_string(made_ + step) + ".ref";
      dir_.write("r/reftable/" + name, merged);
      dir_.write("r/reftable/new", name + "\n");
      fs::rename(dir_ / "r/reftable/new", dir_ / "r/reftable/tables.list");
      fs::remove(dir_ / ("r/reftable/" + std::to_string(made_ + step - 1) + ".ref"));
      if (step == 1) fs::remove(dir_ / ("r/reftable/" + std::to_string(made_ - 1) + ".ref"));
      steps = step;
    }
  });
  while (steps < kSteps) {
    EXPECT_EQ(read(*all(), {"refs/heads/other", "refs/heads/main"}), b + " " + a);
    ++reads;
  }
  merger.join();
}

INSTANTIATE_TEST_SUITE_P(Kinds, ReftableStack, testing::Values(hash_kind::sha1, hash_kind::sha256),
                         [](const auto& kind) { return std::string(name(kind.param)); });

// Names in the tables of a folder, deleted ones too.
void add_names(const std::string& folder, hash_kind kind, std::set<std::string>& names) {
  const auto tables = parse_table_list(file_content(folder + "/reftable/tables.list"));
  ASSERT_TRUE(tables) << tables.error().message;
  for (const std::string& table : *tables) {
    const auto file = table_file::open(folder + "/reftable/" + table);
    ASSERT_TRUE(file) << table;
    const auto read = read_reftable(**file, kind, [&](const reftable_record& r) { names.emplace(r.name); });
    ASSERT_TRUE(read) << table << " " << read.error().why;
  }
}

// HEAD and all below refs/, as the listings of git have it: "NAME ID" and "NAME -> TARGET", a line each.
std::string all_of(const std::string& folder, const std::string& common, hash_kind kind) {
  std::set<std::string> names;
  add_names(folder, kind, names);
  add_names(common, kind, names);
  const std::vector<std::string> asked(names.begin(), names.end());
  const auto values = references_in_reftable(folder, common, kind)->read(asked);
  if (!values) return values.error().message;
  std::string lines;
  for (std::size_t i = 0; i < asked.size(); ++i)
    if ((*values)[i] && (asked[i] == "HEAD" || asked[i].starts_with("refs/")))
      lines += asked[i] + " " + shown((*values)[i]) + "\n";
  return lines;
}

// Repositories that git 2.47 made (reftable/make.sh): many blocks with an index, several tables, deleted, symbolic and
// packed references, and a linked worktree.
class MadeByGit : public testing::TestWithParam<hash_kind> {
 protected:
  const fs::path made_ = fs::path(DOCTEUR_REFTABLES) / std::string(name(GetParam()));
};

TEST_P(MadeByGit, AllReferences) {
  const std::string main = (made_ / "repository").string(), linked = main + "/worktrees/linked";
  EXPECT_EQ(all_of(main, main, GetParam()), file_content(made_ / "main.txt"));
  EXPECT_EQ(all_of(linked, main, GetParam()), file_content(made_ / "linked.txt"));
}

TEST_P(MadeByGit, IsFoundWithItsWorktrees) {
  scratch dir;
  fs::create_directories(dir / "main/.git");
  fs::copy(made_ / "repository", dir / "main/.git", fs::copy_options::recursive);
  fs::create_directory(dir / "main/.git/objects");
  dir.write("linked/.git", "gitdir: " + (dir / "main/.git/worktrees/linked").string() + "\n");
  for (const std::string worktree : {"main", "linked", "main/.git"}) {
    const auto found = find_repository((dir / worktree).string());
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_TRUE(*found);
    EXPECT_TRUE((*found)->has_reftables);
    EXPECT_EQ((*found)->kind, GetParam());
    EXPECT_EQ(read(*(*found)->references(), {"HEAD"}),
              worktree == "linked" ? "-> refs/heads/linked" : "-> refs/heads/main");
  }
  const auto refused = [&](const std::string& why) {
    const auto found = find_repository((dir / "main").string());
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find(why), std::string::npos) << found.error().message;
  };
  dir.write("main/.git/reftable/tables.list", "x");
  refused((dir / "main/.git/reftable/tables.list").string() + ": is cut: its last line does not end");
  (void)dir.run("git config --file main/.git/config extensions.refstorage other");
  refused("its references are stored as other, which is not supported");
  (void)dir.run(
      "git config --file main/.git/config --unset extensions.objectformat; "
      "git config --file main/.git/config extensions.refstorage reftable && "
      "git config --file main/.git/config core.repositoryformatversion 0");
  refused("a repository of format version 0 has no reftables");
}

INSTANTIATE_TEST_SUITE_P(Kinds, MadeByGit, testing::Values(hash_kind::sha1, hash_kind::sha256),
                         [](const auto& kind) { return std::string(name(kind.param)); });

// Where git makes reftables itself (2.45 and later), one that it makes now, of each kind.
TEST(ReftableRepository, WhatGitMakesHere) {
  scratch dir;
  const std::string version = dir.run("git version | sed 's/[^0-9]*//; s/^\\([0-9]*\\)[.]\\([0-9]*\\).*/\\1 \\2/'");
  unsigned major = 0, minor = 0;
  std::istringstream(version) >> major >> minor;
  if (major < 2 || (major == 2 && minor < 45)) GTEST_SKIP() << "git " << version << " makes no reftables";
  for (const hash_kind kind : {hash_kind::sha1, hash_kind::sha256}) {
    const std::string folder(name(kind));
    const std::string listings =
        dir.run("export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 && mkdir " + folder + " && cd " + folder +
                " && git init -q -b main --ref-format=reftable --object-format=" + folder +
                " r && cd r && git config user.name T && git config user.email t@t &&"
                "git commit -q --allow-empty -m one && git tag -a -m noted v1 && git tag light &&"
                "for i in $(seq 2000); do echo \"create refs/heads/many/$i HEAD\"; done | git update-ref --stdin &&"
                "git pack-refs --all && git commit -q --allow-empty -m two && git update-ref -d refs/heads/many/7 &&"
                "git symbolic-ref refs/heads/alias refs/heads/main && git worktree add -q -b linked ../linked light &&"
                "git -C ../linked update-ref refs/worktree/own main && for w in . ../linked; do "
                "echo \"HEAD -> $(git -C $w symbolic-ref HEAD)\" &&"
                "git -C $w for-each-ref "
                "--format='%(refname) %(if)%(symref)%(then)-> %(symref)%(else)%(objectname)%(end)'; done");
    const std::string main = (dir / folder / "r/.git").string();
    EXPECT_EQ(all_of(main, main, kind) + all_of(main + "/worktrees/linked", main, kind), listings + "\n");
  }
}

}  // namespace
}  // namespace docteur
