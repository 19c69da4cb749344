#include "pack/writer.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "pack/compressor.hpp"
#include "pack/entry.hpp"
#include "support/memory_source.hpp"

using namespace docteur;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLarge = 200'000;  // bytes: blobs this large or larger are large here

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string prose(std::size_t lines, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += "line " + std::to_string(random() % 100'000) + " of the text\n";
  return text;
}

// Versions of a few files, so that deltas pay, and some special ones.
std::map<std::string, std::string> sample_files() {
  std::map<std::string, std::string> files;
  for (unsigned family = 0; family < 4; ++family) {
    std::string text = prose(300, family);
    for (unsigned version = 0; version < 12; ++version) {
      text.insert((version * 977) % text.size(), "changed in version " + std::to_string(version) + "\n");
      files["d" + std::to_string(family) + "/v" + std::to_string(version)] = text;
    }
  }
  files["empty"] = "";
  files["one"] = "x";
  files["noise"] = noise(70'000, 1);
  files["large/prose"] = prose(20'000, 9);
  files["large/noise"] = noise(300'000, 2);
  return files;
}

struct scratch_directory {
  scratch_directory() {
    std::string name = (fs::temp_directory_path() / "docteur-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~scratch_directory() { fs::remove_all(path); }
  fs::path path;
};

// Returns what the command prints; its exit status must be 0.
std::string run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 65536> piece;
  for (std::size_t n; (n = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) text.append(piece.data(), n);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text;
  return text;
}

pack_options small_options(unsigned threads = 2) {
  pack_options options;
  options.threads = threads;
  options.large_blob = kLarge;
  options.restart_interval = 64 << 10;
  return options;
}

// Indexes the PACK with git in a new repository.
void hand_to_git(bytes pack, const fs::path& where) {
  std::ofstream(where / "p.pack", std::ios::binary).write(as_text(pack).data(), static_cast<long>(pack.size()));
  run("cd " + where.string() + " && git init -q --bare r && git -C r index-pack --strict --stdin < p.pack");
}

}  // namespace

TEST(PackWriter, GitAcceptsThePackAndReadsTheSameBytes) {
  const memory_source source(sample_files());
  memory_sink sink;
  progress quiet;
  const auto written = write_pack(source, sink, small_options(), quiet);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->size, sink.view().size());
  EXPECT_EQ(written->entries.size(), source.objects().size());

  const scratch_directory dir;
  hand_to_git(sink.view(), dir.path);
  const std::string git = "git -C " + (dir.path / "r").string() + " ";
  run(git + "fsck --strict --no-dangling");
  for (std::size_t i = 0; i < source.objects().size(); ++i) {
    const oid_hex hex = to_hex(source.objects()[i].id);
    const std::string type(name(source.objects()[i].type));
    EXPECT_EQ(run(git + "cat-file " + type + " " + std::string(hex.data(), hex.size())), source.content(i));
  }
}

TEST(PackWriter, EntriesAreWhereTheResultSays) {
  const memory_source source(sample_files());
  memory_sink sink;
  progress quiet;
  const auto written = write_pack(source, sink, small_options(), quiet);
  ASSERT_TRUE(written);
  const bytes pack = sink.view();
  EXPECT_EQ(written->entries.front().offset, 12u);
  EXPECT_EQ(written->entries.front().id, source.commit().id);
  for (std::size_t i = 0; i < written->entries.size(); ++i) {
    const idx_entry& e = written->entries[i];
    const std::uint64_t end =
        i + 1 < written->entries.size() ? written->entries[i + 1].offset : pack.size() - id_size(hash_kind::sha1);
    const bytes entry = pack.subspan(e.offset, end - e.offset);
    EXPECT_EQ(e.crc, ::crc32_z(0, reinterpret_cast<const Bytef*>(entry.data()), entry.size()));
    EXPECT_TRUE(decode_entry_header(entry, e.offset, 0, hash_kind::sha1));
  }
  sha1 hash;
  hash.update(pack.first(pack.size() - id_size(hash_kind::sha1)));
  EXPECT_EQ(hash.finish(), written->checksum);
  EXPECT_EQ(oid::from(pack.data() + pack.size() - id_size(hash_kind::sha1), hash_kind::sha1), written->checksum);
}

TEST(PackWriter, AnyNumberOfThreadsGivesTheSameBytes) {
  const memory_source source(sample_files());
  progress quiet;
  memory_sink one, two, seven;
  ASSERT_TRUE(write_pack(source, one, small_options(1), quiet));
  ASSERT_TRUE(write_pack(source, two, small_options(2), quiet));
  ASSERT_TRUE(write_pack(source, seven, small_options(7), quiet));
  EXPECT_EQ(as_text(one.view()), as_text(two.view()));
  EXPECT_EQ(as_text(one.view()), as_text(seven.view()));
}

TEST(PackWriter, EveryEffortAndPurposeIsReadByGitAndDoesNotDependOnThreads) {
  const memory_source source(sample_files());
  progress quiet;
  for (const effort e : {effort::fast, effort::normal, effort::max})
    for (const purpose p : {purpose::balance, purpose::size, purpose::serve}) {
      pack_options options = small_options(1);
      options.effort = e;
      options.purpose = p;
      memory_sink one, three;
      ASSERT_TRUE(write_pack(source, one, options, quiet));
      options.threads = 3;
      ASSERT_TRUE(write_pack(source, three, options, quiet));
      EXPECT_EQ(as_text(one.view()), as_text(three.view()));
      const scratch_directory dir;
      hand_to_git(one.view(), dir.path);
    }
}

// A family of files that share one third of their lines.
TEST(PackWriter, DeltasAreFewerWhereTheyCostTheirReaders) {
  std::map<std::string, std::string> files;
  for (unsigned version = 0; version < 6; ++version)
    files["v" + std::to_string(version)] = prose(1'000, 1) + prose(2'000, 2 + version);
  const memory_source source(files);
  const auto made = [&](purpose p) {
    pack_options options = small_options();
    options.purpose = p;
    memory_sink sink;
    progress quiet;
    return *write_pack(source, sink, options, quiet);
  };
  const written_pack size = made(purpose::size);
  const written_pack balance = made(purpose::balance);
  const written_pack serve = made(purpose::serve);
  EXPECT_EQ(size.statistics.delta_entries, 5u);
  EXPECT_LE(size.size, balance.size);
  EXPECT_LT(balance.size, serve.size);
  EXPECT_LT(serve.statistics.delta_entries, balance.statistics.delta_entries);
}

TEST(PackWriter, LittleMemoryGivesAPackThatIsAsGood) {
  const memory_source source(sample_files());
  progress quiet;
  // With the least memory, each object is tried with one base and no ancestors.
  for (const std::uint64_t memory : {1u << 20, 1u << 12}) {
    pack_options options = small_options(1);
    options.memory = memory;
    memory_sink one, four;
    const auto written = write_pack(source, one, options, quiet);
    ASSERT_TRUE(written);
    EXPECT_GT(written->statistics.delta_entries, 0u) << memory;
    options.threads = 4;
    ASSERT_TRUE(write_pack(source, four, options, quiet));
    EXPECT_EQ(as_text(one.view()), as_text(four.view()));
    const scratch_directory dir;
    hand_to_git(one.view(), dir.path);
  }
}

TEST(PackWriter, InflatingStartsAtEachRestartPoint) {
  const memory_source source(sample_files());
  memory_sink sink;
  progress quiet;
  const auto written = write_pack(source, sink, small_options(), quiet);
  ASSERT_TRUE(written);
  const std::string& content = source.content(source.find("large/prose"));
  const auto at = std::ranges::find(written->restarts, content.size(), &restart_points::size);
  ASSERT_NE(at, written->restarts.end());
  EXPECT_FALSE(at->stored);
  EXPECT_EQ(at->interval, 64u << 10);
  ASSERT_EQ(at->points.size(), (content.size() - 1) / at->interval);

  const bytes entry = sink.view().subspan(at->offset);
  const bytes stream = entry.subspan(decode_entry_header(entry, at->offset, 0, hash_kind::sha1)->header_size);
  for (std::size_t i = 0; i <= at->points.size(); ++i) {
    const std::size_t from = i == 0 ? 2 : at->points[i - 1];
    const std::string expected = content.substr(i * at->interval, at->interval);
    std::string got(expected.size(), '\0');
    z_stream z{};
    ASSERT_EQ(inflateInit2(&z, -15), Z_OK);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(stream.data() + from));
    z.avail_in = static_cast<uInt>(stream.size() - from);
    z.next_out = reinterpret_cast<Bytef*>(got.data());
    z.avail_out = static_cast<uInt>(got.size());
    EXPECT_GE(inflate(&z, Z_SYNC_FLUSH), Z_OK) << "point " << i;
    EXPECT_EQ(z.avail_out, 0u);
    inflateEnd(&z);
    EXPECT_EQ(got, expected) << "point " << i;
  }
}

TEST(PackWriter, WhatDoesNotDeflateIsStoredInBlocksOfOneSize) {
  const memory_source source(sample_files());
  memory_sink sink;
  progress quiet;
  const auto written = write_pack(source, sink, small_options(), quiet);
  ASSERT_TRUE(written);
  EXPECT_GE(written->statistics.stored_entries, 2u);
  for (const std::string path : {"noise", "large/noise"}) {
    const std::size_t index = source.find(path);
    const std::string& content = source.content(index);
    const auto e = std::ranges::find(written->entries, source.objects()[index].id, &idx_entry::id);
    bytes stream = sink.view().subspan(e->offset);
    stream = stream.subspan(decode_entry_header(stream, e->offset, 0, hash_kind::sha1)->header_size);
    EXPECT_EQ(load_be<std::uint16_t>(stream.data()), 0x7801);
    stream = stream.subspan(2);
    for (std::size_t done = 0; done < content.size(); done += kStoredBlock) {
      const std::size_t length = std::min(kStoredBlock, content.size() - done);
      EXPECT_EQ(stream[0], std::byte{done + length == content.size()});
      EXPECT_EQ(load_le<std::uint16_t>(stream.data() + 1), length);
      EXPECT_EQ(load_le<std::uint16_t>(stream.data() + 3), length ^ 0xffff);
      EXPECT_EQ(as_text(stream.subspan(5, length)), content.substr(done, length));
      stream = stream.subspan(5 + length);
    }
  }
  const auto stored = std::ranges::find(written->restarts, true, &restart_points::stored);
  ASSERT_NE(stored, written->restarts.end());
  EXPECT_EQ(stored->interval, kStoredBlock);
  EXPECT_TRUE(stored->points.empty());
}

TEST(PackWriter, ASourceThatFailsEndsTheWork) {
  progress quiet;
  for (const std::string path : {"d2/v7", "large/noise"}) {
    memory_source source(sample_files());
    source.fail_at(source.find(path));
    memory_sink sink;
    const auto written = write_pack(source, sink, small_options(), quiet);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().message, path + ": cannot be read");
    EXPECT_EQ(written.error().who, blame::environment);
  }
}

TEST(PackWriter, ContentThatIsNotItsIdIsNamed) {
  progress quiet;
  for (const std::string path : {"d2/v7", "large/noise", "large/prose"}) {
    const std::string good = memory_source(sample_files()).content(memory_source(sample_files()).find(path));
    std::string flipped = good;
    flipped.back() ^= 1;
    for (const std::string& bad : {flipped, good + "x", good.substr(1)}) {
      memory_source source(sample_files());
      source.change(source.find(path), bad);
      memory_sink sink;
      const auto written = write_pack(source, sink, small_options(), quiet);
      ASSERT_FALSE(written);
      EXPECT_EQ(written.error().message, path + ": changed while it was read");
      EXPECT_EQ(written.error().who, blame::input);
    }
  }
}

TEST(PackWriter, ASinkThatFailsEndsTheWork) {
  const memory_source source(sample_files());
  progress quiet;
  memory_sink whole;
  ASSERT_TRUE(write_pack(source, whole, small_options(), quiet));
  for (const std::size_t room : {std::size_t{0}, whole.view().size() / 2, whole.view().size() - 1}) {
    memory_sink sink;
    sink.set_room(room);
    const auto written = write_pack(source, sink, small_options(), quiet);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().message, "no room");
  }
}

TEST(PackWriter, StopsWhenCancelled) {
  class impatient : public progress {
   public:
    [[nodiscard]] bool cancelled() const override { return true; }
  } report;
  const memory_source source(sample_files());
  memory_sink sink;
  EXPECT_FALSE(write_pack(source, sink, small_options(), report));
}
