// Property: an update pack, whatever is in it, makes docteur-patch write no byte behind the stated end of the new
// image, and read back none that was not written.
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/memory_stream.hpp"
#include "fuzz/property.hpp"
#include "support/made_image.hpp"
#include "update/packs/pack_patch.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kMostMade = 4u << 20;  // bytes of the new image, so that a run ends soon

const std::vector<std::byte>& old_image() {
  static const made_image image([] {
    std::map<std::string, std::string> files;
    for (char c = 'a'; c <= 'f'; ++c) files[std::string("folder/") + c] = std::string(300, 'x') + std::string(200, c);
    files["large"] = std::string(70'000, 'y');
    return files;
  }());
  return image.content;
}

class bounded_target final : public update_target {
 public:
  explicit bounded_target(std::uint64_t size) : size_(size) { made_.resize(kHeaderSize); }
  [[nodiscard]] device view() override {
    device d;
    d.self = this;
    d.size = size_;
    d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept -> result<done> {
      const auto& made = static_cast<bounded_target*>(self)->made_;
      PROPERTY(at <= made.size() && out.size() <= made.size() - at);
      std::copy_n(made.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
      return done{};
    };
    return d;
  }
  outcome<void> write(bytes data) override {
    PROPERTY(data.size() <= size_ - made_.size());
    made_.insert(made_.end(), data.begin(), data.end());
    return {};
  }
  outcome<void> complete(const image_header&, const std::optional<digest_head>& digests) override {
    PROPERTY(made_.size() == size_);
    PROPERTY(!digests || digest_section_size(digests->image_size) <= size_ - digests->offset);
    return {};
  }

 private:
  std::uint64_t size_;
  std::vector<std::byte> made_;
};

}  // namespace
}  // namespace docteur

// Input: a header, whose checksum is corrected, and what its frame holds, which is compressed here; or, if the first
// byte is not that of the magic, a byte that is dropped, and a pack as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  const bytes in = fuzz_input(data, size);
  if (in.size() <= kUpdateHeaderSize) return 0;
  std::vector<std::byte> pack(in.begin() + 1, in.end());
  if (as_text(in.first(1)) == kUpdateMagic.substr(0, 1)) {
    update_header_bytes header;
    std::ranges::copy(in.first(header.size()), header.begin());
    store_le(header.data() + header.size() - 4, libdeflate_crc32(0, header.data(), header.size() - 4));
    const bytes frame = in.subspan(header.size());
    pack.assign(header.begin(), header.end());
    pack.resize(header.size() + ZSTD_compressBound(frame.size()));
    pack.resize(header.size() +
                ZSTD_compress(pack.data() + header.size(), pack.size() - header.size(), frame.data(), frame.size(), 1));
  }
  memory_stream stream(std::move(pack));
  const auto header = read_update_header(stream);
  if (!header || header->new_size > kMostMade || header->new_size < kHeaderSize) return 0;
  bounded_target target(header->new_size);
  progress silent;
  (void)apply_update(memory_device(old_image()), *header, stream, target, silent);
  return 0;
}
