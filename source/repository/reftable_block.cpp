#include "source/repository/reftable_block.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBlockHeader = 4;   // type and block_len
constexpr std::size_t kRestart = 3;       // bytes of a restart_offset
constexpr std::size_t kRestartCount = 2;  // bytes of restart_count
constexpr std::uint64_t kMostVarint = std::uint64_t{1} << 57;

// As the distance of an OFS delta is written (`git help gitformat-pack`, "offset encoding").
result<std::uint64_t> take_varint(cursor& from) {
  DOCTEUR_TRY(first, from.take_be<std::uint8_t>());
  std::uint64_t value = first & 0x7f;
  for (std::uint8_t byte = first; (byte & 0x80) != 0;) {
    if (value + 1 >= kMostVarint) return fail(errc::malformed, from.at(), "a number is over 64 bits");
    DOCTEUR_TRY(next, from.take_be<std::uint8_t>());
    byte = next;
    value = (value + 1) << 7 | (byte & 0x7f);
  }
  return value;
}

std::size_t load_u24(const std::byte* p) {
  return std::to_integer<std::size_t>(p[0]) << 16 | std::to_integer<std::size_t>(p[1]) << 8 |
         std::to_integer<std::size_t>(p[2]);
}

class block_reader {
 public:
  block_reader(const reftable_block& block, hash_kind kind, std::string& last, const reftable_visitor& visit)
      : block_(block), kind_(kind), last_(last), visit_(visit) {}

  result<done> run() {
    const std::size_t size = block_.content.size();
    const std::size_t first = block_.skipped + kBlockHeader;
    if (size < first + kRestartCount) return fail(errc::truncated, block_.at, "a block is too short");
    const std::size_t count = load_be<std::uint16_t>(block_.content.data() + size - kRestartCount);
    if (count == 0) return fail(errc::malformed, block_.at + size - kRestartCount, "a block has no restarts");
    if (count * kRestart > size - kRestartCount - first)
      return fail(errc::truncated, block_.at + size - kRestartCount, "more restarts than the block has room for");
    const std::size_t end = size - kRestartCount - count * kRestart;
    restarts_ = block_.content.subspan(end, count * kRestart);

    cursor records(block_.content.subspan(first, end - first), block_.at + first);
    while (!records.empty()) DOCTEUR_CHECK(read_record(records));
    if (!restarts_.empty()) return fail(errc::out_of_range, block_.at + end, "a restart is not at a record");
    return done{};
  }

 private:
  // Whether a restart is at the record that begins at `at`.
  bool take_restart(std::uint64_t at) {
    if (restarts_.empty() || load_u24(restarts_.data()) != at - block_.at) return false;
    restarts_ = restarts_.subspan(kRestart);
    return true;
  }

  result<done> read_record(cursor& from) {
    const std::uint64_t at = from.at();
    const bool is_first = at == block_.at + block_.skipped + kBlockHeader;
    const bool is_restart = take_restart(at);
    if (is_first && !is_restart) return fail(errc::malformed, at, "the first record of a block is not a restart");
    DOCTEUR_TRY(shared, take_varint(from));
    DOCTEUR_TRY(size_and_type, take_varint(from));
    DOCTEUR_TRY(raw, from.take(size_and_type >> 3));
    if (shared > (is_restart ? 0 : last_.size()))
      return fail(errc::malformed, at, "a name shares more than there is before it");
    const std::string_view rest = as_text(raw);
    if (rest.find('\0') != std::string_view::npos) return fail(errc::malformed, at, "a name has NUL in it");
    if (rest <= std::string_view(last_).substr(static_cast<std::size_t>(shared)))
      return fail(errc::malformed, at, "names are not in ascending order");
    last_.resize(static_cast<std::size_t>(shared));
    last_ += rest;

    DOCTEUR_CHECK(take_varint(from));  // update_index_delta
    reftable_record record{last_, std::nullopt};
    DOCTEUR_CHECK(read_value(from, size_and_type & 7, record.value));
    visit_(record);
    return done{};
  }

  result<done> read_value(cursor& from, std::uint64_t type, std::optional<reference_value>& value) const {
    constexpr std::uint64_t kDeletion = 0, kId = 1, kIdAndPeeled = 2, kSymbolic = 3;
    const std::uint64_t at = from.at();
    if (type == kDeletion) return done{};
    if (type == kSymbolic) {
      DOCTEUR_TRY(size, take_varint(from));
      DOCTEUR_TRY(target, from.take(size));
      if (target.empty() || as_text(target).find('\0') != std::string_view::npos)
        return fail(errc::malformed, at, "a symbolic reference points to no name");
      value = reference_value{std::nullopt, std::string(as_text(target))};
      return done{};
    }
    if (type != kId && type != kIdAndPeeled) return fail(errc::malformed, at, "a value of unknown type");
    DOCTEUR_TRY(id, from.take(id_size(kind_)));
    if (type == kIdAndPeeled) DOCTEUR_CHECK(from.take(id_size(kind_)));
    value = reference_value{oid::from(id.data(), kind_), {}};
    return done{};
  }

  const reftable_block& block_;
  hash_kind kind_;
  std::string& last_;
  const reftable_visitor& visit_;
  bytes restarts_;  // those that no record was at yet
};

}  // namespace

result<done> read_reftable_block(const reftable_block& block, hash_kind kind, std::string& last,
                                 const reftable_visitor& visit) {
  return block_reader(block, kind, last, visit).run();
}

}  // namespace docteur
