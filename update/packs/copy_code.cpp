#include "update/packs/copy_code.hpp"

#include <algorithm>

#include "pack/delta.hpp"

namespace docteur {
namespace {

constexpr delta_effort kEffort{.stride = 1, .chain = 32, .patience = 12, .lazy = 4, .may_give_up = false};

// Reads the instructions of a delta that delta_encoder made, with the copies and inserts that it had to split joined.
class instructions {
 public:
  explicit instructions(bytes delta) : rest_(delta) {}
  struct step {
    std::size_t from;
    std::size_t copied;  // 0: an insert
    bytes literal;
  };
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  step next() {
    const auto op = take();
    if ((op & 0x80) == 0) {
      const bytes literal = rest_.first(op);
      rest_ = rest_.subspan(op);
      return {0, 0, literal};
    }
    std::size_t from = 0, size = 0;
    for (unsigned i = 0; i < 4; ++i)
      if ((op >> i & 1) != 0) from |= std::size_t{take()} << (8 * i);
    for (unsigned i = 0; i < 3; ++i)
      if ((op >> (4 + i) & 1) != 0) size |= std::size_t{take()} << (8 * i);
    return {from, size == 0 ? 0x10000 : size, {}};
  }

 private:
  unsigned take() {
    const auto b = std::to_integer<unsigned>(rest_.front());
    rest_ = rest_.subspan(1);
    return b;
  }
  bytes rest_;
};

}  // namespace

void copy_encoder::set_base(bytes base) { encoder_.set_base(base, kEffort); }

void copy_encoder::encode(bytes target, std::vector<std::byte>& copies, std::vector<std::byte>& literals) {
  copies.clear();
  literals.clear();
  // Every byte as a literal fits into this.
  const bool fits = encoder_.encode(target, 2 * target.size() + 64, delta_);
  if (!fits) delta_.clear();
  const auto head = decode_delta_header(delta_, 0);
  instructions all(fits && head ? bytes(delta_).subspan(head->header_size) : bytes());
  std::size_t inserted = 0, from = 0, copied = 0, expected = 0, done = 0;
  const auto put = [&] {
    put_number(copies, inserted);
    done += inserted + copied;
    if (copied == 0) return;
    put_number(copies, copied);
    put_number(copies, folded(static_cast<std::int64_t>(from) - static_cast<std::int64_t>(expected + inserted)));
    expected = from + copied;
    inserted = copied = 0;
  };
  while (!all.empty()) {
    const instructions::step s = all.next();
    if (s.copied == 0) {
      if (copied > 0) put();
      inserted += s.literal.size();
      literals.insert(literals.end(), s.literal.begin(), s.literal.end());
    } else if (copied > 0 && from + copied == s.from) {
      copied += s.copied;
    } else {
      if (copied > 0) put();
      from = s.from;
      copied = s.copied;
    }
  }
  if (inserted + copied > 0) put();
  if (done != target.size()) {  // no delta: the encoder refused
    copies.clear();
    literals.assign(target.begin(), target.end());
    if (!target.empty()) put_number(copies, target.size());
  }
}

outcome<void> decode_copies(bytes base, number_reader& copies, literal_source& literals, mutable_bytes out) {
  std::uint64_t expected = 0;
  while (!out.empty()) {
    DOCTEUR_TRY(inserted, copies.number(out.size()));
    DOCTEUR_CHECK(literals.take(out.first(static_cast<std::size_t>(inserted))));
    out = out.subspan(static_cast<std::size_t>(inserted));
    if (out.empty()) return {};
    DOCTEUR_TRY(copied, copies.number(out.size()));
    if (copied == 0) return damaged_update("a copy of nothing");
    DOCTEUR_TRY(from, copies.near(expected + inserted, base.size()));
    if (copied > base.size() - from) return damaged_update("a copy leaves its base");
    std::copy_n(base.begin() + static_cast<std::ptrdiff_t>(from), copied, out.begin());
    out = out.subspan(static_cast<std::size_t>(copied));
    expected = from + copied;
  }
  return {};
}

}  // namespace docteur
