// Usage: read_through FOLDER FILE LOG SEED PIECE DELAY [BOUND]   Reads FILE through a block cache in FOLDER, in pieces
// of up to PIECE bytes, and compares each with FILE: in order if SEED is 0, else in a random one. Each read of the
// device below takes DELAY microseconds and adds a line "OFFSET LENGTH" to LOG; a FILE named "offline:NAME" cannot be
// read. Prints the counters and the trouble as JSON. Exit status: 0, 1 for a wrong byte, 3 for a device that fails.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "host/cache/block_cache.hpp"
#include "host/file_device.hpp"

namespace {

using namespace docteur;

struct logged_device {
  device file;
  int log;
  std::chrono::microseconds delay;
  bool offline;
};

result<done> read_logged(void* self, std::uint64_t at, mutable_bytes out) noexcept {
  const logged_device& d = *static_cast<const logged_device*>(self);
  std::this_thread::sleep_for(d.delay);
  if (d.offline) return fail(errc::unavailable, at, "offline");
  char line[64];
  const int n = std::snprintf(line, sizeof(line), "%llu %zu\n", static_cast<unsigned long long>(at), out.size());
  if (::write(d.log, line, static_cast<std::size_t>(n)) != n) std::abort();
  return read_exactly(d.file, at, out);
}

int read_all(const device& through, const device& direct, unsigned seed, std::uint64_t piece) {
  std::vector<std::uint64_t> order;
  for (std::uint64_t at = 0; at < direct.size; at += piece) order.push_back(at);
  if (seed != 0) std::shuffle(order.begin(), order.end(), std::minstd_rand(seed));
  std::vector<std::byte> got(piece);
  std::vector<std::byte> expected(piece);
  for (const std::uint64_t at : order) {
    const auto n = static_cast<std::size_t>(std::min(piece, direct.size - at));
    if (!read_exactly(through, at, mutable_bytes(got).first(n))) return 3;
    if (!read_exactly(direct, at, mutable_bytes(expected).first(n))) return 3;
    if (!std::equal(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(n), expected.begin())) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  std::string path = argv[2];
  const bool offline = path.starts_with("offline:");
  if (offline) path.erase(0, 8);
  const auto file = file_device::open(path);
  if (!file) return 2;
  logged_device below{file->view(), ::open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
                      std::chrono::microseconds(std::stoul(argv[6])), offline};
  device d;
  d.self = &below;
  d.size = file->size();
  d.read = read_logged;
  block_cache_options options;
  options.folder = argv[1];
  if (argc > 7) options.bound = std::stoull(argv[7]);
  const auto cache = block_cache::open(options, "https://example.org/" + path.substr(path.rfind('/') + 1), "v1", d);
  if (!cache) {
    std::fprintf(stderr, "%s\n", cache.error().message.c_str());
    return 2;
  }
  const std::string at_start = (*cache)->trouble();
  const int status =
      read_all((*cache)->view(), file->view(), static_cast<unsigned>(std::stoul(argv[4])), std::stoull(argv[5]));
  const std::string at_end = (*cache)->trouble();
  const block_cache::counters c = (*cache)->counts();
  std::printf("{\"served\":%llu,\"fetched\":%llu,\"healed\":%llu,\"dropped\":%llu,\"trouble\":\"%s\"}\n",
              static_cast<unsigned long long>(c.served), static_cast<unsigned long long>(c.fetched),
              static_cast<unsigned long long>(c.healed), static_cast<unsigned long long>(c.dropped),
              (at_start + at_end).c_str());
  return status;
}
