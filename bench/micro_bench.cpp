// The inner loops of making and reading, on fixed data. bench/run measures whole programs beside their peers.
#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include <memory>
#include <string>
#include <vector>

#include "object/hasher.hpp"
#include "object/tree.hpp"
#include "pack/delta.hpp"
#include "pack/inflate.hpp"

namespace {

using namespace docteur;
using buffer = std::vector<std::byte>;

// Text of a few hundred words in no order, the same everywhere: it deflates to about a third.
buffer text(std::size_t size) {
  std::uint32_t state = 20201010;
  const auto roll = [&state](std::uint32_t n) { return (state = state * 1664525u + 1013904223u) / 65536u % n; };
  std::vector<std::string> words(400);
  for (auto& word : words)
    for (std::uint32_t n = 2 + roll(9); n > 0; --n) word.push_back(static_cast<char>('a' + roll(26)));
  buffer out;
  while (out.size() < size) {
    for (const char c : words[roll(400)]) out.push_back(static_cast<std::byte>(c));
    out.push_back(static_cast<std::byte>(roll(12) == 0 ? '\n' : ' '));
  }
  out.resize(size);
  return out;
}

buffer deflated(const buffer& content) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> with(libdeflate_alloc_compressor(6),
                                                                                      libdeflate_free_compressor);
  buffer out(libdeflate_zlib_compress_bound(with.get(), content.size()));
  out.resize(libdeflate_zlib_compress(with.get(), content.data(), content.size(), out.data(), out.size()));
  return out;
}

void put_size(buffer& out, std::size_t n) {
  for (; n >= 0x80; n >>= 7) out.push_back(static_cast<std::byte>(n | 0x80));
  out.push_back(static_cast<std::byte>(n));
}

// A delta that copies a base of `size` bytes (at most 64 KiB) in runs of 250 bytes, with 6 new bytes after each.
buffer copying_delta(std::size_t size) {
  const std::size_t runs = size / 250;
  buffer out;
  put_size(out, size);
  put_size(out, runs * 256);
  for (std::size_t i = 0; i < runs; ++i) {
    const std::size_t from = i * 250;
    for (const std::size_t b : {std::size_t{0x93}, from & 0xff, from >> 8, std::size_t{250}, std::size_t{6}})
      out.push_back(static_cast<std::byte>(b));
    for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) out.push_back(static_cast<std::byte>(c));
  }
  return out;
}

void bytes_done(benchmark::State& state, std::size_t each) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(each));
}

void BM_ObjectId(benchmark::State& state) {
  const buffer content = text(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(object_id(hash_kind::sha1, object_type::blob, content));
  bytes_done(state, content.size());
}
BENCHMARK(BM_ObjectId)->Arg(256)->Arg(16 << 10)->Arg(1 << 20);

void BM_ObjectIdSha256(benchmark::State& state) {
  const buffer content = text(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(object_id(hash_kind::sha256, object_type::blob, content));
  bytes_done(state, content.size());
}
BENCHMARK(BM_ObjectIdSha256)->Arg(256)->Arg(16 << 10)->Arg(1 << 20);

void BM_PlainSha1(benchmark::State& state) {
  const buffer content = text(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    sha1 hash;
    hash.disable_instructions();
    hash.update(content);
    benchmark::DoNotOptimize(hash.finish());
  }
  bytes_done(state, content.size());
}
BENCHMARK(BM_PlainSha1)->Arg(16 << 10);

void BM_Inflate(benchmark::State& state) {
  const buffer content = text(static_cast<std::size_t>(state.range(0))), stream = deflated(content);
  buffer out(content.size());
  auto with = inflater::make();
  for (auto _ : state) {
    if (!with->inflate(stream, out, 0)) state.SkipWithError("does not inflate");
    benchmark::ClobberMemory();
  }
  if (out != content) state.SkipWithError("inflates to something else");
  bytes_done(state, content.size());
}
BENCHMARK(BM_Inflate)->Arg(256)->Arg(16 << 10)->Arg(1 << 20);

void BM_ApplyDelta(benchmark::State& state) {
  const buffer base = text(static_cast<std::size_t>(state.range(0))), delta = copying_delta(base.size());
  buffer out(base.size() / 250 * 256);
  for (auto _ : state) {
    if (!apply_delta(base, delta, out, 0)) state.SkipWithError("does not apply");
    benchmark::ClobberMemory();
  }
  bytes_done(state, out.size());
}
BENCHMARK(BM_ApplyDelta)->Arg(1 << 10)->Arg(60 << 10);

void BM_ReadTree(benchmark::State& state) {
  buffer tree;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::string name = "100644 file-" + std::to_string(100000 + i) + ".html";
    for (const char c : name) tree.push_back(static_cast<std::byte>(c));
    tree.resize(tree.size() + 1 + id_size(hash_kind::sha1));
  }
  for (auto _ : state) {
    tree_reader entries(tree, hash_kind::sha1);
    while (!entries.done())
      if (!entries.next()) return state.SkipWithError("not a tree");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(BM_ReadTree)->Arg(16)->Arg(1024);

}  // namespace
