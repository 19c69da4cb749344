// Runs a fuzz target over kept files: each file and, if it is small, each of its prefixes and each flip of one of its
// bits. A missing directory counts as empty; no file at all is a failure.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kSweep = 4096;  // bytes: the prefixes and bits of larger files are not tried

void replay(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  // A buffer of exactly the size, so that a sanitizer sees a read past it.
  std::vector<std::uint8_t> data((std::istreambuf_iterator<char>(in)), {});
  data.shrink_to_fit();
  LLVMFuzzerTestOneInput(data.data(), data.size());
  if (data.size() > kSweep) return;
  for (std::size_t n = 0; n < data.size(); ++n) {
    const std::vector<std::uint8_t> prefix(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
    LLVMFuzzerTestOneInput(prefix.data(), prefix.size());
  }
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1u << bit % 8);
    data[bit / 8] ^= mask;
    LLVMFuzzerTestOneInput(data.data(), data.size());
    data[bit / 8] ^= mask;
  }
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      replay(entry.path());
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
