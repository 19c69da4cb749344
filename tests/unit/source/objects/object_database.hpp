#pragma once
// An object database that a test fills with the program git.

#include <random>
#include <utility>
#include <vector>

#include "source/objects/git_objects.hpp"
#include "support/scratch.hpp"
#include "support/sources.hpp"

namespace docteur {

namespace fs = std::filesystem;

class object_database : public testing::Test {
 protected:
  object_database() {
    (void)dir_.run("export GIT_CONFIG_NOSYSTEM=1 HOME=$PWD; git init -q --bare g");
    open();
  }
  void open() {
    objects_.reset();
    objects_ = std::move(*git_objects::open((dir_ / "g/objects").native(), hash_kind::sha1));
  }
  std::string git(const std::string& arguments) {
    return dir_.run("export GIT_CONFIG_NOSYSTEM=1 HOME=$PWD GIT_DIR=$PWD/g; git " + arguments);
  }
  oid add_blob(const std::string& content) {
    dir_.write("content", content);
    return *parse_hex(git("hash-object -w content"), hash_kind::sha1);
  }
  fs::path loose(const oid& id) {
    const std::string hex = hex_text(id);
    return dir_ / ("g/objects/" + hex.substr(0, 2) + "/" + hex.substr(2));
  }
  // Packs `ids` and drops their loose copies.
  fs::path pack(const std::vector<oid>& ids, const std::string& options) {
    std::string list;
    for (const oid& id : ids) list += hex_text(id) + "\n";
    dir_.write("list", list);
    const std::string name = git("pack-objects -q " + options + " g/objects/pack/pack <list");
    for (const oid& id : ids) fs::remove(loose(id));
    open();
    return dir_ / ("g/objects/pack/pack-" + name + ".pack");
  }
  void expect_same(const oid& id, const std::string& content) {
    std::vector<std::byte> out;
    const auto type = objects_->read(id, out);
    ASSERT_TRUE(type) << type.error().why;
    EXPECT_EQ(*type, object_type::blob);
    EXPECT_TRUE(as_text(out) == content) << hex_text(id);
  }
  void expect_content(const oid& id, const std::string& content) {
    expect_same(id, content);
    const auto info = objects_->info(id);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->size, content.size());
    auto stream = objects_->open_stream(id);
    ASSERT_TRUE(stream) << stream.error().why;
    std::string streamed;
    std::vector<std::byte> piece(60'000);
    for (;;) {
      const auto n = (*stream)->read(piece);
      ASSERT_TRUE(n) << n.error().message;
      if (*n == 0) break;
      streamed += as_text(bytes(piece).first(*n));
    }
    EXPECT_TRUE(streamed == content) << hex_text(id);
  }
  static std::string random_text(std::size_t size) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>(random());
    return text;
  }

  // Overwrites bytes of a file that git made, which is not writable.
  static void damage(const fs::path& path, std::uint64_t at, const std::string& content) {
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << content;
  }
  // Where the object's entry begins in the only PACK.
  std::uint64_t offset_of(const oid& id) {
    return std::stoull(git("show-index <$(ls g/objects/pack/*.idx) | grep " + hex_text(id) + " | cut -d' ' -f1"));
  }
  object_fault fault_of(const oid& id) {
    std::vector<std::byte> out;
    const auto read = objects_->read_verified(id, out);
    EXPECT_FALSE(read);
    return read ? object_fault{} : read.error();
  }

  scratch dir_;
  std::unique_ptr<git_objects> objects_;
};

}  // namespace docteur
