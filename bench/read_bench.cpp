// What a reader of an image costs: attaching it, finding paths, reading files. One thread; prints JSON for bench/run.
//
//   read_bench IMAGE --paths FILE [--unchecked] [--mapped] [--cache BYTES]
//
// FILE: paths, each ended by NUL, read in that order.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "reader/file_device.hpp"
#include "reader/image.hpp"
#include "reader/image_reader.hpp"

namespace {

using namespace docteur;

constexpr int kAttaches = 7;  // an odd number, the median counts

// Counts what goes through it.
struct counted_heap {
  std::size_t now = 0, most = 0;

  [[nodiscard]] memory view() noexcept {
    return {this,
            [](void* self, std::size_t n) noexcept {
              auto* h = static_cast<counted_heap*>(self);
              h->now += n;
              h->most = std::max(h->most, h->now);
              return std::malloc(n);
            },
            [](void* self, void* block, std::size_t n) noexcept {
              static_cast<counted_heap*>(self)->now -= n;
              std::free(block);
            }};
  }
};

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

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

}  // namespace

int main(int argc, char** argv) {
  std::string file, paths_file;
  bool unchecked = false, mapped = false;
  std::uint64_t cache = kDefaultCache;
  CLI::App app("Measures attach, find and read of an image");
  app.add_option("image", file)->required();
  app.add_option("--paths", paths_file)->required();
  app.add_option("--cache", cache);
  app.add_flag("--unchecked", unchecked);
  app.add_flag("--mapped", mapped);
  CLI11_PARSE(app, argc, argv);

  const file_device disk = need(file_device::open(file, mapped ? access::mapped : access::pread), file);
  std::array<double, kAttaches> attach_cpu{};
  counted_heap heap;
  for (double& seconds : attach_cpu) {
    const double start = cpu_seconds();
    const image again = need(image::attach(disk.view(), heap.view()), file);
    seconds = cpu_seconds() - start;
  }
  std::ranges::sort(attach_cpu);
  const std::size_t attach_most = heap.most;
  const image attached = need(image::attach(disk.view(), heap.view()), file);

  const std::vector<std::string> paths = read_paths(paths_file);
  std::vector<node> nodes;
  nodes.reserve(paths.size());
  double start = cpu_seconds();
  for (const std::string& path : paths) {
    const auto n = attached.find(path);
    if (!n) need(tl::expected<node, error>(fail(errc::not_found, 0, "no such path")), path);
    nodes.push_back(*n);
  }
  const double find_cpu = cpu_seconds() - start;

  counted_heap reading;
  start = cpu_seconds();
  auto reader = need(image_reader::make(attached, reading.view(), cache), file);
  std::vector<std::byte> out;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto size = static_cast<std::size_t>(need(reader.size(nodes[i]), paths[i]));
    if (size > out.size()) out.resize(size);
    need(reader.read(nodes[i], std::span(out).first(size), unchecked ? check::no : check::yes), paths[i]);
    total += size;
  }
  const double read_cpu = cpu_seconds() - start;

  std::printf(
      "{\"attach_cpu\": %.6f, \"attach_bytes\": %zu, \"attach_most\": %zu, \"tree_bytes\": %zu, \"find_ns\": %.1f, "
      "\"files\": %zu, \"bytes\": %llu, \"read_cpu\": %.3f, \"read_most\": %zu}\n",
      attach_cpu[kAttaches / 2], attached.memory_used(), attach_most, attached.tree().memory_used(),
      nodes.empty() ? 0 : find_cpu * 1e9 / static_cast<double>(nodes.size()), nodes.size(),
      static_cast<unsigned long long>(total), read_cpu, reading.most);
  return 0;
}
