// What git reads although a copy is damaged is read, and what nobody can read is a fault that names the file.
#include <fcntl.h>
#include <sys/stat.h>

#include "unit/source/objects/object_database.hpp"

namespace docteur {
namespace {

class ObjectDamage : public object_database {
 protected:
  // A base and two objects after it in one chain of deltas, in the only PACK. Loose copies lie in copies_.
  void make_chain() {
    std::string text = random_text(3000);
    for (int i = 0; i < 3; ++i) {
      contents_.push_back(text);
      ids_.push_back(add_blob(text));
      text += "some more";
    }
    std::string stream;
    for (const std::string& content : contents_)
      stream += "blob\ndata " + std::to_string(content.size()) + "\n" + content + "\n";
    dir_.write("stream", stream);
    (void)git("-c fastimport.unpackLimit=0 fast-import --quiet <stream");
    fs::create_directories(dir_ / "copies");
    for (const oid& id : ids_) fs::rename(loose(id), dir_ / "copies" / hex_text(id));
    EXPECT_EQ(git("verify-pack -v $(ls g/objects/pack/*.idx) | grep -c 'chain length = 2: 1'"), "1");
    pack_ = dir_.run("ls $PWD/g/objects/pack/*.pack");
    open();
  }
  void restore(const oid& id) {
    fs::create_directories(loose(id).parent_path());
    fs::copy_file(dir_ / "copies" / hex_text(id), loose(id));
  }

  std::vector<std::string> contents_;
  std::vector<oid> ids_;
  fs::path pack_;
};

TEST_F(ObjectDamage, ABaseThatIsWholeElsewhere) {
  make_chain();
  damage(pack_, offset_of(ids_[0]), std::string(1, '\0'));
  open();
  EXPECT_NE(fault_of(ids_[2]).why.find(pack_.native()), std::string::npos);
  restore(ids_[0]);
  for (int i = 2; i >= 0; --i) expect_same(ids_[static_cast<std::size_t>(i)], contents_[static_cast<std::size_t>(i)]);
}

TEST_F(ObjectDamage, ADeltaOnTheWayThatIsWholeElsewhere) {
  make_chain();
  // In its zlib stream: found when the delta's turn comes.
  damage(pack_, offset_of(ids_[1]) + 5, "damage");
  open();
  (void)fault_of(ids_[2]);
  restore(ids_[1]);
  expect_same(ids_[2], contents_[2]);
  open();
  expect_same(ids_[1], contents_[1]);
}

TEST_F(ObjectDamage, ABaseThatIsWholeInAnAlternate) {
  make_chain();
  damage(pack_, offset_of(ids_[0]), std::string(1, '\0'));
  (void)dir_.run("git init -q --bare h; echo ../../h/objects >g/objects/info/alternates");
  restore(ids_[0]);
  const fs::path there = dir_ / "h/objects" / loose(ids_[0]).parent_path().filename();
  fs::rename(loose(ids_[0]).parent_path(), there);
  open();
  expect_same(ids_[2], contents_[2]);
}

TEST_F(ObjectDamage, CopiesThatNeedEachOtherEnd) {
  make_chain();
  const std::uint64_t base = offset_of(ids_[0]);
  (void)dir_.run("mkdir h; cp g/objects/pack/*.pack h/a.pack; cp g/objects/pack/*.idx h/a.idx; mv h/* g/objects/pack");
  for (const fs::path& name : {fs::path("a.pack"), pack_.filename()})
    damage(dir_ / "g/objects/pack" / name, base, std::string(1, '\0'));
  open();
  EXPECT_FALSE(fault_of(ids_[2]).missing);
}

TEST_F(ObjectDamage, WildOffsetsOfAnIdx) {
  make_chain();
  const fs::path idx = fs::path(pack_).replace_extension(".idx");
  const std::uint64_t offsets = 8 + 1024 + 24 * ids_.size();
  const std::string good = file_content(idx);
  for (std::size_t i = 0; i < ids_.size(); ++i)
    for (const std::string& wild :
         {std::string("\0\377\0\0", 4), std::string("\0\0\0\1", 4), std::string("\377\0\0\0", 4)}) {
      damage(idx, 0, good);
      damage(idx, offsets + 4 * i, wild);
      open();
      unsigned faults = 0;
      std::vector<std::byte> out;
      for (const oid& id : ids_) {
        const auto read = objects_->read_verified(id, out);
        faults += read ? 0 : 1;
        EXPECT_TRUE(read || !read.error().missing);
        (void)objects_->info(id);
        (void)objects_->open_stream(id);
      }
      EXPECT_GE(faults, 1u);
    }
}

TEST_F(ObjectDamage, TheCopyWithTheRightContentIsTaken) {
  // A whole object of another content under the id: nothing but the id tells.
  const std::string right = random_text(20'000'000), wrong = random_text(20'000'001);
  const oid id = add_blob(right), other = add_blob(wrong);
  pack({id}, "--compression=0");
  fs::create_directories(loose(id).parent_path());
  fs::copy_file(loose(other), loose(id));
  std::vector<std::byte> out;
  ASSERT_TRUE(objects_->read_verified(id, out));
  EXPECT_TRUE(as_text(out) == right);
  // The PACK's copy is the wrong one, and it is looked at first.
  const fs::path good = dir_ / "good";
  fs::remove_all(dir_ / "g/objects/pack");
  fs::remove(loose(id));
  add_blob(right);
  fs::copy_file(loose(id), good);
  damage(pack({id}, "--compression=0"), 12 + 4 + 30, "different");
  open();
  EXPECT_FALSE(objects_->read_verified(id, out));
  fs::create_directories(loose(id).parent_path());
  fs::rename(good, loose(id));
  ASSERT_TRUE(objects_->read_verified(id, out));
  EXPECT_TRUE(as_text(out) == right);
  auto stream = objects_->open_stream(id);
  ASSERT_TRUE(stream) << stream.error().why;
  out.resize(64);
  ASSERT_EQ((*stream)->read(out), 64u);
  EXPECT_TRUE(as_text(out) == right.substr(0, 64));
}

// Two PACKs have each object; the size in one entry's header is wrong, but could be true.
class WrongSize : public ObjectDamage {
 protected:
  void make_packs(const std::vector<std::string>& contents, const std::string& second) {
    contents_ = contents;
    for (const std::string& content : contents) ids_.push_back(add_blob(content));
    std::string list;
    for (const oid& id : ids_) list += hex_text(id) + "\n";
    dir_.write("ids", list);
    for (const std::string& options : {std::string("--compression=9"), "--no-reuse-object " + second})
      packs_.push_back(
          dir_ / ("g/objects/pack/pack-" + git("pack-objects -q " + options + " g/objects/pack/pack <ids") + ".pack"));
    ASSERT_NE(packs_[0], packs_[1]);
    for (const oid& id : ids_) fs::remove(loose(id));
  }
  void change_size(const fs::path& pack, const oid& id, int bits) {
    const std::uint64_t at = std::stoull(git("show-index <" + fs::path(pack).replace_extension(".idx").native() +
                                             " | grep " + hex_text(id) + " | cut -d' ' -f1"));
    damage(pack, at, std::string(1, static_cast<char>(file_content(pack)[at] ^ bits)));
  }
  // `bits`: of the first byte of the header.
  void expect_good_with(const fs::path& pack, const oid& id, int bits) {
    change_size(pack, id, bits);
    open();
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      expect_content(ids_[i], contents_[i]);
      std::vector<std::byte> out;
      const auto read = objects_->read_verified(ids_[i], out);
      ASSERT_TRUE(read) << read.error().why;
      EXPECT_EQ(*read, object_type::blob);
    }
    change_size(pack, id, bits);
  }
  std::vector<fs::path> packs_;
};

TEST_F(WrongSize, OfWholeObjects) {
  make_packs({random_text(5), random_text(3000), random_text(17'000'000)}, "--compression=0");
  for (const fs::path& pack : packs_)
    for (const oid& id : ids_) expect_good_with(pack, id, 1);
}

TEST_F(WrongSize, OfDeltasAndTheirBases) {
  const std::string text = random_text(3000);
  make_packs({text, text + "more", text + "more and more"}, "--depth=0");
  EXPECT_EQ(git("verify-pack -v " + packs_[0].native() + " | grep -c '^chain length = 1'"), "1");
  for (const fs::path& pack : packs_)
    for (const oid& id : ids_) expect_good_with(pack, id, 1);
}

TEST_F(WrongSize, BehindAMultiPackIndex) {
  make_packs({random_text(3000), random_text(3001)}, "--compression=0");
  (void)git("multi-pack-index write");
  for (const fs::path& pack : packs_)
    for (const oid& id : ids_) expect_good_with(pack, id, 1);
}

TEST_F(WrongSize, ALooseCopyIsRight) {
  make_packs({random_text(3000)}, "--compression=0");
  (void)dir_.run("mv g/objects/pack h");
  fs::create_directories(dir_ / "g/objects/pack");
  add_blob(contents_[0]);
  for (const char* const end : {".pack", ".idx"}) {
    const fs::path path = fs::path(packs_[0]).replace_extension(end);
    fs::rename(dir_ / "h" / path.filename(), path);
  }
  expect_good_with(packs_[0], ids_[0], 1);
}

TEST_F(WrongSize, OfAllCopies) {
  make_packs({random_text(3000)}, "--compression=0");
  change_size(packs_[0], ids_[0], 1);
  change_size(packs_[1], ids_[0], 2);
  open();
  EXPECT_FALSE(fault_of(ids_[0]).missing);
  EXPECT_TRUE(objects_->info(ids_[0]));
}

TEST_F(WrongSize, OrAWrongType) {
  make_packs({random_text(3000), random_text(3001)}, "--compression=0");
  for (const fs::path& pack : packs_)
    for (const oid& id : ids_) {
      change_size(pack, id, 0x10);  // a tree
      open();
      const auto info = objects_->info(id);
      ASSERT_TRUE(info);
      EXPECT_EQ(info->type, object_type::blob);
      std::vector<std::byte> out;
      EXPECT_TRUE(objects_->read_checked(id, object_type::blob, out));
      change_size(pack, id, 0x10);
    }
}

TEST_F(ObjectDamage, ChainsThatGoRound) {
  // Two REF deltas, each on the other: what is between them does not matter.
  const oid a = oid::from(as_bytes("aaaaaaaaaaaaaaaaaaaa").data(), hash_kind::sha1),
            b = oid::from(as_bytes("bbbbbbbbbbbbbbbbbbbb").data(), hash_kind::sha1);
  dir_.write("make.py", R"(
import hashlib, struct, zlib
a, b = b'a' * 20, b'b' * 20
delta = zlib.compress(b'\x01\x01\x90\x01')
pack = b'PACK' + struct.pack('>II', 2, 2)
at = []
for base in (b, a):
    at.append(len(pack))
    pack += b'\x74' + base + delta
trailer = hashlib.sha1(pack).digest()
open('g/objects/pack/pack-x.pack', 'wb').write(pack + trailer)
idx = b'\xfftOc' + struct.pack('>I', 2)
idx += b''.join(struct.pack('>I', (i >= 97) + (i >= 98)) for i in range(256)) + a + b
idx += bytes(8) + struct.pack('>II', *at) + trailer
open('g/objects/pack/pack-x.idx', 'wb').write(idx + hashlib.sha1(idx).digest())
)");
  (void)dir_.run("python3 make.py");
  open();
  for (const oid& id : {a, b}) EXPECT_NE(fault_of(id).why.find("too long"), std::string::npos) << fault_of(id).why;
}

TEST_F(ObjectDamage, FilesThatAreNoFiles) {
  make_chain();
  const std::string folder = (dir_ / "g/objects/pack/").native();
  const oid loose_one = add_blob("loose");
  const fs::path idx = fs::path(pack_).replace_extension(".idx");
  fs::rename(pack_, dir_ / "kept.pack");
  ASSERT_EQ(::mkfifo(pack_.c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((folder + "pack-0.idx").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", folder + "multi-pack-index");
  fs::create_directories(dir_ / "g/objects/info");
  fs::create_symlink("/dev/zero", dir_ / "g/objects/info/alternates");
  open();
  expect_same(loose_one, "loose");
  EXPECT_EQ(fault_of(ids_[0]).why, "is not a regular file (" + pack_.native() + ")");
  const object_fault absent = fault_of(oid{});
  EXPECT_FALSE(absent.missing);
  EXPECT_EQ(absent.why, "is not found, and " + folder + "multi-pack-index is not a regular file");
  fs::remove(loose(loose_one));
  ASSERT_EQ(::mkfifo(loose(loose_one).c_str(), 0600), 0);
  EXPECT_EQ(fault_of(loose_one).why, "is not a regular file (" + loose(loose_one).native() + ")");
}

TEST_F(ObjectDamage, FilesThatShrink) {
  make_chain();
  const fs::path idx = fs::path(pack_).replace_extension(".idx");
  std::vector<std::byte> out;
  ASSERT_TRUE(objects_->info(ids_[0]));
  fs::permissions(idx, fs::perms::owner_write, fs::perm_options::add);
  fs::resize_file(idx, 1040);
  const auto read = objects_->read(ids_[2], out);
  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().missing);
  EXPECT_NE(read.error().why.find(".idx"), std::string::npos) << read.error().why;
}

}  // namespace
}  // namespace docteur
