// What a reader of an image costs: attaching it, finding paths, reading files. Prints JSON for bench/run and others.
//
//   read_bench IMAGE --paths FILE [--unchecked] [--mapped] [--cache BYTES] [--threads N] [--ranges N]
//
// FILE: paths, each ended by NUL, read in that order; with threads, each has a reader and takes the next few paths that
// none has taken. With --ranges no file is read whole, but N times 64 KiB at a random place of one of them.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "host/file_device.hpp"
#include "host/huge_page_heap.hpp"
#include "reader/image.hpp"
#include "reader/image_reader.hpp"

namespace {

using namespace docteur;

constexpr int kAttaches = 7;              // an odd number, the median counts
constexpr std::size_t kRange = 64 << 10;  // bytes
constexpr std::size_t kPiece = 256;       // files that a thread takes at once

// Counts what goes through it.
struct counted_heap {
  std::size_t now = 0, most = 0;

  const memory from = huge_page_memory();  // as the command-line tools do

  [[nodiscard]] memory view() noexcept {
    return {this,
            [](void* self, std::size_t n) noexcept {
              auto* h = static_cast<counted_heap*>(self);
              h->now += n;
              h->most = std::max(h->most, h->now);
              return h->from.allocate(h->from.self, n);
            },
            [](void* self, void* block, std::size_t n) noexcept {
              auto* h = static_cast<counted_heap*>(self);
              h->now -= n;
              h->from.release(h->from.self, block, n);
            },
            [](void* self, void* block, std::size_t old_size, std::size_t n) noexcept {
              auto* h = static_cast<counted_heap*>(self);
              void* moved = h->from.resize(h->from.self, block, old_size, n);
              if (moved != nullptr) h->now = h->now - old_size + n;
              h->most = std::max(h->most, h->now);
              return moved;
            }};
  }
};

double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
double cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }
double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

template <class T, class E>
T need(tl::expected<T, E>&& got, const std::string& subject) {
  if (got) return std::move(*got);
  std::string why;
  if constexpr (requires { got.error().message; })
    why = got.error().message;
  else
    why = std::string(got.error().what) + " at " + std::to_string(got.error().at);
  std::fprintf(stderr, "read_bench: %s: %s\n", subject.c_str(), why.c_str());
  std::exit(1);
}

std::vector<std::string> read_paths(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<std::string> paths;
  for (std::string path; std::getline(in, path, '\0');) paths.push_back(path);
  return paths;
}

struct attach_cost {
  double cpu;        // seconds, the median
  std::size_t most;  // bytes while attaching
};

attach_cost measure_attach(const file_device& disk, const std::string& file, paths_from source) {
  std::array<double, kAttaches> cpu{};
  counted_heap heap;
  for (double& seconds : cpu) {
    const double start = cpu_seconds();
    const image again = need(image::attach(disk.view(), heap.view(), {}, source), file);
    const snapshot paths = need(snapshot::attach(again), file);
    seconds = cpu_seconds() - start;
  }
  std::ranges::sort(cpu);
  return {cpu[kAttaches / 2], heap.most};
}

struct file_to_read {
  std::string path;
  node what;
};

struct read_cost {
  std::uint64_t bytes = 0;
  std::size_t most = 0;     // memory of the reader, its cache included
  std::size_t largest = 0;  // bytes of a file
};

// Those that no thread has taken: `taken` counts them.
read_cost read_files(const image& of, std::span<const file_to_read> files, std::atomic<std::size_t>& taken,
                     std::uint64_t cache, check how) {
  counted_heap heap;
  auto reader = need(image_reader::make(of, heap.view(), cache), "reader");
  std::vector<std::byte> out;
  read_cost cost;
  for (std::size_t from = taken.fetch_add(kPiece); from < files.size(); from = taken.fetch_add(kPiece)) {
    for (const file_to_read& f : files.subspan(from, std::min(kPiece, files.size() - from))) {
      const auto size = static_cast<std::size_t>(need(reader.size(f.what), f.path));
      if (size > out.size()) out.resize(size);
      need(reader.read(f.what, std::span(out).first(size), how), f.path);
      cost.bytes += size;
      cost.largest = std::max(cost.largest, size);
    }
  }
  cost.most = heap.most;
  return cost;
}

read_cost read_ranges(const image& of, std::span<const file_to_read> files, std::size_t ranges, std::uint64_t cache) {
  counted_heap heap;
  auto reader = need(image_reader::make(of, heap.view(), cache), "reader");
  std::vector<std::byte> out(kRange);
  std::mt19937_64 random(1);
  read_cost cost;
  for (std::size_t i = 0; i < ranges; ++i) {
    const file_to_read& f = files[random() % files.size()];
    const std::uint64_t size = need(reader.size(f.what), f.path);
    if (size < kRange) continue;
    need(reader.read_range(f.what, random() % (size - kRange + 1), out), f.path);
    cost.bytes += kRange;
  }
  cost.most = heap.most;
  return cost;
}

read_cost sum_of(std::span<const read_cost> costs) {
  read_cost total;
  for (const read_cost& c : costs)
    total = {total.bytes + c.bytes, total.most + c.most, std::max(total.largest, c.largest)};
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  std::string file, paths_file;
  bool unchecked = false, mapped = false;
  std::uint64_t cache = kDefaultCache;
  std::size_t threads = 1, ranges = 0;
  CLI::App app("Measures attach, find and read of an image");
  app.add_option("image", file)->required();
  app.add_option("--paths", paths_file)->required();
  app.add_option("--cache", cache);
  app.add_option("--threads", threads)->check(CLI::PositiveNumber);
  app.add_option("--ranges", ranges);
  app.add_flag("--unchecked", unchecked);
  app.add_flag("--mapped", mapped);
  CLI11_PARSE(app, argc, argv);

  const file_device disk = need(file_device::open(file, mapped ? access::mapped : access::pread), file);
  const attach_cost attach = measure_attach(disk, file, paths_from::section);
  const attach_cost from_trees = measure_attach(disk, file, paths_from::trees);
  counted_heap heap;
  const image attached = need(image::attach(disk.view(), heap.view()), file);
  const snapshot tree = need(snapshot::attach(attached), file);

  std::vector<std::string> paths = read_paths(paths_file);
  std::vector<std::optional<node>> found(paths.size());
  double start = cpu_seconds();
  for (std::size_t i = 0; i < paths.size(); ++i) found[i] = tree.find(paths[i]);
  const double find_cpu = cpu_seconds() - start;
  std::vector<file_to_read> files;
  files.reserve(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!found[i]) need(tl::expected<node, error>(fail(errc::not_found, 0, "no such path")), paths[i]);
    files.push_back({std::move(paths[i]), *found[i]});
  }

  std::vector<read_cost> costs(threads);
  std::atomic<std::size_t> taken = 0;
  start = cpu_seconds();
  const double wall_start = wall_seconds();
  {
    std::vector<std::jthread> workers;
    for (std::size_t t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        costs[t] = ranges > 0 ? read_ranges(attached, files, ranges, cache)
                              : read_files(attached, files, taken, cache, unchecked ? check::no : check::yes);
      });
  }
  const double read_wall = wall_seconds() - wall_start;
  const double read_cpu = cpu_seconds() - start;
  const read_cost total = sum_of(costs);

  std::printf(
      "{\"attach_cpu\": %.6f, \"attach_bytes\": %zu, \"attach_most\": %zu, \"tree_bytes\": %zu, "
      "\"attach_trees_cpu\": %.6f, \"attach_trees_most\": %zu, \"all_paths\": %u, \"find_ns\": %.1f, \"files\": %zu, "
      "\"bytes\": %llu, \"read_cpu\": %.3f, \"read_wall\": %.3f, \"read_most\": %zu, \"largest\": %zu}\n",
      attach.cpu, attached.memory_used() + tree.memory_used(), attach.most, tree.tree().memory_used(), from_trees.cpu,
      from_trees.most, tree.tree().size(), files.empty() ? 0 : find_cpu * 1e9 / static_cast<double>(files.size()),
      files.size(), static_cast<unsigned long long>(total.bytes), read_cpu, read_wall, total.most, total.largest);
  return 0;
}
