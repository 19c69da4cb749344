#include "source/repository/repository.hpp"

#include <algorithm>
#include <sstream>

#include "support/scratch.hpp"
#include "support/sources.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

struct at_rest : progress {
} quiet;

outcome<std::unique_ptr<commit_source>> open_at(const fs::path& path, const std::string& reference = "") {
  auto repository = find_repository(path.string());
  if (!repository) return tl::unexpected<failure>(repository.error());
  if (!*repository) return give_up(blame::input, "no repository");
  return open_repository(std::move(**repository), path.string(), {reference, 2}, quiet);
}

std::string refusal(const fs::path& path, const std::string& reference = "") {
  const auto source = open_at(path, reference);
  if (source) return "accepted";
  EXPECT_EQ(source.error().message.find('\n'), std::string::npos) << "more than a line";
  return source.error().message;
}

void expect_refused(const fs::path& path, const std::string& reference, const std::string& why) {
  const std::string message = refusal(path, reference);
  EXPECT_NE(message.find(why), std::string::npos) << "said: " << message;
}

// A repository `r` with two commits, a branch, tags, modes of all kinds.
class RepositorySource : public testing::Test {
 protected:
  RepositorySource() {
    out_ = dir_.run(
        "export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; git init -q -b main r && cd r &&"
        "git config user.name T && git config user.email t@t && git config commit.gpgsign false && git config gc.auto "
        "0 &&"
        "mkdir -p doc/deep same && seq 1000 > doc/numbers && seq 2 1001 > doc/deep/numbers && echo x > same/x && "
        "echo x > x && printf '#!/bin/sh\\n' > run && chmod +x run && ln -s doc/numbers link && git add -A &&"
        "git commit -qm one && git tag light && git tag -a -m first v1 && git tag -a -m again v1-again v1 &&"
        "git branch old && echo more >> doc/numbers && cp -r same again && git add -A && git commit -qm two");
  }
  // What git says is in the commit: its id, annotated tags on the way to it, trees, then blobs, each once, in the order
  // of their first occurrence.
  std::vector<std::string> expected(const std::string& repository, const std::string& reference) {
    std::vector<std::string> ids{git(repository, "rev-parse '" + reference + "^{commit}'")};
    for (std::string name = reference; git(repository, "cat-file -t '" + name + "'") == "tag";) {
      ids.push_back(git(repository, "rev-parse '" + name + "'"));
      std::istringstream tag(git(repository, "cat-file tag '" + name + "'"));
      tag >> name >> name;  // "object ID"
    }
    ids.push_back(git(repository, "rev-parse '" + reference + "^{tree}'"));
    for (const std::string type : {"tree", "blob"}) {
      std::istringstream lines(git(repository, "ls-tree -r -t '" + reference + "^{commit}'"));
      for (std::string mode, kind, id, path; lines >> mode >> kind >> id && std::getline(lines, path);)
        if (kind == type && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    return ids;
  }
  void expect_same_as_git(const std::string& repository, const std::string& reference = "HEAD") {
    const auto source = open_at(dir_ / repository, reference);
    ASSERT_TRUE(source) << source.error().message;
    std::vector<std::string> ids;
    for (const source_object& o : (*source)->objects()) ids.push_back(hex_text(o.id));
    EXPECT_EQ(ids, expected(repository, reference));
    expect_all_readable(**source);
  }
  std::string git(const std::string& repository, const std::string& arguments) {
    return dir_.run("export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; git -C '" + repository + "' " + arguments);
  }

  scratch dir_;
  std::string out_;
};

TEST_F(RepositorySource, EveryKindOfRepository) {
  expect_same_as_git("r");
  expect_same_as_git("r", "old");
  expect_same_as_git("r/.git");
  git("r", "worktree add -q ../linked old");
  EXPECT_TRUE(fs::is_regular_file(dir_ / "linked/.git"));
  expect_same_as_git("linked");
  git(".", "clone -q --bare r bare.git");
  expect_same_as_git("bare.git");
  git(".", "clone -q --shared r shared");
  expect_same_as_git("shared");
  git(".", "clone -q --depth 1 file://$PWD/r shallow");
  expect_same_as_git("shallow");
  git("r", "repack -qad");
  expect_same_as_git("r");
  expect_same_as_git("shared");
  git("r", "pack-refs --all");
  expect_same_as_git("r", "v1");
  expect_same_as_git("r", "v1-again");
  expect_same_as_git("r", "light");
  git("bare.git", "repack -qad --window=50 --depth=50");
  expect_same_as_git("bare.git");
}

TEST_F(RepositorySource, PacksOfAllShapes) {
  git("r", "repack -qd");
  dir_.write("r/third", "third");
  git("r", "add third");
  git("r", "commit -qm three");
  git("r", "repack -qd");
  git("r", "multi-pack-index write");
  expect_same_as_git("r");
  dir_.write("r/fourth", "loose beside packs");
  git("r", "add fourth");
  git("r", "commit -qm four");
  expect_same_as_git("r");
  expect_same_as_git("r", "old");
  (void)dir_.run(
      "cd r && git rev-list --objects --all | git pack-objects -q --no-reuse-delta ../ref && cd .. && "
      "git init -q --bare ref.git && git -C ref.git fetch -q ../r main:main && rm -rf ref.git/objects/pack/* && "
      "mv ref-* ref.git/objects/pack/ && git -C ref.git symbolic-ref HEAD refs/heads/main");
  expect_same_as_git("ref.git");
}

TEST_F(RepositorySource, NamesMeanWhatGitMakesOfThem) {
  const auto commit_of = [&](const std::string& name) {
    const auto source = open_at(dir_ / "r", name);
    return source ? hex_text((*source)->commit().id) : source.error().message;
  };
  const std::string old = git("r", "rev-parse old");
  const std::string head = git("r", "rev-parse HEAD");
  EXPECT_NE(old, head);
  for (const std::string& name :
       std::vector<std::string>{"", "HEAD", "@", "main", "heads/main", "refs/heads/main", head, head.substr(0, 7)})
    EXPECT_EQ(commit_of(name), head) << name;
  std::string upper = old;
  std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string& name : std::vector<std::string>{"old", "light", "v1", "v1-again", "refs/tags/v1-again", old,
                                                          old.substr(0, 10), upper, git("r", "rev-parse v1-again")})
    EXPECT_EQ(commit_of(name), old) << name;

  // A tag before a branch, a reference before a short id, a full id before all; and the choice is told.
  git("r", "tag main old");
  EXPECT_EQ(commit_of("main"), old);
  EXPECT_EQ((*open_at(dir_ / "r", "main"))->notes().remarks,
            std::vector<std::string>{"main is ambiguous: took refs/tags/main, not refs/heads/main"});
  EXPECT_TRUE((*open_at(dir_ / "r", "old"))->notes().remarks.empty());
  git("r", "branch " + head.substr(0, 7) + " old");
  EXPECT_EQ(commit_of(head.substr(0, 7)), old);
  git("r", "update-ref refs/heads/" + head + " old");
  EXPECT_EQ(commit_of(head), head);
  git("r", "update-ref refs/remotes/origin/main old");
  git("r", "symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main");
  EXPECT_EQ(commit_of("origin"), old);
  EXPECT_EQ(commit_of("origin/main"), old);
  git("r", "checkout -q --detach old");
  EXPECT_EQ(commit_of(""), old);
}

TEST_F(RepositorySource, NamesThatLeadToNoCommit) {
  expect_refused(dir_ / "r", "nothing", "nothing: no such branch, tag or commit");
  expect_refused(dir_ / "r", "refs/heads/nothing", "no such branch");
  expect_refused(dir_ / "r", "abc", "abc: no such");  // too short for an id
  expect_refused(dir_ / "r", "0123456789012345678901234567890123456789", "is missing");
  for (const char* const name : {"HEAD~1", "HEAD^", "main@{0}", "v1^{}", "a..b", ":/one", "HEAD:doc", "a b"})
    expect_refused(dir_ / "r", name, "expressions such as");
  const std::string tree = git("r", "rev-parse HEAD^{tree}");
  expect_refused(dir_ / "r", tree, "object " + tree + " is a tree, not a commit");
  expect_refused(dir_ / "r", tree.substr(0, 12), "no such branch, tag or commit");
  git("r", "tag blob-tag $(git -C r rev-parse HEAD:x)");
  expect_refused(dir_ / "r", "blob-tag", "is a blob, not a commit");
  git("r", "symbolic-ref HEAD refs/heads/unborn");
  expect_refused(dir_ / "r", "", "HEAD points to refs/heads/unborn, which has no commit yet");
  EXPECT_EQ(refusal(dir_ / "r", "main"), "accepted");
}

TEST_F(RepositorySource, AmbiguousShortIds) {
  // Commits of different times: some two of them begin with the same four digits.
  const std::string tree = git("r", "rev-parse HEAD^{tree}");
  for (int i = 0; i < 1000; ++i) {
    const std::string who = " T <t@t> " + std::to_string(i) + " +0000\n";
    dir_.write("c/" + std::to_string(i), "tree " + tree + "\nauthor" + who + "committer" + who + "\n");
  }
  const std::string pair = dir_.run(
      "cd r && ls ../c/* | git hash-object -t commit -w --stdin-paths | sort | "
      "awk '{p = substr($0, 1, 4)} p == last {print p, old, $0; exit} {last = p; old = $0}'");
  std::istringstream fields(pair);
  std::string prefix, first, second;
  ASSERT_TRUE(fields >> prefix >> first >> second) << pair;
  expect_refused(dir_ / "r", prefix, prefix + ": is ambiguous: it begins the ids of " + first + ", " + second);
  EXPECT_EQ(refusal(dir_ / "r", first), "accepted");
}

TEST_F(RepositorySource, SubmodulesAndLfsPointersAreNoted) {
  git("r", "update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,lib/sub");
  dir_.write("r/big", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  git("r", "add big");
  git("r", "commit -qm sub");
  const auto source = open_at(dir_ / "r");
  ASSERT_TRUE(source) << source.error().message;
  expect_all_readable(**source);
  EXPECT_EQ((*source)->notes().submodules, std::vector<std::string>{"lib/sub"});
  EXPECT_EQ((*source)->notes().lfs_pointers, 1u);
}

TEST_F(RepositorySource, WhatIsMissingIsNamed) {
  const std::string x = git("r", "rev-parse HEAD:same/x");
  fs::remove(dir_ / ("r/.git/objects/" + x.substr(0, 2) + "/" + x.substr(2)));
  expect_refused(dir_ / "r", "", "r: again/x: object " + x + " is missing");
  const std::string tree = git("r", "rev-parse HEAD:doc/deep");
  fs::remove(dir_ / ("r/.git/objects/" + tree.substr(0, 2) + "/" + tree.substr(2)));
  expect_refused(dir_ / "r", "", "r: doc/deep: object " + tree + " is missing");
}

TEST_F(RepositorySource, APartialCloneIsNamedAsOne) {
  git("r", "config uploadpack.allowFilter true");
  git(".", "clone -q --bare --filter=blob:none file://$PWD/r partial.git");
  expect_refused(dir_ / "partial.git", "", "this is a partial clone");
  git("partial.git", "fetch -q --refetch --no-filter");
  expect_same_as_git("partial.git");
}

TEST_F(RepositorySource, DamageIsNoticed) {
  // The id of one tree over the content of another.
  const std::string a = git("r", "rev-parse HEAD:doc"), b = git("r", "rev-parse HEAD:same");
  const auto place = [&](const std::string& id) {
    return dir_ / ("r/.git/objects/" + id.substr(0, 2) + "/" + id.substr(2));
  };
  fs::remove(place(a));
  fs::copy_file(place(b), place(a));
  expect_refused(dir_ / "r", "", "doc: object " + a + " is damaged");
}

TEST_F(RepositorySource, HostileTreesAreRefusedByName) {
  const std::string blob = git("r", "rev-parse HEAD:x");
  const std::string tree = git("r", "rev-parse HEAD:same");
  const auto commit_with = [&](const std::string& entries) {
    return dir_.run("cd r && tree=$(printf '" + entries +
                    "' | git mktree) && outer=$(printf '040000 tree %s\\touter' " +
                    "$tree | git mktree) && git commit-tree -m hostile $outer");
  };
  expect_refused(dir_ / "r", commit_with("100644 blob " + blob + "\\t.GIT"), "outer");
  expect_refused(dir_ / "r", commit_with("100644 blob " + blob + "\\t.."), "outer");
  const auto raw_entry = [](const std::string& mode_and_name, const std::string& id) {
    return mode_and_name + std::string(1, '\0') + std::string(as_text(parse_hex(id, hash_kind::sha1)->view()));
  };
  const auto commit_of_raw = [&](const std::string& content) {
    dir_.write("t", content);
    return dir_.run("cd r && git commit-tree -m raw $(git hash-object --literally -t tree -w ../t)");
  };
  expect_refused(dir_ / "r", commit_of_raw(raw_entry("100644 a", blob) + raw_entry("40000 b", blob)),
                 "b: its id is used for both a folder and a file");
  expect_refused(dir_ / "r", commit_of_raw(raw_entry("100644 a", tree)),
                 "a: object " + tree + " is a tree, not a file");
  expect_refused(dir_ / "r", commit_of_raw(raw_entry("100644 b", blob) + raw_entry("100644 a", blob)),
                 "malformed tree");
}

TEST_F(RepositorySource, WhatIsNoRepositoryHere) {
  EXPECT_FALSE(find_repository((dir_ / "r/doc").string()).value());  // inside of one, but not its top
  EXPECT_FALSE(find_repository(dir_.path()).value());
  EXPECT_FALSE(find_repository((dir_ / "none").string()).value());
  dir_.write("broken/.git", "gitdir: /nowhere/at/all\n");
  EXPECT_FALSE(find_repository((dir_ / "broken").string()));
  dir_.write("empty/.git/nothing", "");
  EXPECT_FALSE(find_repository((dir_ / "empty").string()));
  (void)dir_.run("git init -q new && git init -q --object-format=sha256 long");
  expect_refused(dir_ / "new", "", "has no commit yet");
  const auto longer = find_repository((dir_ / "long").string());
  ASSERT_TRUE(longer && *longer);
  EXPECT_EQ((*longer)->kind, hash_kind::sha256);
  expect_refused(dir_ / "long", "", "has no commit yet");
  (void)dir_.run("git -C long config core.repositoryFormatVersion 0");
  EXPECT_FALSE(find_repository((dir_ / "long").string())) << "git takes ids of SHA-256 in version 1 only";
}

}  // namespace
}  // namespace docteur
