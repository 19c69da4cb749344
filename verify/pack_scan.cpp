#include "verify/pack_scan.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <optional>

#include "object/hasher.hpp"
#include "pack/inflate.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

class scanner {
 public:
  // `foretold`: the headers in `pack` are to be compared, not filled in.
  scanner(const device& d, scanned_pack& pack, std::uint64_t end, hash_kind kind, bool foretold, findings& found)
      : device_(d), pack_(pack), end_(end), foretold_(foretold), found_(found), hash_(kind) {}

  // Returns the checksum; nullopt if a header is not as it was foretold.
  outcome<std::optional<oid>> run(const progress& report) {
    for (std::uint64_t at = 0; at < end_ && agrees_; at += kPiece) {
      if (report.cancelled()) return give_up(blame::environment, "interrupted");
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end_ - at));
      DOCTEUR_TRY(piece, read_range(device_, kPackOffset + at, n, buffer_));
      hash_.update(piece);
      DOCTEUR_CHECK(take(piece, at));
    }
    return agrees_ ? std::optional(hash_.finish()) : std::nullopt;
  }

 private:
  // Takes a piece that begins at the PACK offset `from`: headers that begin in it, and its parts of entries' CRC-32s.
  outcome<void> take(bytes piece, std::uint64_t from) {
    const std::uint64_t to = from + piece.size();
    for (; next_ < pack_.entries.size(); ++next_) {
      pack_entry& e = pack_.entries[next_];
      if (e.offset >= to) break;
      const std::uint64_t begin = std::max(e.offset, from);
      if (begin == e.offset) DOCTEUR_CHECK(take_header(e, piece.subspan(begin - from)));
      const bytes part = piece.subspan(begin - from, std::min(e.end, to) - begin);
      e.crc = libdeflate_crc32(e.crc, part.data(), part.size());
      if (e.end > to) break;
    }
    return {};
  }

  outcome<void> take_header(pack_entry& e, bytes ahead) {
    const std::uint64_t room = std::min<std::uint64_t>(kMaxEntryHeader, e.end - e.offset);
    std::array<std::byte, kMaxEntryHeader> across;
    if (ahead.size() < room) {
      DOCTEUR_CHECK(read_range(device_, e.at(), mutable_bytes{across}.first(room)));
      ahead = bytes{across};
    }
    const auto h = decode_entry_header(ahead.first(room), e.offset, e.at(), hash_.kind());
    if (foretold_) {
      agrees_ = agrees_ && h && is_foretold(e, *h);
    } else if (h) {
      fill_in(e, *h);
    } else {
      found_.add(h.error());
      e.state = entry_state::damaged;
    }
    return {};
  }

  // Reads what other threads do not write meanwhile.
  [[nodiscard]] bool is_foretold(const pack_entry& e, const entry_header& h) const {
    if (h.type != e.type || h.size != e.size || h.header_size != e.header_size) return false;
    return h.type != entry_type::ofs_delta || pack_.entries[e.base].offset == h.base_offset;
  }

  void fill_in(pack_entry& e, const entry_header& h) {
    e.type = h.type;
    e.size = h.size;
    e.header_size = h.header_size;
    if (!is_plausible_size(e.size, e.end - e.offset)) {
      found_.add(errc::malformed, e.at(), "the stream of an entry is too short for its size");
      e.state = entry_state::damaged;
      return;
    }
    if (h.type == entry_type::ofs_delta) {
      find_base(e, h.base_offset);
    } else if (h.type == entry_type::ref_delta) {
      pack_.refs.push_back({h.base_id, static_cast<std::uint32_t>(&e - pack_.entries.data())});
    } else {
      e.object = static_cast<object_type>(h.type);
    }
  }

  void find_base(pack_entry& e, std::uint64_t offset) {
    const auto base = std::ranges::lower_bound(pack_.entries, offset, {}, &pack_entry::offset);
    if (base->offset == offset) {  // `base` is valid: at the latest it is `e`, which is behind `offset`
      e.base = static_cast<std::uint32_t>(base - pack_.entries.begin());
      return;
    }
    found_.add(errc::out_of_range, e.at(), "the base of a delta is not an entry");
    e.state = entry_state::damaged;
  }

  device device_;
  scanned_pack& pack_;
  const std::uint64_t end_;
  const bool foretold_;
  findings& found_;
  hasher hash_;
  reused_bytes buffer_;
  bool agrees_ = true;
  std::size_t next_ = 0;
};

}  // namespace

outcome<scanned_pack> scan_pack(const device& d, std::span<const std::uint64_t> offsets, std::uint64_t end,
                                hash_kind kind, findings& found, const progress& report) {
  scanned_pack pack;
  pack.entries.resize(offsets.size());
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    pack.entries[i].offset = offsets[i];
    pack.entries[i].end = i + 1 < offsets.size() ? offsets[i + 1] : end;
  }
  DOCTEUR_TRY(checksum, scanner(d, pack, end, kind, false, found).run(report));
  pack.checksum = *checksum;
  std::ranges::sort(pack.refs, {}, &ref_delta::base);
  return pack;
}

outcome<std::optional<oid>> scan_foretold(const device& d, scanned_pack& pack, std::uint64_t end, hash_kind kind,
                                          const progress& report) {
  findings none(0);
  return scanner(d, pack, end, kind, true, none).run(report);
}

}  // namespace docteur
