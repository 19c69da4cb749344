// What the cache of image blocks costs beside the file itself, as Markdown.
//
//   blocks_bench IMAGE FOLDER
//
// FOLDER: where the cache is made, on a disk. Both sides take turns; each figure is the median of CPU seconds, user and
// system, of this process.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "host/cache/block_cache.hpp"
#include "host/checked_blob.hpp"
#include "host/file_device.hpp"
#include "host/huge_page_heap.hpp"
#include "object/sha256.hpp"
#include "reader/attached_image.hpp"

namespace {

using namespace docteur;

constexpr int kRounds = 7;
constexpr std::size_t kSmallReads = 20000;

double cpu_seconds() {
  struct rusage u {};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

[[noreturn]] void give_up_with(const std::string& why) {
  std::fprintf(stderr, "blocks_bench: %s\n", why.c_str());
  std::exit(3);
}

double median_of(std::vector<double> v) {
  std::ranges::sort(v);
  return v[v.size() / 2];
}

void row(const char* what, std::uint64_t size, const std::function<void()>& direct,
         const std::function<void()>& through) {
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < kRounds; ++i) {
    const double start = cpu_seconds();
    direct();
    const double middle = cpu_seconds();
    through();
    a.push_back(middle - start);
    b.push_back(cpu_seconds() - middle);
  }
  std::printf("| %s | %.1f | %.1f | %.1f | %.2f |\n", what, static_cast<double>(size) / 1e6, median_of(a) * 1e3,
              median_of(b) * 1e3, median_of(b) / median_of(a));
}

void read_whole(const device& d, std::size_t piece) {
  static std::vector<std::byte> buffer(4 << 20);
  for (std::uint64_t at = 0; at < d.size; at += piece) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece, d.size - at));
    if (!read_exactly(d, at, mutable_bytes(buffer).first(n))) give_up_with("a read failed");
  }
}

void read_small(const device& d) {
  std::minstd_rand random(5);
  std::array<std::byte, 4096> buffer;
  for (std::size_t i = 0; i < kSmallReads; ++i)
    if (!read_exactly(d, random() % (d.size / buffer.size()) * buffer.size(), buffer)) give_up_with("a read failed");
}

// As docteur-cat does: attaches, and reads the first `most` files in path order, each compared with its id.
std::uint64_t read_files(const device& d, std::size_t most) {
  attached_image image;
  if (!image.attach(d, huge_page_memory())) return 0;
  std::uint64_t sum = 0;
  auto entries = image.snapshot().list("", snapshot::depth::all);
  while (const auto e = entries->next()) {
    if (!e->node.is_blob() || most-- == 0) continue;
    const auto read = checked_blob().read(image.reader(), e->node, "a file", [&](bytes piece) -> outcome<void> {
      sum += piece.size();
      return {};
    });
    if (!read) give_up_with(read.error().message);
    if (most == 0) break;
  }
  return sum;
}

std::unique_ptr<block_cache> open(const std::string& folder, const device& below) {
  block_cache_options options;
  options.folder = folder;
  auto cache = block_cache::open(options, "bench", "bench", below);
  if (!cache) give_up_with(cache.error().message);
  return std::move(*cache);
}

void copy(const device& from, const std::string& to) {
  std::vector<std::byte> buffer(1 << 20);
  std::FILE* const file = std::fopen(to.c_str(), "wb");
  if (file == nullptr) give_up_with(to);
  for (std::uint64_t at = 0; at < from.size; at += buffer.size()) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), from.size - at));
    if (!read_exactly(from, at, mutable_bytes(buffer).first(n)) || std::fwrite(buffer.data(), 1, n, file) != n)
      give_up_with("the copy failed");
  }
  std::fflush(file);
  ::fdatasync(::fileno(file));
  std::fclose(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up_with("usage: blocks_bench IMAGE FOLDER");
  const auto file = file_device::open(argv[1]);
  if (!file) give_up_with(file.error().message);
  const device direct = file->view();
  const std::string folder = std::string(argv[2]) + "/blocks_bench";
  std::printf("| CPU, ms | MB | file | cache | ratio |\n| --- | ---: | ---: | ---: | ---: |\n");
  row(
      "filling, beside a copy that is synced", direct.size, [&] { copy(direct, std::string(argv[2]) + "/copy"); },
      [&] {
        std::filesystem::remove_all(folder);
        const auto cache = open(folder, direct);
        read_whole(cache->view(), 1 << 20);
        cache->sync();
      });
  std::filesystem::remove(std::string(argv[2]) + "/copy");
  const auto cache = open(folder, direct);
  const device through = cache->view();
  row(
      "all in reads of 1 MiB", direct.size, [&] { read_whole(direct, 1 << 20); },
      [&] { read_whole(through, 1 << 20); });
  row(
      "all in reads of 64 KiB", direct.size, [&] { read_whole(direct, 64 << 10); },
      [&] { read_whole(through, 64 << 10); });
  row(
      "all in reads of 4 KiB", direct.size, [&] { read_whole(direct, 4096); }, [&] { read_whole(through, 4096); });
  row(
      "20,000 random reads of 4 KiB", kSmallReads * 4096, [&] { read_small(direct); }, [&] { read_small(through); });
  for (const std::size_t most : {std::size_t{1}, std::size_t{1000000}}) {
    const std::uint64_t content = read_files(direct, most);
    if (content == 0) break;
    row(
        most == 1 ? "attach, read one file" : "attach, read all files in path order", content,
        [&] { (void)read_files(direct, most); }, [&] { (void)read_files(open(folder, direct)->view(), most); });
  }
  std::vector<std::byte> block(64 << 10, std::byte{1});
  row(
      "256 MiB: CRC-32, beside it SHA-256", 268,
      [&] {
        for (int i = 0; i < 4096; ++i) block[0] = std::byte(block_crc(block));
      },
      [&] {
        for (int i = 0; i < 4096; ++i) block[0] = sha256_of(block).view()[0];
      });
  const auto c = cache->counts();
  std::fprintf(stderr, "fetched after filling: %llu\n", static_cast<unsigned long long>(c.fetched));
  std::filesystem::remove_all(folder);
}
