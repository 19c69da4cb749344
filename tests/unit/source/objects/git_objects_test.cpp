#include <fstream>

#include "unit/source/objects/object_database.hpp"

namespace docteur {
namespace {

using GitObjects = object_database;

TEST_F(GitObjects, ContentsOfAllSizes) {
  std::vector<std::pair<oid, std::string>> all;
  for (const std::size_t size : {0u, 1u, 100u, 4095u, 4096u, 4097u, 65'536u, 300'000u, 5'000'000u}) {
    all.emplace_back(add_blob(random_text(size)), random_text(size));
    if (size > 0) all.emplace_back(add_blob(std::string(size, 'z')), std::string(size, 'z'));
  }
  for (const auto& [id, content] : all) expect_content(id, content);
  std::vector<oid> ids;
  for (const auto& [id, content] : all) ids.push_back(id);
  pack(ids, "--window=0 --compression=0");
  for (const auto& [id, content] : all) expect_content(id, content);
  pack(ids, "--window=0 --compression=9");
  for (const auto& [id, content] : all) expect_content(id, content);
}

TEST_F(GitObjects, LongChainsOfDeltas) {
  // git fast-import makes each blob a delta of the one before.
  std::vector<std::pair<oid, std::string>> all;
  std::string stream, list, text = random_text(2000);
  for (int i = 0; i < 1500; ++i) {
    text += std::to_string(i);
    text[static_cast<std::size_t>(i)] = 'x';
    stream += "blob\ndata " + std::to_string(text.size()) + "\n" + text + "\n";
    all.emplace_back(object_id(hash_kind::sha1, object_type::blob, as_bytes(text)), text);
    if (i < 50) list += hex_text(all.back().first) + "\n";
  }
  dir_.write("stream", stream);
  dir_.write("list", list);
  (void)git("-c fastimport.unpackLimit=0 fast-import --quiet --depth=4095 <stream");
  EXPECT_NE(git("verify-pack -v g/objects/pack/*.idx | grep -c 'chain length = 1[0-9][0-9][0-9]:'"), "0");
  open();
  for (std::size_t i = 0; i < all.size(); i += 1 + i / 20) expect_content(all[i].first, all[i].second);
  for (std::size_t i = all.size(); i > 0; i -= 1 + i / 20) expect_content(all[i - 1].first, all[i - 1].second);

  // The same without OFS deltas.
  (void)git("pack-objects -q --window=50 --no-reuse-delta pack <list");
  (void)dir_.run("rm g/objects/pack/*; mv pack-* g/objects/pack");
  open();
  for (std::size_t i = 0; i < 50; ++i) expect_content(all[i].first, all[i].second);
}

TEST_F(GitObjects, ADamagedCopyIsPassedOver) {
  const std::string content = random_text(3000) + std::string(30'000, 'q');
  const oid id = add_blob(content);
  fs::copy_file(loose(id), dir_ / "copy");
  const fs::path path = pack({id}, "");
  fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(400);
    file << "damage";
  }
  open();
  std::vector<std::byte> out;
  EXPECT_FALSE(objects_->read(id, out));
  fs::create_directories(loose(id).parent_path());
  fs::copy_file(dir_ / "copy", loose(id));
  expect_same(id, content);
  fs::resize_file(path, 400);
  open();
  expect_same(id, content);
}

TEST_F(GitObjects, DamagedFilesAreFaults) {
  // Deflated, and without runs: in a run of one byte a damaged distance still finds the right byte.
  std::string content = random_text(20'000);
  for (char& c : content) c = "0123456789abcdef"[static_cast<unsigned char>(c) % 16];
  const oid id = add_blob(content);
  const std::string good = file_content(loose(id));
  std::vector<std::byte> out;
  fs::permissions(loose(id), fs::perms::owner_write, fs::perm_options::add);
  const auto write = [&](const std::string& bytes) { std::ofstream(loose(id), std::ios::binary) << bytes; };
  for (std::size_t n = 0; n < good.size(); n += 1 + n / 5) {
    write(good.substr(0, n));
    const auto read = objects_->read(id, out);
    ASSERT_FALSE(read) << "the first " << n << " bytes of " << good.size();
    EXPECT_FALSE(read.error().missing);
  }
  for (std::size_t at = 0; at < good.size(); at += 1 + at / 5) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    write(bad);
    const auto read = objects_->read(id, out);
    EXPECT_FALSE(read && object_id(hash_kind::sha1, *read, out) == id) << "byte " << at;
  }
  write(good);
  expect_content(id, content);
  EXPECT_TRUE(objects_->read(oid{}, out).error().missing);
}

}  // namespace
}  // namespace docteur
