#include "source/repository/reftable.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>

namespace docteur {
namespace {

constexpr std::string_view kMagic = "REFT";
constexpr std::uint32_t kSha1Name = 0x73686131;    // "sha1"
constexpr std::uint32_t kSha256Name = 0x73323536;  // "s256"
constexpr std::size_t kMostHeader = 28;            // bytes, of version 2
constexpr std::size_t kBlockHeader = 4;            // type and block_len
constexpr std::size_t kFirstRead = 4096;           // bytes of a block whose size is not known yet

// header_size(): "Header". The footer begins with the header, then five positions and a CRC-32.
constexpr std::size_t header_size(unsigned version) { return version == 1 ? 24 : 28; }
constexpr std::size_t kPositions = 5 * 8;
constexpr std::size_t kCrc = 4;
constexpr std::size_t footer_size(unsigned version) { return header_size(version) + kPositions + kCrc; }

std::size_t load_u24(const std::byte* p) { return load_be<std::uint32_t>(p) & 0xffffff; }

struct table_layout {
  std::size_t header;       // bytes
  std::size_t block_size;   // bytes; 0: blocks are not aligned
  std::uint64_t footer_at;  // where all blocks end
  // Positions in the file, 0 for what is not there.
  std::uint64_t ref_index_at, objects_at, object_index_at, logs_at, log_index_at;
};

class table_reader {
 public:
  table_reader(const table_file& file, hash_kind kind, const reftable_visitor& visit)
      : file_(file), kind_(kind), visit_(visit) {}

  object_result<void> run() {
    DOCTEUR_CHECK(read_layout());
    std::uint64_t at = 0;
    if (layout_.footer_at == layout_.header) at = layout_.footer_at;  // an empty table
    while (at < layout_.footer_at) {
      DOCTEUR_TRY(next, read_block(at));
      if (next == at) return check_section(at);
      at = next;
    }
    if (first_section() != 0) return damaged("its footer has a section that is not there");
    return {};
  }

 private:
  // `size` bytes at `at`, until the next call.
  object_result<bytes> get(std::uint64_t at, std::size_t size) {
    if (room_.size() < size) room_.resize(size);
    return file_.get(at, size, room_);
  }

  object_result<void> read_layout() {
    if (file_.size() < header_size(1) + footer_size(1)) return damaged("it is too short");
    DOCTEUR_TRY(head, get(0, kMostHeader));
    if (as_text(head.first(kMagic.size())) != kMagic) return damaged("it is not a reftable");
    const unsigned version = std::to_integer<unsigned>(head[4]);
    if (version != 1 && version != 2)
      return tl::unexpected<object_fault>(
          {false, "is a reftable of version " + std::to_string(version) + "; 1 and 2 are known"});
    layout_.header = header_size(version);
    layout_.block_size = load_u24(head.data() + 4);
    if (load_be<std::uint64_t>(head.data() + 8) > load_be<std::uint64_t>(head.data() + 16))
      return damaged("its first update is after its last one");
    const std::uint32_t hash = version == 1 ? kSha1Name : load_be<std::uint32_t>(head.data() + 24);
    if (hash != kSha1Name && hash != kSha256Name) return damaged("it has ids of an unknown kind");
    const hash_kind kind = hash == kSha1Name ? hash_kind::sha1 : hash_kind::sha256;
    if (kind != kind_)
      return tl::unexpected<object_fault>({false, "holds " + std::string(name(kind)) + " ids, and the repository has " +
                                                      std::string(name(kind_)) + " ids"});

    if (file_.size() < header_size(version) + footer_size(version)) return damaged("it is too short");
    layout_.footer_at = file_.size() - footer_size(version);
    std::array<std::byte, kMostHeader> header;
    std::copy_n(head.begin(), layout_.header, header.begin());
    DOCTEUR_TRY(foot, get(layout_.footer_at, footer_size(version)));
    if (!std::equal(foot.begin(), foot.begin() + static_cast<std::ptrdiff_t>(layout_.header), header.begin()))
      return damaged("its footer does not repeat its header");
    if (libdeflate_crc32(0, foot.data(), foot.size() - kCrc) !=
        load_be<std::uint32_t>(foot.data() + foot.size() - kCrc))
      return damaged("the checksum of its footer does not match");
    return take_positions(foot.data() + layout_.header);
  }

  object_result<void> take_positions(const std::byte* p) {
    layout_.ref_index_at = load_be<std::uint64_t>(p);
    layout_.objects_at = load_be<std::uint64_t>(p + 8) >> 5;  // the bits below: bytes of an id in there
    layout_.object_index_at = load_be<std::uint64_t>(p + 16);
    layout_.logs_at = load_be<std::uint64_t>(p + 24);
    layout_.log_index_at = load_be<std::uint64_t>(p + 32);
    std::uint64_t least = layout_.header;
    for (const std::uint64_t at :
         {layout_.ref_index_at, layout_.objects_at, layout_.object_index_at, layout_.logs_at, layout_.log_index_at}) {
      if (at == 0) continue;
      if (at < least || at >= layout_.footer_at) return damaged("a section is not where one can be");
      least = at + 1;
    }
    return {};
  }

  // Where the block behind the ref block at `at` begins; `at` when it is another block.
  object_result<std::uint64_t> read_block(std::uint64_t at) {
    const std::uint64_t left = layout_.footer_at - at;
    const std::size_t skipped = at == 0 ? layout_.header : 0;
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(std::max(layout_.block_size, kFirstRead), left));
    DOCTEUR_TRY(content, get(at, some));
    if (content.size() < skipped + kBlockHeader) return damaged_at(at, "a block is cut");
    type_ = std::to_integer<char>(content[skipped]);
    if (type_ != 'r') return at;
    const std::size_t size = load_u24(content.data() + skipped);
    if (size > left) return damaged_at(at, "a block is cut");
    if (layout_.block_size != 0 && size > layout_.block_size)
      return damaged_at(at, "a block is larger than blocks of this file are");
    if (size > content.size()) {
      DOCTEUR_TRY(all, get(at, size));
      content = all;
    }
    if (const auto read = read_reftable_block({content.first(size), at, skipped}, kind_, last_, visit_); !read)
      return damaged_at(read.error().at, read.error().what);

    // Blocks of an aligned file may all the same follow each other at once.
    if (layout_.block_size == 0 || size >= content.size() || content[size] != std::byte{0}) return at + size;
    if (layout_.block_size > content.size()) return damaged_at(at + size, "padding is cut");
    const bytes padding = content.subspan(size, layout_.block_size - size);
    if (std::ranges::any_of(padding, [](std::byte b) { return b != std::byte{0}; }))
      return damaged_at(at + size, "padding is not zero");
    return at + layout_.block_size;
  }

  [[nodiscard]] std::uint64_t first_section() const {
    return layout_.ref_index_at != 0 ? layout_.ref_index_at
           : layout_.objects_at != 0 ? layout_.objects_at
                                     : layout_.logs_at;
  }

  // Whether the block at `at`, the first one that is no ref block, is that of the section that comes first.
  [[nodiscard]] object_result<void> check_section(std::uint64_t at) const {
    const std::uint64_t first = first_section();
    // The footer has the root of the index: lower levels, when there are any, lie before it.
    if (type_ == 'i' && at != 0 && layout_.ref_index_at != 0 && at <= first) return {};
    if (type_ == 'o' && at != 0 && layout_.ref_index_at == 0 && layout_.objects_at != 0 && at == first) return {};
    const bool has_logs_only = layout_.ref_index_at == 0 && layout_.objects_at == 0;
    // Without references, logs follow the header, and Git leaves their position out.
    if (type_ == 'g' && has_logs_only && (at == 0 || at == first)) return {};
    return damaged_at(at, "a block of a kind that cannot be there");
  }

  static tl::unexpected<object_fault> damaged_at(std::uint64_t at, const std::string& why) {
    return damaged(why + ", at byte " + std::to_string(at));
  }

  const table_file& file_;
  hash_kind kind_;
  const reftable_visitor& visit_;
  table_layout layout_{};
  std::vector<std::byte> room_;
  std::string last_;  // name of the last reference
  char type_ = 0;     // of the last block
};

}  // namespace

object_result<void> read_reftable(const table_file& file, hash_kind kind, const reftable_visitor& visit) {
  return table_reader(file, kind, visit).run();
}

}  // namespace docteur
