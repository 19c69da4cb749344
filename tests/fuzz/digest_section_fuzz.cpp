// Property: an accepted digest section covers every block of an image that holds it, and encoding it gives the same
// bytes.
#include <libdeflate.h>

#include <algorithm>
#include <vector>

#include "fuzz/property.hpp"
#include "layout/digest_section.hpp"

// Input: the section's offset in eight bytes (little-endian); the section. Its checksum is corrected.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  if (size < 8) return 0;
  const auto at = load_le<std::uint64_t>(fuzz_input(data, size).data());
  const bytes in = fuzz_input(data, size).subspan(8);
  std::vector<std::byte> section(in.begin(), in.end());
  if (section.size() >= 4) {
    const std::size_t end = section.size() - 4;
    store_le(section.data() + end, libdeflate_crc32(0, section.data(), end));
  }
  const auto view = digest_view::decode(section, at);
  if (!view) return 0;

  const std::uint64_t image_size = view->head().image_size;
  PROPERTY(view->head().offset == at && at <= image_size && section.size() <= image_size - at);
  PROPERTY(section.size() == digest_section_size(image_size));
  std::uint64_t covered = 0;
  std::vector<std::byte> block(kDigestBlock);
  for (std::uint64_t i = 0; i < view->count(); ++i) {
    const std::uint64_t n = view->size(i);
    PROPERTY(n > 0 && n <= kDigestBlock);
    covered += n;
    if (i < 4) (void)view->matches(i, bytes(block).first(n));
    if (i < 4) (void)view->matches(i, bytes(block).first(n - 1));
  }
  PROPERTY(covered == image_size);
  std::vector<std::byte> again = section;
  std::fill_n(again.begin(), kDigestHeader, std::byte{0});
  seal_digest_section(again, view->head());
  PROPERTY(std::ranges::equal(again, section));
  return 0;
}
