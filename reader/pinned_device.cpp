#include "reader/pinned_device.hpp"

#include <algorithm>

#include "object/sha256.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kPiece = 64 << 10;  // bytes of the section read at once

}  // namespace

result<pinned_device> pinned_device::open(const device& below, const memory& from, const oid& digest) noexcept {
  DOCTEUR_TRY(where, find_digest_section(below));
  DOCTEUR_TRY(section, owned_array<std::byte>::make(from, std::min<std::uint64_t>(where.length, kDigestHeader)));
  DOCTEUR_CHECK(read_exactly(below, where.offset, section.span()));
  DOCTEUR_TRY(head, decode_digest_head(section.span(), where.offset, where.length));
  if (head.image_size > below.size) return fail(errc::truncated, below.size, "the device ends before the image");
  for (std::size_t have = section.size(); have < where.length; have = section.size()) {
    DOCTEUR_CHECK(section.resize(have + std::min<std::uint64_t>(where.length - have, kPiece)));
    DOCTEUR_CHECK(read_exactly(below, where.offset + have, section.span().subspan(have)));
  }
  if (sha256_of(section.span()) != digest)
    return fail(errc::bad_checksum, where.offset, "another image: its digest is not the one that is demanded");
  DOCTEUR_TRY(view, digest_view::decode(section.span(), where.offset));
  DOCTEUR_TRY(blocks, owned_array<std::byte>::make(from, kHeld * kDigestBlock));
  return pinned_device(below, std::move(section), std::move(blocks), view);
}

device pinned_device::view() noexcept {
  device d;
  d.self = this;
  d.size = view_.head().image_size;
  d.read = read;
  return d;
}

result<done> pinned_device::read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  auto& p = *static_cast<pinned_device*>(self);
  const std::uint64_t size = p.view_.head().image_size;
  if (offset > size || out.size() > size - offset) return fail(errc::truncated, offset, "range leaves the image");
  while (!out.empty()) {
    const std::uint64_t block = offset / kDigestBlock;
    const auto from = static_cast<std::size_t>(offset % kDigestBlock);
    const auto length = static_cast<std::size_t>(p.view_.size(block));
    const std::size_t n = std::min(out.size(), length - from);
    if (n == length) {
      DOCTEUR_CHECK(p.fill(block, out.first(n)));
    } else {
      DOCTEUR_TRY(content, p.hold(block));
      std::memcpy(out.data(), content.data() + from, n);
    }
    offset += n;
    out = out.subspan(n);
  }
  return done{};
}

// Reads and compares a whole block.
result<done> pinned_device::fill(std::uint64_t block, mutable_bytes out) noexcept {
  const std::uint64_t at = block * kDigestBlock;
  DOCTEUR_CHECK(read_exactly(below_, at, out));
  if (!view_.matches(block, out))
    return fail(errc::bad_checksum, at, "this block is not the one that the image's digest pins");
  return done{};
}

result<bytes> pinned_device::hold(std::uint64_t block) noexcept {
  const auto length = static_cast<std::size_t>(view_.size(block));
  auto* slot = std::ranges::find_if(held_, [&](const held& h) { return h.used > 0 && h.block == block; });
  const bool is_here = slot != held_.end();
  if (!is_here) slot = std::ranges::min_element(held_, {}, &held::used);
  const mutable_bytes content =
      blocks_.span().subspan(static_cast<std::size_t>(slot - held_.begin()) * kDigestBlock, length);
  if (!is_here) {
    slot->used = 0;
    DOCTEUR_CHECK(fill(block, content));
  }
  *slot = {block, ++clock_};
  return bytes(content);
}

}  // namespace docteur
