#include "idx/writer.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "idx/format.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

// Buffers small fields, and hashes everything that passes through.
class hashing_writer {
 public:
  hashing_writer(byte_sink& out, hash_kind kind) : out_(out), hash_(kind) {}

  outcome<void> write(bytes data) {
    if (held_ + data.size() > buffer_.size()) DOCTEUR_CHECK(flush());
    if (data.size() > buffer_.size()) {
      hash_.update(data);
      return out_.write(data);
    }
    std::copy(data.begin(), data.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(held_));
    held_ += data.size();
    return {};
  }
  template <std::unsigned_integral T>
  outcome<void> write_be(T v) {
    std::array<std::byte, sizeof(T)> field;
    store_be(field.data(), v);
    return write(field);
  }
  outcome<void> write_digest() {
    DOCTEUR_CHECK(flush());
    const oid digest = hash_.finish();
    return out_.write(digest.view());
  }

 private:
  outcome<void> flush() {
    const bytes pending = bytes{buffer_}.first(held_);
    hash_.update(pending);
    held_ = 0;
    return pending.empty() ? outcome<void>{} : out_.write(pending);
  }

  byte_sink& out_;
  hasher hash_;
  std::array<std::byte, 1 << 14> buffer_;
  std::size_t held_ = 0;
};

bool needs_wide_offset(const idx_entry& e) { return e.offset >= kIdxWideOffset; }

}  // namespace

std::uint64_t idx_size(std::span<const idx_entry> entries, hash_kind kind) {
  const auto wide = static_cast<std::uint64_t>(std::ranges::count_if(entries, needs_wide_offset));
  return idx_layout{static_cast<std::uint32_t>(entries.size()), static_cast<std::uint32_t>(wide), kind}.size();
}

outcome<void> write_idx(std::vector<idx_entry> sorted, const oid& pack_checksum, byte_sink& out) {
  // As git does: entries of the same id are in the order of the PACK.
  std::ranges::sort(
      sorted, [](const idx_entry& a, const idx_entry& b) { return a.id != b.id ? a.id < b.id : a.offset < b.offset; });

  hashing_writer w(out, pack_checksum.kind());
  DOCTEUR_CHECK(w.write_be(kIdxMagic));
  DOCTEUR_CHECK(w.write_be(kIdxVersion));
  auto next = sorted.begin();
  for (unsigned first = 0; first < 256; ++first) {
    next = std::find_if(next, sorted.end(), [&](const idx_entry& e) { return e.id.view()[0] > std::byte(first); });
    DOCTEUR_CHECK(w.write_be(static_cast<std::uint32_t>(next - sorted.begin())));
  }
  for (const idx_entry& e : sorted) DOCTEUR_CHECK(w.write(e.id.view()));
  for (const idx_entry& e : sorted) DOCTEUR_CHECK(w.write_be(e.crc));
  std::uint32_t wide = 0;
  for (const idx_entry& e : sorted)
    DOCTEUR_CHECK(w.write_be(needs_wide_offset(e) ? kIdxWideOffset | wide++ : static_cast<std::uint32_t>(e.offset)));
  for (const idx_entry& e : sorted)
    if (needs_wide_offset(e)) DOCTEUR_CHECK(w.write_be(e.offset));
  DOCTEUR_CHECK(w.write(pack_checksum.view()));
  return w.write_digest();
}

}  // namespace docteur
