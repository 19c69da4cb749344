// Prints ranges of one file of an image: read_ranges IMAGE PATH, with lines "OFFSET SIZE" on standard input.
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "host/file_device.hpp"
#include "host/heap.hpp"
#include "reader/attached_image.hpp"

using namespace docteur;

namespace {

result<done> print(const device& d, const char* path) {
  attached_image image;
  DOCTEUR_CHECK(image.attach(d, heap_memory()));
  const auto n = image.snapshot().find(path);
  if (!n) return fail(errc::not_found, 0, "no such path");
  DOCTEUR_TRY(stream, image.reader().open(*n));
  std::vector<std::byte> piece;
  std::uint64_t at = 0;
  std::uint64_t size = 0;
  while (std::scanf("%" SCNu64 " %" SCNu64, &at, &size) == 2) {
    piece.resize(size);
    DOCTEUR_CHECK(stream.read(at, piece));
    std::fwrite(piece.data(), 1, piece.size(), stdout);
  }
  return done{};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto file = file_device::open(argv[1]);
  if (!file) return 3;
  const auto printed = print(file->view(), argv[2]);
  if (!printed) std::fprintf(stderr, "%s at %" PRIu64 "\n", printed.error().what, printed.error().at);
  return printed ? 0 : 1;
}
