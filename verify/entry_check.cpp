#include "verify/entry_check.hpp"

#include <array>
#include <new>

#include "layout/entry_section.hpp"
#include "pack/inflate.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

class entry_checker {
 public:
  entry_checker(const device& d, const section& where, const scanned_pack& pack, findings& found, inflater&& inflate)
      : device_(d),
        at_(where.offset),
        end_(where.offset + where.length),
        entries_(pack.entries),
        found_(found),
        inflater_(std::move(inflate)) {}

  outcome<void> run() {
    std::array<std::byte, kEntrySectionHeader> head;
    if (!has(head.size())) return differs("length");
    DOCTEUR_CHECK(read_range(device_, at_, head));
    const auto count = decode_entry_section_head(head, at_);
    if (!count) return found_.add(count.error()), outcome<void>();
    if (*count != entries_.size()) return differs("number of entries");
    at_ += head.size();
    while (next_ < entries_.size()) {
      DOCTEUR_TRY(is_good, check_block());
      if (!is_good) return {};
    }
    return at_ == end_ ? outcome<void>() : differs("length");
  }

 private:
  [[nodiscard]] bool has(std::uint64_t n) const noexcept { return n <= end_ - at_; }

  outcome<void> differs(const std::string& what) {
    found_.add(errc::malformed, at_, "entry section does not match the PACK: " + what);
    return {};
  }
  outcome<bool> differs_in_block(const std::string& what) {
    return differs(what).map([] { return false; });
  }
  outcome<bool> fault(const error& e) {
    found_.add(e);
    return false;
  }

  // Returns false after a fault.
  outcome<bool> check_block() {
    std::array<std::byte, kEntryBlockHeader> head;
    if (!has(head.size())) return differs_in_block("length");
    DOCTEUR_CHECK(read_range(device_, at_, head));
    const auto b = decode_entry_block(head, static_cast<std::uint32_t>(entries_.size() - next_), at_);
    if (!b) return fault(b.error());
    if (!has(kEntryBlockHeader + b->packed)) return differs_in_block("length");
    DOCTEUR_TRY(packed, read_range(device_, at_ + kEntryBlockHeader, b->packed, packed_));
    const mutable_bytes raw = raw_.get(b->raw);
    const auto consumed = inflater_.inflate(packed, raw, at_);
    if (!consumed || *consumed != b->packed) return differs_in_block("the stream of a block");
    auto reader = entry_block_reader::open(raw, b->entries, static_cast<std::uint32_t>(next_), at_);
    if (!reader) return fault(reader.error());
    for (std::uint32_t i = 0; i < b->entries; ++i, ++next_) {
      const auto listed = reader->next();
      if (!listed) return fault(listed.error());
      if (!agrees(*listed, entries_[next_])) return differs_in_block("entry " + std::to_string(next_));
    }
    at_ += kEntryBlockHeader + b->packed;
    return true;
  }

  // An entry with a damaged header has a fault already.
  [[nodiscard]] bool agrees(const entry_outline& listed, const pack_entry& e) const {
    if (e.header_size == 0) return true;
    const std::uint32_t back =
        e.type == entry_type::ofs_delta && e.base != kNoEntry ? static_cast<std::uint32_t>(next_ - e.base) : 0;
    return listed == entry_outline{e.size, back, e.type} && is_shortest(e);
  }
  // The header has as many bytes as the one that a reader of the section makes.
  [[nodiscard]] bool is_shortest(const pack_entry& e) const {
    const std::uint64_t base = e.base != kNoEntry ? entries_[e.base].offset : 0;
    return encode_entry_header({e.type, 0, e.size, base, {}}, e.offset).size == e.header_size;
  }

  device device_;
  std::uint64_t at_;  // in the image
  std::uint64_t end_;
  const std::vector<pack_entry>& entries_;
  std::size_t next_ = 0;  // of entries_
  findings& found_;
  inflater inflater_;
  reused_bytes packed_, raw_;
};

}  // namespace

outcome<void> check_entries(const device& d, const section& where, const scanned_pack& pack, findings& found) {
  auto inflate = inflater::make();
  if (!inflate) throw std::bad_alloc();
  return entry_checker(d, where, pack, found, std::move(*inflate)).run();
}

}  // namespace docteur
