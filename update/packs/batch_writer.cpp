#include "update/packs/batch_writer.hpp"

#include <algorithm>
#include <array>

#include "host/describe.hpp"

namespace docteur {
namespace {

constexpr std::size_t kLargeBatch = 1u << 20;  // bytes: a batch is written when it has so many
constexpr std::uint64_t kLargeRun = 1u << 15;  // entries, likewise
constexpr std::uint64_t kPiece = 256u << 10;   // bytes that are moved at once
static_assert(kLargeRun <= kMostBatchEntries / 2);

}  // namespace

outcome<void> batch_writer::end_record(std::uint32_t entries) {
  entries_ += entries;
  if (control.size() + copies.size() + literals.size() < kLargeBatch && entries_ < kLargeRun) return {};
  return flush();
}

outcome<void> batch_writer::end_record(const device& from, std::uint64_t at, std::uint64_t size) {
  ++entries_;
  DOCTEUR_CHECK(flush());
  std::vector<std::byte> piece;
  for (const std::uint64_t end = at + size; at < end; at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min(kPiece, end - at)));
    if (const auto r = read_exactly(from, at, piece); !r)
      return tl::make_unexpected(describe(r.error(), "the new image"));
    DOCTEUR_CHECK(out_.write(piece));
  }
  return {};
}

outcome<void> batch_writer::flush(bool is_tail) {
  if (entries_ == 0 && !is_tail) return {};
  std::array<std::byte, 12> head;
  store_le(head.data(), entries_);
  store_le(head.data() + 4, static_cast<std::uint32_t>(control.size()));
  store_le(head.data() + 8, static_cast<std::uint32_t>(copies.size()));
  DOCTEUR_CHECK(out_.write(is_tail ? bytes(head).subspan(4) : bytes(head)));
  for (std::vector<std::byte>* part : {&control, &copies, &literals}) {
    DOCTEUR_CHECK(out_.write(*part));
    part->clear();
  }
  entries_ = 0;
  return {};
}

}  // namespace docteur
