#include "source/repository/module_index.hpp"

#include <filesystem>

#include "support/scratch.hpp"
#include "support/sources.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kModules = 100;

std::string number(unsigned i) { return std::to_string(1000 + i); }
oid commit_of(unsigned i) { return *parse_hex(std::string(36, 'a') + number(i), hash_kind::sha1); }

// Modules that are told apart by what they say of themselves, without objects.
class ModuleIndex : public testing::Test {
 protected:
  ModuleIndex() {
    for (unsigned i = 0; i < kModules; ++i) {
      const std::string module = "r/.git/modules/name-" + number(i);
      fs::create_directories(dir_ / (module + "/objects"));
      dir_.write(module + "/HEAD", hex_text(commit_of(i)) + "\n");
      dir_.write(module + "/config", "[core]\n\tworktree = ../../../lib/" + number(i) + "\n");
    }
  }
  [[nodiscard]] repository_place place() const {
    const std::string git = fs::canonical(dir_ / "r/.git").native();
    return {git, git, {}};
  }
  static std::string name_of(const module_repository* m) { return fs::path(m->path()).filename().native(); }

  scratch dir_;
};

TEST_F(ModuleIndex, TheFirstThatIsLookedIntoIsTheRightOne) {
  module_index index(place());
  for (unsigned i = 0; i < kModules; ++i) {
    const std::string name = "name-" + number(i);
    const auto by_commit = index.likely(commit_of(i), "moved");
    ASSERT_TRUE(by_commit && by_commit->size() == 1);
    EXPECT_EQ(name_of(by_commit->front()), name);
    const auto by_path = index.likely(oid{}, "lib/" + number(i));
    ASSERT_TRUE(by_path && by_path->size() == 1);
    EXPECT_EQ(name_of(by_path->front()), name);
  }
  EXPECT_TRUE(index.likely(oid{}, "nowhere")->empty());
  EXPECT_EQ(index.all().size(), kModules);
}

TEST_F(ModuleIndex, ModulesOfModulesAndNamesWithSlashes) {
  const std::string inner = "r/.git/modules/name-1000/modules/a/b";
  fs::create_directories(dir_ / (inner + "/objects"));
  dir_.write(inner + "/HEAD", "ref: refs/heads/main\n");
  dir_.write(inner + "/config", "[core]\n\tworktree = ../../../../../../lib/1000/deep\n");
  module_index index(place());
  const auto found = index.likely(oid{}, "lib/1000/deep");
  ASSERT_TRUE(found && found->size() == 1);
  EXPECT_EQ(name_of(found->front()), "b");
}

TEST_F(ModuleIndex, ObjectsAreOpenedOnce) {
  module_index index(place());
  const auto found = index.likely(commit_of(7), "");
  ASSERT_TRUE(found && found->size() == 1);
  const auto first = found->front()->objects(), second = found->front()->objects();
  ASSERT_TRUE(first && second && *first);
  EXPECT_EQ(*first, *second);
}

TEST_F(ModuleIndex, NoModules) {
  fs::remove_all(dir_ / "r/.git/modules");
  module_index index(place());
  EXPECT_TRUE(index.likely(commit_of(7), "lib/1007")->empty());
  EXPECT_TRUE(index.all().empty());
}

}  // namespace
}  // namespace docteur
