// Usage: remote_reader URL FILE THREADS [IDENTITY]
//
// Reads ranges of the image at URL by several threads at once, all of it in the end, and compares them with FILE. A
// read that fails with `unavailable` is tried again. Prints the identity, the counters and the last failure. With
// IDENTITY the version is pinned by it, and nothing is asked before the first read. Status 1: a wrong byte, or an error
// that stays.

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "object/result.hpp"
#include "remote/http_device.hpp"

namespace docteur {
namespace {

constexpr int kMostTries = 50;
std::atomic<int> faults{0};

void read_and_compare(const device& from, const std::string& expected, std::uint64_t at, std::uint64_t size) {
  std::vector<std::byte> out(size);
  for (int i = 0; i < kMostTries; ++i) {
    const auto read = read_exactly(from, at, out);
    if (!read && read.error().code == errc::unavailable) continue;
    if (!read) {
      std::fprintf(stderr, "%s\n", read.error().what);
      ++faults;
    } else if (std::memcmp(out.data(), expected.data() + at, size) != 0) {
      std::fprintf(stderr, "wrong bytes in %llu at %llu\n", static_cast<unsigned long long>(size),
                   static_cast<unsigned long long>(at));
      ++faults;
    }
    return;
  }
  std::fprintf(stderr, "unavailable for good\n");
  ++faults;
}

void read_all(http_device& disk, const std::string& expected, unsigned thread, unsigned threads) {
  const device from = disk.view();
  std::minstd_rand random(thread + 1);
  for (int i = 0; i < 200 && faults == 0; ++i) {
    const std::uint64_t at = random() % expected.size();
    const std::uint64_t size = 1 + random() % (1u << random() % 19);
    if (i % 5 == 0) disk.prefetch(random(), random() % 100'000);
    read_and_compare(from, expected, at, std::min<std::uint64_t>(size, expected.size() - at));
  }
  constexpr std::uint64_t kPiece = 100'000;
  for (std::uint64_t at = thread * kPiece; at < expected.size() && faults == 0; at += threads * kPiece)
    read_and_compare(from, expected, at, std::min(kPiece, expected.size() - at));
}

int run(int argc, char** argv) {
  std::ifstream in(argv[2], std::ios::binary);
  const std::string expected((std::istreambuf_iterator<char>(in)), {});
  http_options options;
  options.retries = 1;
  options.first_pause = std::chrono::milliseconds(1);
  options.stall_timeout = std::chrono::seconds(5);
  auto disk =
      argc > 4 ? http_device::pinned(argv[1], options, expected.size(), argv[4]) : http_device::open(argv[1], options);
  if (!disk) {
    std::fprintf(stderr, "%s\n", disk.error().message.c_str());
    return static_cast<int>(disk.error().who);
  }
  const unsigned threads = static_cast<unsigned>(std::stoul(argv[3]));
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads; ++t) workers.emplace_back([&, t] { read_all(**disk, expected, t, threads); });
  for (std::thread& w : workers) w.join();
  const http_counters n = (*disk)->counters();
  std::printf("%s\n%llu %llu %llu\n%s\n", (*disk)->identity().c_str(), static_cast<unsigned long long>(n.requests),
              static_cast<unsigned long long>(n.bytes), static_cast<unsigned long long>(n.retries),
              (*disk)->last_failure().c_str());
  return faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace docteur

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  return docteur::run(argc, argv);
}
