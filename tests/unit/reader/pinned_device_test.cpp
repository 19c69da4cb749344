#include "reader/pinned_device.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "host/heap.hpp"
#include "reader/docteur.h"
#include "support/made_image.hpp"
#include "support/noise.hpp"

namespace docteur {
namespace {

const made_image& image() {
  static const made_image made(
      std::map<std::string, std::string>{{"a", "hello\n"}, {"large", noise(700'000)}, {"z", noise(300'000)}});
  return made;
}

// The image in memory that changes; counts what is read.
struct changing {
  std::vector<std::byte> content = image().content;
  std::size_t reads = 0;

  device disk() {
    device d;
    d.self = this;
    d.size = content.size();
    d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept -> result<done> {
      auto& c = *static_cast<changing*>(self);
      ++c.reads;
      std::memcpy(out.data(), c.content.data() + offset, out.size());
      return done{};
    };
    return d;
  }
};

TEST(PinnedDevice, ReturnsTheBytesOfTheImage) {
  changing c;
  auto pinned = pinned_device::open(c.disk(), heap_memory(), image().made.digest);
  ASSERT_TRUE(pinned) << pinned.error().what;
  const device d = pinned->view();
  ASSERT_EQ(d.size, c.content.size());
  for (const std::size_t size : {1u, 5000u, 65536u, 65537u, 300'000u})
    for (std::uint64_t at = 0; at < d.size; at += 40'009) {
      std::vector<std::byte> out(std::min<std::uint64_t>(size, d.size - at));
      ASSERT_TRUE(read_exactly(d, at, out)) << at;
      EXPECT_TRUE(as_text(out) == as_text(bytes(c.content).subspan(at, out.size()))) << at << " " << size;
    }
  EXPECT_EQ(d.read(d.self, d.size, mutable_bytes(c.content).first(1)).error().code, errc::truncated);
}

TEST(PinnedDevice, ReadsABlockOnceForItsNeighbours) {
  changing c;
  auto pinned = pinned_device::open(c.disk(), heap_memory(), image().made.digest);
  ASSERT_TRUE(pinned);
  c.reads = 0;
  std::array<std::byte, 100> out{};
  for (std::uint64_t at = 0; at < 2 * kDigestBlock; at += 1000)
    ASSERT_TRUE(read_exactly(pinned->view(), at, mutable_bytes(out)));
  EXPECT_EQ(c.reads, 3u);  // the last read ends in the third block
}

// Whatever byte changes, nothing of its block is returned, and all others are.
TEST(PinnedDevice, NoByteOfABlockThatDiffers) {
  changing c;
  auto pinned = pinned_device::open(c.disk(), heap_memory(), image().made.digest);
  ASSERT_TRUE(pinned);
  const device d = pinned->view();
  const std::uint64_t count = digest_blocks(d.size);
  for (std::uint64_t block = 0; block < count; ++block) {
    const std::uint64_t at = std::min(block * kDigestBlock + 777, d.size - 1);
    c.content[at] ^= std::byte{1};
    std::byte one{};
    // Two others first, so that none of the block is held.
    ASSERT_TRUE(read_exactly(d, (block + 1) % count * kDigestBlock, {&one, 1}));
    ASSERT_TRUE(read_exactly(d, (block + 2) % count * kDigestBlock, {&one, 1}));
    const auto refused = read_exactly(d, block * kDigestBlock, {&one, 1});
    ASSERT_FALSE(refused) << block;
    EXPECT_EQ(refused.error().code, errc::bad_checksum);
    EXPECT_EQ(refused.error().at, block * kDigestBlock);
    c.content[at] ^= std::byte{1};
    EXPECT_TRUE(read_exactly(d, block * kDigestBlock, {&one, 1})) << "remembered as a failure";
  }
}

TEST(PinnedDevice, OnlyTheImageThatIsDemanded) {
  changing c;
  oid other = image().made.digest;
  other.view()[31] ^= std::byte{1};
  const auto refused = pinned_device::open(c.disk(), heap_memory(), other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::bad_checksum);
  EXPECT_FALSE(pinned_device::open(memory_device(bytes(c.content).first(1000)), heap_memory(), image().made.digest));
  EXPECT_TRUE(pinned_device::open(memory_device(c.content), heap_memory(), image().made.digest));
}

// The n-th allocation fails, for every n.
TEST(PinnedDevice, FailsWithoutMemory) {
  struct few {
    std::size_t left;
    std::size_t held = 0;
    static void* allocate(void* self, std::size_t size) noexcept {
      auto& f = *static_cast<few*>(self);
      if (f.left-- == 0) return nullptr;
      f.held += size;
      return std::malloc(size);
    }
    static void release(void* self, void* block, std::size_t size) noexcept {
      static_cast<few*>(self)->held -= size;
      std::free(block);
    }
  };
  changing c;
  for (std::size_t n = 0;; ++n) {
    few f{n};
    bool is_enough = false;
    {
      const auto pinned = pinned_device::open(c.disk(), {&f, few::allocate, few::release}, image().made.digest);
      is_enough = pinned.has_value();
      EXPECT_TRUE(is_enough || pinned.error().code == errc::out_of_memory);
    }
    EXPECT_EQ(f.held, 0u);
    ASSERT_LT(n, 100u);
    if (is_enough) break;
  }
}

int c_read(void* self, std::uint64_t offset, void* out, std::size_t size) {
  std::memcpy(out, static_cast<changing*>(self)->content.data() + offset, size);
  return 0;
}
void* c_allocate(void* self, std::size_t size) {
  *static_cast<std::size_t*>(self) += size;
  return std::malloc(size);
}
void c_release(void* self, void* block, std::size_t size) {
  *static_cast<std::size_t*>(self) -= size;
  std::free(block);
}

TEST(PinnedDevice, FromC) {
  changing c;
  std::size_t held = 0;
  const docteur_memory memory{&held, c_allocate, c_release};
  std::array<std::uint8_t, DOCTEUR_DIGEST_SIZE> digest{};
  std::memcpy(digest.data(), image().made.digest.view().data(), digest.size());
  for (const bool mapped : {false, true}) {
    const docteur_device disk{&c, c.content.size(), mapped ? nullptr : c_read, mapped ? c.content.data() : nullptr};
    docteur_image* d = nullptr;
    docteur_error error{};
    ASSERT_EQ(docteur_attach_pinned(&disk, &memory, 1 << 20, digest.data(), &d, &error), DOCTEUR_OK) << error.what;
    docteur_node n{};
    ASSERT_EQ(docteur_find(d, "large", 5, &n), DOCTEUR_OK);
    std::uint64_t size = 0;
    ASSERT_EQ(docteur_size(d, n, &size, &error), DOCTEUR_OK);
    std::string text(size, ' ');
    ASSERT_EQ(docteur_read(d, n, text.data(), text.size(), &error), DOCTEUR_OK) << error.what;
    EXPECT_EQ(text, noise(700'000));
    // A part, which docteur_pread() does not compare with the id, is compared with the digest.
    for (std::size_t at = 100; at < c.content.size() / 2; at += kDigestBlock) c.content[at + 40'000] ^= std::byte{1};
    std::vector<char> part(1000);
    EXPECT_EQ(docteur_read_range(d, n, 200'000, part.data(), part.size(), &error), DOCTEUR_DAMAGED);
    docteur_detach(d);
    c.content = image().content;
    EXPECT_EQ(held, 0u);
    digest[0] ^= 1;
    EXPECT_EQ(docteur_attach_pinned(&disk, &memory, 0, digest.data(), &d, &error), DOCTEUR_DAMAGED);
    digest[0] ^= 1;
    EXPECT_EQ(held, 0u);
  }
}

}  // namespace
}  // namespace docteur
