#include "verify/path_check.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "base/printable.hpp"
#include "layout/number.hpp"
#include "layout/path_section.hpp"
#include "pack/inflate.hpp"
#include "verify/read_range.hpp"
#include "verify/tree_paths.hpp"

namespace docteur {
namespace {

class path_checker {
 public:
  path_checker(const device& d, const section& where, const path_facts& facts, findings& found, inflater&& inflate)
      : device_(d),
        at_(where.offset),
        end_(where.offset + where.length),
        facts_(facts),
        found_(found),
        inflater_(std::move(inflate)),
        paths_(facts.ids, facts.trees, facts.root),
        position_size_(position_size(facts.pack.entries.size())) {}

  outcome<void> run() {
    if (facts_.pack.entries.front().id != facts_.commit)
      found_.add(errc::malformed, facts_.pack.entries.front().at(),
                 "the commit is not the first entry, as it must be with a path section");
    std::array<std::byte, kPathSectionHeader> head;
    if (!has(head.size())) return differs("a header");
    DOCTEUR_CHECK(read_range(device_, at_, head));
    const auto paths = load_le<std::uint32_t>(head.data());
    const auto submodules = load_le<std::uint32_t>(head.data() + 4);
    if (load_le<std::uint32_t>(head.data() + 8) != position_size_) return differs("position size");
    if (load_le<std::uint32_t>(head.data() + 12) != 0) return differs("reserved bytes");
    at_ += head.size();
    for (std::uint32_t checked = 0; checked < paths;) {
      DOCTEUR_TRY(n, check_block(paths - checked));
      if (n == 0) return {};  // the fault was reported
      checked += n;
    }
    if (const auto more = paths_.next()) return differs("missing " + printable(more->key));
    if (submodules != submodules_.size() || end_ - at_ != submodules_.size() * id_size(facts_.commit.kind()))
      return differs("number of submodules, or length");
    for (const oid& id : submodules_) {
      oid there(id.kind());
      DOCTEUR_CHECK(read_range(device_, at_, there.view()));
      if (there != id) return differs("id of a submodule");
      at_ += id.view().size();
    }
    return {};
  }

 private:
  [[nodiscard]] bool has(std::uint64_t n) const noexcept { return n <= end_ - at_; }

  outcome<void> differs(const std::string& what) {
    found_.add(errc::malformed, at_, "path section does not match the trees: " + what);
    return {};
  }
  outcome<std::uint32_t> differs_in_block(const std::string& what) {
    return differs(what).map([] { return std::uint32_t{0}; });
  }

  // Checks a block of at most `left` paths and returns the number of its paths, 0 after a fault.
  outcome<std::uint32_t> check_block(std::uint32_t left) {
    if (!has(kPathBlockHeader)) return differs_in_block("length");
    std::array<std::byte, kPathBlockHeader> head;
    DOCTEUR_CHECK(read_range(device_, at_, head));
    const auto b = decode_path_block(head, at_);
    if (!b) return differs_in_block(b.error().what);
    const std::uint64_t positions_size = std::uint64_t{b->paths} * position_size_;
    if (b->paths > left || !has(kPathBlockHeader + b->packed + positions_size)) return differs_in_block("length");
    DOCTEUR_TRY(packed, read_range(device_, at_ + kPathBlockHeader, b->packed, packed_));
    const mutable_bytes raw = raw_.get(b->raw);
    const auto consumed = inflater_.inflate(packed, raw, at_);
    if (!consumed || *consumed != b->packed) return differs_in_block("the stream of a block");
    DOCTEUR_TRY(positions, read_range(device_, at_ + kPathBlockHeader + b->packed,
                                      static_cast<std::size_t>(positions_size), positions_));
    records_.clear();
    text_.clear();
    for (std::uint32_t i = 0; i < b->paths; ++i) {
      const auto p = paths_.next();
      if (!p) return differs_in_block("more paths than in the trees");
      put_record(*p);
      if (!is_prefix(records_, raw.first(b->records)) || !is_prefix(text_, raw.subspan(b->records)) ||
          load_position(positions, i) != position_of(*p))
        return differs_in_block(p->key.empty() ? "/" : printable(p->key));
    }
    if (records_.size() + text_.size() != b->raw || records_.size() != b->records)
      return differs_in_block("bytes left in a block");
    at_ += kPathBlockHeader + b->packed + positions_size;
    return b->paths;
  }

  void put_record(const tree_paths::path& p) {
    const auto shared = static_cast<std::size_t>(std::ranges::mismatch(p.key, last_key_).in1 - p.key.begin());
    const std::string_view tail = p.key.substr(shared);
    checked_records_ = records_.size();
    checked_text_ = text_.size();
    put_number(records_, shared);
    put_number(records_, tail.size() << kPathKindBits | static_cast<std::size_t>(p.kind));
    text_ += tail;
    last_key_ = p.key;
  }

  // Whether what the last record added to `made`, which is records_ or text_, is also in `there`.
  [[nodiscard]] bool is_prefix(const std::string& made, bytes there) const {
    const std::size_t from = &made == &records_ ? checked_records_ : checked_text_;
    return made.size() <= there.size() &&
           as_text(there.subspan(from, made.size() - from)) == std::string_view(made).substr(from);
  }

  [[nodiscard]] std::uint32_t load_position(bytes positions, std::uint32_t i) const {
    std::uint32_t v = 0;
    for (std::uint32_t k = 0; k < position_size_; ++k)
      v |= std::to_integer<std::uint32_t>(positions[std::size_t{i} * position_size_ + k]) << 8 * k;
    return v;
  }
  std::uint32_t position_of(const tree_paths::path& p) {
    if (p.kind != entry_kind::submodule) return facts_.pack.entries[p.entry].position;
    submodules_.push_back(p.id);
    return static_cast<std::uint32_t>(submodules_.size() - 1);
  }

  device device_;
  std::uint64_t at_;  // in the image
  std::uint64_t end_;
  path_facts facts_;
  findings& found_;
  inflater inflater_;
  tree_paths paths_;
  std::uint32_t position_size_;
  std::string last_key_;
  std::vector<oid> submodules_;
  // Of the current block: what was encoded, and how much of that was compared before the last record.
  std::string records_, text_;
  std::size_t checked_records_ = 0, checked_text_ = 0;
  reused_bytes packed_, raw_, positions_;
};

}  // namespace

outcome<void> check_paths(const device& d, const section& where, const path_facts& facts, findings& found) {
  auto inflate = inflater::make();
  if (!inflate) throw std::bad_alloc();
  return path_checker(d, where, facts, found, std::move(*inflate)).run();
}

}  // namespace docteur
