#include "verify/entry_listing.hpp"

#include <array>
#include <new>

#include "layout/entry_section.hpp"
#include "pack/inflate.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

using answer = result<done>;

class section_reader {
 public:
  section_reader(const device& from, const section& where, std::size_t count, const entry_taker& take,
                 inflater&& inflate)
      : device_(from),
        at_(where.offset),
        left_(where.length),
        count_(count),
        take_(take),
        inflater_(std::move(inflate)) {}

  outcome<answer> run() {
    std::array<std::byte, kEntrySectionHeader> head;
    if (left_ < head.size()) return cut_short();
    DOCTEUR_CHECK(read_range(device_, at_, head));
    const auto listed = decode_entry_section_head(head, at_);
    if (!listed) return answer(tl::make_unexpected(listed.error()));
    if (*listed != count_) return wrong("the entry section and the PACK have different numbers of entries");
    skip(head.size());
    while (taken_ < count_) {
      DOCTEUR_TRY(block, read_block());
      if (!block || is_over_) return block;
    }
    if (left_ != 0) return wrong("bytes are left in the entry section");
    return answer(done{});
  }

 private:
  [[nodiscard]] answer wrong(const char* what) const { return fail(errc::malformed, at_, what); }
  [[nodiscard]] answer cut_short() const { return wrong("the entry section is cut short"); }
  void skip(std::uint64_t n) {
    at_ += n;
    left_ -= n;
  }

  outcome<answer> read_block() {
    std::array<std::byte, kEntryBlockHeader> head;
    if (left_ < head.size()) return cut_short();
    DOCTEUR_CHECK(read_range(device_, at_, head));
    const auto b = decode_entry_block(head, static_cast<std::uint32_t>(count_ - taken_), at_);
    if (!b) return answer(tl::make_unexpected(b.error()));
    if (left_ - head.size() < b->packed) return cut_short();
    DOCTEUR_TRY(packed, read_range(device_, at_ + head.size(), b->packed, packed_));
    const mutable_bytes raw = raw_.get(b->raw);
    const auto consumed = inflater_.inflate(packed, raw, at_);
    if (!consumed) return answer(tl::make_unexpected(consumed.error()));
    if (*consumed != b->packed) return wrong("bytes behind the stream of a block of entries");
    auto reader = entry_block_reader::open(raw, b->entries, static_cast<std::uint32_t>(taken_), at_);
    if (!reader) return answer(tl::make_unexpected(reader.error()));
    for (std::uint32_t i = 0; i < b->entries; ++i, ++taken_) {
      const auto e = reader->next();
      if (!e) return answer(tl::make_unexpected(e.error()));
      if (is_over_ = !take_(*e, at_); is_over_) return answer(done{});
    }
    skip(head.size() + b->packed);
    return answer(done{});
  }

  device device_;
  std::uint64_t at_;  // in the image
  std::uint64_t left_;
  std::size_t count_;
  std::size_t taken_ = 0;  // entries
  bool is_over_ = false;   // take_ has ended it
  const entry_taker& take_;
  inflater inflater_;
  reused_bytes packed_, raw_;
};

}  // namespace

outcome<result<done>> list_entries(const device& from, const section& where, std::size_t count,
                                   const entry_taker& take) {
  auto inflate = inflater::make();
  if (!inflate) throw std::bad_alloc();
  return section_reader(from, where, count, take, std::move(*inflate)).run();
}

}  // namespace docteur
