#include "verify/pack_scan.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>

#include "object/hasher.hpp"
#include "pack/inflate.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

class scanner {
 public:
  scanner(const device& d, std::span<const std::uint64_t> offsets, std::uint64_t end, hash_kind kind, findings& found)
      : device_(d), end_(end), found_(found), hash_(kind) {
    pack_.entries.resize(offsets.size());
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      pack_.entries[i].offset = offsets[i];
      pack_.entries[i].end = i + 1 < offsets.size() ? offsets[i + 1] : end;
    }
  }

  outcome<void> run(const progress& report) {
    DOCTEUR_CHECK(for_each_piece(device_, kPackOffset, kPackOffset + end_, [&](bytes piece, std::uint64_t at) {
      hash_.update(piece);
      return report.cancelled() ? outcome<void>(give_up(blame::environment, "interrupted"))
                                : take(piece, at - kPackOffset);
    }));
    pack_.checksum = hash_.finish();
    std::ranges::sort(pack_.refs, {}, &ref_delta::base);
    return {};
  }
  [[nodiscard]] scanned_pack&& result() && { return std::move(pack_); }

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
    if (!h) {
      found_.add(h.error());
      e.state = entry_state::damaged;
      return {};
    }
    e.type = h->type;
    e.size = h->size;
    e.header_size = h->header_size;
    if (!is_plausible_size(e.size, e.end - e.offset)) {
      found_.add(errc::malformed, e.at(), "the stream of an entry is too short for its size");
      e.state = entry_state::damaged;
      return {};
    }
    if (h->type == entry_type::ofs_delta) {
      find_base(e, h->base_offset);
    } else if (h->type == entry_type::ref_delta) {
      pack_.refs.push_back({h->base_id, static_cast<std::uint32_t>(&e - pack_.entries.data())});
    } else {
      e.object = static_cast<object_type>(h->type);
    }
    return {};
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
  std::uint64_t end_;
  findings& found_;
  scanned_pack pack_;
  hasher hash_;
  std::size_t next_ = 0;
};

}  // namespace

outcome<scanned_pack> scan_pack(const device& d, std::span<const std::uint64_t> offsets, std::uint64_t end,
                                hash_kind kind, findings& found, const progress& report) {
  scanner s(d, offsets, end, kind, found);
  DOCTEUR_CHECK(s.run(report));
  return std::move(s).result();
}

}  // namespace docteur
