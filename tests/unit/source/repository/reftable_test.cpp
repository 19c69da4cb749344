#include "source/repository/reftable.hpp"

#include <gtest/gtest.h>

#include "support/reftable_writer.hpp"
#include "support/sources.hpp"

namespace docteur {
namespace {

using options = reftable_writer::options;

oid id_of(hash_kind kind, unsigned n) {
  oid id(kind);
  for (std::size_t i = 0; i < id.view().size(); ++i) id.view()[i] = static_cast<std::byte>(n + i);
  return id;
}

std::string shown(std::string_view name, const std::optional<reference_value>& value) {
  return std::string(name) + " " + (!value ? "gone" : value->id ? hex_text(*value->id) : "-> " + value->target) + "\n";
}

// A line for each record, or the message; `found` may have lines before that.
std::string read_all(const std::string& table, hash_kind kind, std::string* found = nullptr) {
  std::string lines;
  const auto read = read_reftable(table_file(to_vector(table)), kind,
                                  [&](const reftable_record& r) { lines += shown(r.name, r.value); });
  if (found != nullptr) *found = lines;
  return read ? lines : read.error().why;
}

std::string padded(unsigned n) { return std::string(n < 10 ? "00" : n < 100 ? "0" : "") + std::to_string(n); }

// All types of values, with names that share much and little.
std::vector<written_record> many(hash_kind kind, unsigned count) {
  std::vector<written_record> all{{"HEAD", reference_value{std::nullopt, "refs/heads/main"}, {}}};
  for (unsigned i = 0; i < count; ++i) {
    written_record r{"refs/heads/" + padded(i) + std::string(i % 7, 'x'), {}, {}};
    if (i % 5 != 1) r.value = reference_value{id_of(kind, i), {}};
    if (i % 5 == 2) r.peeled = id_of(kind, i + 1);
    if (i % 5 == 3) r.value = reference_value{std::nullopt, "refs/heads/" + padded(i + 1)};
    all.push_back(r);
  }
  all.push_back({"refs/tags/\xff\xfe", reference_value{id_of(kind, 200), {}}, {}});  // git allows any bytes
  return all;
}

std::string write(const options& how, const std::vector<written_record>& records) {
  reftable_writer writer(how);
  for (const written_record& r : records) writer.add(r);
  return writer.finish();
}

std::string listed(const std::vector<written_record>& records) {
  std::string lines;
  for (const written_record& r : records) lines += shown(r.name, r.value);
  return lines;
}

TEST(Reftable, KindsVersionsBlocksAndRestarts) {
  for (const auto& [kind, version] : {std::pair{hash_kind::sha1, 1u}, {hash_kind::sha1, 2u}, {hash_kind::sha256, 2u}})
    for (const unsigned count : {0u, 1u, 17u, 300u})
      for (const std::size_t block_size : {std::size_t{0}, std::size_t{256}, std::size_t{4096}})
        for (const std::size_t interval : {std::size_t{1}, std::size_t{2}, std::size_t{16}, std::size_t{1000}}) {
          const auto records = many(kind, count);
          const options how{kind, version, block_size, 300, interval};
          EXPECT_EQ(read_all(write(how, records), kind), listed(records))
              << count << " references, version " << version << ", blocks of " << block_size << ", " << interval;
        }
}

TEST(Reftable, AnEmptyTableHasNothing) {
  for (const hash_kind kind : {hash_kind::sha1, hash_kind::sha256}) EXPECT_EQ(read_all(write({kind}, {}), kind), "");
}

TEST(Reftable, OtherSectionsArePassedOver) {
  const auto records = many(hash_kind::sha1, 20);
  for (const std::size_t block_size : {std::size_t{0}, std::size_t{512}}) {
    for (const bool has_index : {false, true})
      for (const bool has_objects : {false, true})
        for (const bool has_logs : {false, true}) {
          reftable_writer writer({.block_size = block_size});
          for (const written_record& r : records) writer.add(r);
          std::string behind;
          std::vector<std::uint64_t> positions(5);
          const std::size_t end = writer.end_refs();
          const auto add = [&](std::size_t i, char type, unsigned shift) {
            positions[i] = (end + behind.size()) << shift;
            behind += type + std::string("???\0garbage", 11);
          };
          if (has_index) behind += "i of a lower level";
          if (has_index) add(0, 'i', 0);
          if (has_objects) add(1, 'o', 5);
          if (has_logs) add(3, 'g', 0);
          EXPECT_EQ(read_all(writer.finish(behind, positions), hash_kind::sha1), listed(records));
        }
  }
  EXPECT_EQ(read_all(reftable_writer({}).finish("g log", {0, 0, 0, 0, 0}), hash_kind::sha1), "");
  EXPECT_EQ(read_all(reftable_writer({}).finish("g log", {0, 0, 0, 24, 0}), hash_kind::sha1), "");
}

TEST(Reftable, SectionsThatAreNotWhereTheFooterSays) {
  const auto read = [](const std::string& behind, const std::vector<std::uint64_t>& positions) {
    reftable_writer writer({});
    writer.add({"x", reference_value{id_of(hash_kind::sha1, 1), {}}, {}});
    return read_all(writer.finish(behind, positions), hash_kind::sha1);
  };
  const std::string good = shown("x", reference_value{id_of(hash_kind::sha1, 1), {}});
  constexpr std::uint64_t kEnd = 24 + 4 + 4 + 20 + 3 + 2;
  const std::string other = ", at byte " + std::to_string(kEnd);
  EXPECT_EQ(read("", {0, 0, 0, 0, 0}), good);
  EXPECT_EQ(read("i000", {kEnd, 0, 0, 0, 0}), good);
  EXPECT_EQ(read("i000i000", {kEnd + 4, 0, 0, 0, 0}), good);
  for (const char type : {'i', 'o', 'g', 'R', 'x'})
    EXPECT_EQ(read(std::string(1, type) + "000", {0, 0, 0, 0, 0}),
              "is damaged: a block of a kind that cannot be there" + other)
        << type;
  for (const std::vector<std::uint64_t>& positions : std::vector<std::vector<std::uint64_t>>{
           {kEnd - 1, 0, 0, 0, 0}, {0, kEnd << 5, 0, 0, 0}, {0, 0, 0, kEnd, 0}, {0, 0, kEnd, 0, 0}})
    EXPECT_EQ(read("i000", positions), "is damaged: a block of a kind that cannot be there" + other);
  for (const std::vector<std::uint64_t>& positions :
       std::vector<std::vector<std::uint64_t>>{{kEnd + 4, 0, 0, 0, 0},
                                               {1, 0, 0, 0, 0},
                                               {kEnd, kEnd << 5, 0, 0, 0},
                                               {kEnd, 0, 0, 0, kEnd - 1},
                                               {~std::uint64_t{0}, 0, 0, 0, 0},
                                               {0, ~std::uint64_t{0}, 0, 0, 0}})
    EXPECT_EQ(read("i000", positions), "is damaged: a section is not where one can be");
  EXPECT_EQ(read("", {30, 0, 0, 0, 0}), "is damaged: its footer has a section that is not there");
}

TEST(Reftable, ATableOfTheOtherKindOrVersionIsRefused) {
  EXPECT_EQ(read_all(write({hash_kind::sha1}, {}), hash_kind::sha256),
            "holds sha1 ids, and the repository has sha256 ids");
  EXPECT_EQ(read_all(write({hash_kind::sha256}, {}), hash_kind::sha1),
            "holds sha256 ids, and the repository has sha1 ids");
  std::string table = write({hash_kind::sha256}, {});
  EXPECT_EQ(read_all(resealed(table.replace(24, 4, "sha3")), hash_kind::sha256),
            "is damaged: it has ids of an unknown kind");
  table[4] = 3;
  EXPECT_EQ(read_all(table, hash_kind::sha256), "is a reftable of version 3; 1 and 2 are known");
  table[0] = 'r';
  EXPECT_EQ(read_all(table, hash_kind::sha256), "is damaged: it is not a reftable");
}

// A sound table that is cut, or with any byte changed, is an error, or has the same references but for an id or a name.
TEST(Reftable, DamageAnywhere) {
  for (const hash_kind kind : {hash_kind::sha1, hash_kind::sha256}) {
    const auto records = many(kind, 12);
    const std::string table = write({kind, 0, 256, 0, 4}, records);
    for (std::size_t n = 0; n < table.size(); ++n)
      EXPECT_TRUE(read_all(table.substr(0, n), kind).starts_with("is damaged: ")) << n << " bytes";
    for (std::size_t at = 0; at < table.size(); ++at) {
      std::string changed = table;
      changed[at] = static_cast<char>(changed[at] ^ 0x40);
      const std::string said = read_all(changed, kind);
      const bool is_in_records = at >= (kind == hash_kind::sha1 ? 28u : 32u) && at < table.size() - 68;
      EXPECT_TRUE(is_in_records || said.starts_with("is ")) << "byte " << at << ": " << said;
    }
    EXPECT_EQ(read_all(table.substr(0, table.size() - 1) + '!', kind),
              "is damaged: the checksum of its footer does not match");
    std::string other = table;
    other[10] ^= 1;  // min_update_index
    EXPECT_EQ(read_all(other, kind), "is damaged: its first update is after its last one");
    other = table;
    other[20] ^= 1;  // max_update_index
    EXPECT_EQ(read_all(other, kind), "is damaged: its footer does not repeat its header");
  }
}

// A table of one block with these bytes behind its 'r' and length.
std::string one_block(const std::string& records, const std::vector<std::size_t>& restarts) {
  std::string body = records;
  for (const std::size_t r : restarts) body += be(r, 3);
  body += be(restarts.size(), 2);
  return reftable_writer({}).finish("r" + be(28 + body.size(), 3) + body);
}

std::string record(unsigned shared, const std::string& suffix, unsigned type, const std::string& value) {
  return reftable_varint(shared) + reftable_varint(suffix.size() << 3 | type) + suffix + '\0' + value;
}

TEST(Reftable, BlocksThatBreakARule) {
  const std::string id(20, 'i');
  const std::string a = record(0, "aa", 1, id);
  const auto said = [](const std::string& records, const std::vector<std::size_t>& restarts) {
    return read_all(one_block(records, restarts), hash_kind::sha1);
  };
  const auto damage = [](const std::string& why, std::size_t at) {
    return "is damaged: " + why + ", at byte " + std::to_string(at);
  };
  const std::size_t second = 28 + a.size();
  EXPECT_EQ(said(a + record(1, "b", 1, id), {28}).substr(0, 3), "aa ");
  EXPECT_EQ(said(a + record(0, "ab", 1, id), {28, second}).substr(0, 3), "aa ");
  EXPECT_EQ(said(a + record(0, "ab", 1, id), {28}).substr(0, 3), "aa ");  // nothing shared, and no restart: allowed

  EXPECT_EQ(said(a, {}), damage("a block has no restarts", second));
  EXPECT_EQ(said("", {28}), damage("a restart is not at a record", 28));
  EXPECT_EQ(said(a, {29}), damage("the first record of a block is not a restart", 28));
  for (const std::size_t r : {std::size_t{0}, std::size_t{28}, second - 1, second, second + 8, std::size_t{0xffffff}})
    EXPECT_EQ(said(a, {28, r}), damage("a restart is not at a record", second)) << r;
  EXPECT_EQ(said(a + record(1, "b", 1, id), {28, second}),
            damage("a name shares more than there is before it", second));
  EXPECT_EQ(said(a + record(3, "b", 1, id), {28}), damage("a name shares more than there is before it", second));
  EXPECT_EQ(said(record(1, "a", 1, id), {28}), damage("a name shares more than there is before it", 28));

  for (const auto& [shared, suffix] :
       {std::pair{0u, "aa"}, {1u, "a"}, {2u, ""}, {0u, "a"}, {0u, ""}, {1u, "A"}, {1u, ""}})
    EXPECT_EQ(said(a + record(shared, suffix, 1, id), {28}), damage("names are not in ascending order", second));
  EXPECT_EQ(said(record(0, "", 1, id), {28}), damage("names are not in ascending order", 28));
  EXPECT_EQ(said(record(0, std::string("a\0b", 3), 1, id), {28}), damage("a name has NUL in it", 28));
  EXPECT_TRUE(said(record(0, "\xff\x80\x01", 1, id), {28}).starts_with("\xff\x80\x01 "));

  for (unsigned type = 4; type < 8; ++type)
    EXPECT_EQ(said(record(0, "a", type, id), {28}), damage("a value of unknown type", 32));
  for (const std::string& target : {std::string(), std::string("a\0", 2)})
    EXPECT_EQ(said(record(0, "a", 3, reftable_varint(target.size()) + target), {28}),
              damage("a symbolic reference points to no name", 32));
  EXPECT_EQ(said(record(0, "a", 3, reftable_varint(9) + "target"), {28}), damage("field runs past the end", 33));
  EXPECT_EQ(said(record(0, "a", 1, id.substr(1)), {28}), damage("field runs past the end", 32));
  EXPECT_EQ(said(record(0, "a", 2, id), {28}), damage("field runs past the end", 52));
  EXPECT_EQ(said(std::string("\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 12) + id, {28}),
            damage("a number is over 64 bits", 38));
  EXPECT_EQ(said(std::string("\0\xff\x7f", 3) + id, {28}), damage("field runs past the end", 31));
}

TEST(Reftable, LengthsAndPadding) {
  const auto records = many(hash_kind::sha1, 20);
  const std::string table = write({.block_size = 256}, records);
  const auto with = [&](std::size_t at, const std::string& what) {
    std::string changed = table;
    return read_all(changed.replace(at, what.size(), what), hash_kind::sha1);
  };
  EXPECT_EQ(with(25, be(257, 3)), "is damaged: a block is larger than blocks of this file are, at byte 0");
  EXPECT_EQ(with(25, be(0xffffff, 3)), "is damaged: a block is cut, at byte 0");
  EXPECT_EQ(with(25, be(24, 3)), "is damaged: a block is too short, at byte 0");
  ASSERT_EQ(table[255], '\0');  // the last byte of padding
  EXPECT_EQ(with(255, "x"), "is damaged: padding is not zero, at byte " +
                                std::to_string(load_be<std::uint32_t>(to_vector(table).data() + 24) & 0xffffff));
  // Blocks that follow each other at once, though the header has a size.
  std::string tight = write({.most = 256}, records);
  EXPECT_EQ(read_all(resealed(tight.replace(5, 3, be(256, 3))), hash_kind::sha1), listed(records));
  // Padding behind the last block.
  std::string one = write({.block_size = 4096}, many(hash_kind::sha1, 2));
  const std::size_t end = one.size() - 68;
  EXPECT_EQ(read_all(one.insert(end, 4096 - end, '\0'), hash_kind::sha1), listed(many(hash_kind::sha1, 2)));
  EXPECT_EQ(read_all(one.erase(end, 1), hash_kind::sha1), "is damaged: padding is cut, at byte " + std::to_string(end));
}

// Names must ascend from block to block, too.
TEST(Reftable, OrderOfBlocks) {
  const auto block = [](const std::string& name, std::size_t skipped) {
    const std::string body = record(0, name, 0, "") + be(skipped + 4, 3) + be(1, 2);
    return "r" + be(skipped + 4 + body.size(), 3) + body;
  };
  EXPECT_EQ(read_all(reftable_writer({}).finish(block("a", 24) + block("b", 0)), hash_kind::sha1), "a gone\nb gone\n");
  for (const std::string name : {"b", "a", "B"})
    EXPECT_EQ(read_all(reftable_writer({}).finish(block("b", 24) + block(name, 0)), hash_kind::sha1),
              "is damaged: names are not in ascending order, at byte 41");
}

}  // namespace
}  // namespace docteur
