#include "builder/output_file.hpp"

#include <sys/stat.h>

#include "object/result.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

const std::array<std::byte, 20> kCommit{std::byte{0xaa}};
const image_header kHeader{oid::from(kCommit.data(), hash_kind::sha1), 0x1234};

outcome<void> finish(output_file& out) {
  DOCTEUR_CHECK(out.complete(kHeader));
  return out.publish();
}

std::string expected(std::string_view rest) {
  const auto head = encode_image_header(kHeader);
  return std::string(as_text(head)) + std::string(rest);
}

TEST(OutputFile, AppearsWhenItIsComplete) {
  const scratch dir;
  {
    const auto out = output_file::create(dir / "disk.img");
    ASSERT_TRUE(out) << out.error().message;
    ASSERT_TRUE((*out)->write(as_bytes("pack")));
    ASSERT_TRUE((*out)->write_zeros(3));
    EXPECT_EQ((*out)->size(), 35u);
    EXPECT_FALSE(fs::exists(dir / "disk.img"));
    ASSERT_TRUE(finish(**out));
  }
  EXPECT_EQ(file_content(dir / "disk.img"), expected(std::string("pack\0\0\0", 7)));
  EXPECT_EQ(dir.count(), 1u);
}

TEST(OutputFile, IsNotThereBeforeItIsPublished) {
  const scratch dir;
  dir.write("disk.img", "old");
  const auto out = output_file::create(dir / "disk.img");
  ASSERT_TRUE(out);
  ASSERT_TRUE((*out)->write(as_bytes(std::string(3u << 20, 'x'))));
  ASSERT_TRUE((*out)->complete(kHeader));
  EXPECT_EQ(file_content(dir / "disk.img"), "old");
  const auto digest = (*out)->sha256();
  ASSERT_TRUE((*out)->publish());
  EXPECT_EQ(digest.value_or(""), dir.run("sha256sum <disk.img").substr(0, 64));
}

TEST(OutputFile, LeavesNothingWhenItIsGivenUp) {
  const scratch dir;
  dir.write("old.img", "old");
  for (const char* const name : {"new.img", "old.img"}) {
    const auto out = output_file::create(dir / name);
    ASSERT_TRUE(out);
    ASSERT_TRUE((*out)->write(as_bytes(std::string(3u << 20, 'x'))));
  }
  EXPECT_EQ(dir.count(), 1u);
  EXPECT_EQ(file_content(dir / "old.img"), "old");
}

TEST(OutputFile, ReplacesAFileAndKeepsALinkToIt) {
  const scratch dir;
  dir.write("real/old.img", "old");
  fs::create_symlink("real/old.img", dir / "link.img");
  {
    const auto out = output_file::create(dir / "link.img");
    ASSERT_TRUE(out);
    ASSERT_TRUE((*out)->write(as_bytes("new")));
    ASSERT_TRUE(finish(**out));
  }
  EXPECT_TRUE(fs::is_symlink(dir / "link.img"));
  EXPECT_EQ(file_content(dir / "real/old.img"), expected("new"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir / "real"), {}), 1);
}

TEST(OutputFile, FollowsLinksThatLeadToNothing) {
  const scratch dir;
  fs::create_directory(dir / "real");
  fs::create_symlink("real/first", dir / "second");
  fs::create_symlink("../real/new.img", dir / "real/first");
  {
    const auto out = output_file::create(dir / "second");
    ASSERT_TRUE(out && finish(**out));
  }
  EXPECT_TRUE(fs::is_symlink(dir / "second") && fs::is_symlink(dir / "real/first"));
  EXPECT_EQ(file_content(dir / "real/new.img"), expected(""));
  fs::create_symlink("turn", dir / "around");
  fs::create_symlink("around", dir / "turn");
  const auto loop = output_file::create(dir / "turn");
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().who, blame::environment);
}

TEST(OutputFile, ReplacingKeepsPermissions) {
  const scratch dir;
  for (const mode_t mode : {0600u, 0640u, 0666u, 0755u}) {
    dir.write("disk.img", "old");
    ASSERT_EQ(::chmod((dir / "disk.img").c_str(), mode), 0);
    const auto out = output_file::create(dir / "disk.img");
    ASSERT_TRUE(out && finish(**out));
    struct stat st {};
    ASSERT_EQ(::stat((dir / "disk.img").c_str(), &st), 0);
    EXPECT_EQ(st.st_mode & 07777, mode);
    EXPECT_EQ(file_content(dir / "disk.img"), expected(""));
  }
}

TEST(OutputFile, PermissionsFollowTheUmask) {
  const scratch dir;
  const mode_t before = ::umask(027);
  const auto out = output_file::create(dir / "disk.img");
  ASSERT_TRUE(out && finish(**out));
  ::umask(before);
  struct stat st {};
  ASSERT_EQ(::stat((dir / "disk.img").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0640u);
}

TEST(OutputFile, ManyBuffersKeepTheirOrder) {
  const scratch dir;
  std::string content;
  {
    const auto out = output_file::create(dir / "disk.img");
    ASSERT_TRUE(out);
    for (int i = 0; content.size() < 5'000'000; ++i) {
      const std::string piece = std::to_string(i) + std::string(static_cast<std::size_t>(i), '-');
      ASSERT_TRUE((*out)->write(as_bytes(piece)));
      content += piece;
    }
    ASSERT_TRUE(finish(**out));
  }
  EXPECT_EQ(file_content(dir / "disk.img"), expected(content));
}

TEST(OutputFile, RefusesWhatCannotHoldAnImage) {
  const scratch dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  const auto blamed = [](const fs::path& target) {
    const auto out = output_file::create(target);
    return out ? blame{} : out.error().who;
  };
  EXPECT_EQ(blamed(dir / "pipe"), blame::usage);
  EXPECT_EQ(blamed(dir.path()), blame::usage);
  EXPECT_EQ(blamed(dir.path() + "/"), blame::usage);
  EXPECT_EQ(blamed(dir / "no/folder.img"), blame::environment);
}

TEST(OutputFile, ACharacterDeviceIsWrittenInPlace) {
  const auto out = output_file::create("/dev/null");
  ASSERT_TRUE(out) << out.error().message;
  ASSERT_TRUE((*out)->write(as_bytes("gone")));
  EXPECT_TRUE(finish(**out));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(OutputFile, AFullDeviceIsAFailure) {
  const auto out = output_file::create("/dev/full");
  ASSERT_TRUE(out);
  const auto done = finish(**out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().who, blame::environment);
  EXPECT_NE(done.error().message.find("/dev/full: No space left"), std::string::npos) << done.error().message;
}

}  // namespace
}  // namespace docteur
