#include "source/objects/pack_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "object/release.hpp"
#include "pack/delta.hpp"
#include "pack/format.hpp"
#include "source/objects/source_memory.hpp"

namespace docteur {
namespace {

constexpr std::size_t kFirstRead = 4096;                         // bytes: most deltas are shorter
constexpr std::size_t kLongestChain = 1 << 16;                   // git fast-import writes 8,191 deltas at most
constexpr std::uint64_t kReadWhole = std::uint64_t{16} << 20;    // bytes: what is larger is inflated a piece at a time
constexpr std::size_t kKeptInput = std::size_t{4} << 20;         // bytes a thread's buffer may keep between two entries
constexpr std::uint64_t kLargestDelta = std::uint64_t{2} << 30;  // bytes of a delta or of its result; git makes none
                                                                 // of files over core.bigFileThreshold, 512 MiB

tl::unexpected<object_fault> fault_of(const error& e) { return damaged(e.what); }

object_type type_of(entry_type type) { return static_cast<object_type>(type); }

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

// A delta on the way from an object to the base of its chain. It is inflated only when it is applied: however long the
// chain, one delta, its base and its result are in memory.
struct pack_file::step {
  std::uint64_t offset;
  entry_header header;
};

pack_file::pack_file(std::string idx_path, hash_kind kind)
    : idx_path_(std::move(idx_path)),
      kind_(kind),
      path_(idx_path_.substr(0, idx_path_.size() - 4) + ".pack"),
      number_(next_number()),
      idx_stamp_(stamp_at(idx_path_)),
      stamp_(stamp_at(path_)) {}

bool pack_file::is_current() const { return stamp_at(idx_path_) == idx_stamp_ && stamp_at(path_) == stamp_; }

object_result<const idx_file*> pack_file::idx() const {
  if (const idx_file* const ready = ready_idx_.load(std::memory_order_acquire)) return ready;
  const std::scoped_lock lock(guard_);
  if (!idx_) {
    DOCTEUR_TRY(file, table_file::open(idx_path_));
    DOCTEUR_TRY(idx, idx_file::open(std::move(file), kind_));
    idx_ = std::make_unique<const idx_file>(std::move(idx));
    ready_idx_.store(idx_.get(), std::memory_order_release);
  }
  return idx_.get();
}

object_result<const pack_file::opened*> pack_file::pack() const {
  if (const opened* const ready = ready_pack_.load(std::memory_order_acquire)) return ready;
  (void)idx();  // it takes the same lock
  const std::scoped_lock lock(guard_);
  if (!pack_) {
    DOCTEUR_TRY(made, open_pack());
    pack_ = std::make_unique<const opened>(std::move(made));
    ready_pack_.store(pack_.get(), std::memory_order_release);
  }
  return pack_.get();
}

// Checks what git checks when it opens a PACK: header, number of objects, and that trailer and IDX match. Without a
// readable IDX (a multi-pack-index led here) there is less to compare.
object_result<pack_file::opened> pack_file::open_pack() const {
  auto file = pooled_file::open(path_);
  if (!file && file.error().missing)
    return tl::unexpected<object_fault>({true, "is missing: its PACK " + printable(path_) + " does not exist"});
  if (!file) return in_pack(std::move(file.error()));
  const std::uint64_t size = (*file)->size();
  if (size < kPackHeaderSize + pack_trailer_size(kind_)) return in_pack(damaged("its PACK is truncated").value());
  std::array<std::byte, kPackHeaderSize> head;
  oid trailer(kind_);
  auto read = (*file)->read(0, head);
  if (read) read = (*file)->read(size - pack_trailer_size(kind_), trailer.view());
  if (!read) return in_pack(std::move(read.error()));
  const auto version = load_be<std::uint32_t>(head.data() + 4);
  if (load_be<std::uint32_t>(head.data()) != kPackMagic || version < 2 || version > 3)
    return in_pack(damaged("its PACK has an unknown version").value());
  if (idx_) {
    const auto checksum = idx_->pack_checksum();
    if (!checksum) return located(checksum.error(), idx_path_);
    if (load_be<std::uint32_t>(head.data() + 8) != idx_->count() || *checksum != trailer)
      return in_pack(damaged("its PACK does not match the IDX").value());
  }
  return opened{std::move(*file), size - pack_trailer_size(kind_), kind_};
}

// Fills `room`, but not beyond the trailer.
object_result<bytes> pack_file::read_some(const opened& from, std::uint64_t offset, mutable_bytes room) {
  if (offset < kPackHeaderSize || offset >= from.end) return damaged("an offset outside the PACK");
  room = room.first(static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), from.end - offset)));
  DOCTEUR_CHECK(from.file->read(offset, room));
  return bytes(room);
}

object_result<entry_header> pack_file::read_header(const opened& from, std::uint64_t offset) {
  std::array<std::byte, kMaxEntryHeader> room;
  DOCTEUR_TRY(head, read_some(from, offset, room));
  const auto header = decode_entry_header(head, offset, offset, from.kind);
  if (!header) return fault_of(header.error());
  if (!is_plausible_size(header->size, from.end - offset)) return damaged("its zlib stream cannot have its size");
  if (is_delta(header->type) && header->size > kLargestDelta) return damaged("its delta is too large");
  return *header;
}

object_result<object_summary> pack_file::summary(const opened& from, std::uint64_t offset) {
  DOCTEUR_TRY(header, read_header(from, offset));
  if (!is_delta(header.type)) return object_summary{type_of(header.type), header.size};
  std::array<std::byte, kMaxDeltaHeader> front;
  DOCTEUR_TRY(n, inflate_front({from.file, offset + header.header_size, from.end}, front));
  const auto delta = decode_delta_header(bytes(front).first(n), offset);
  if (!delta) return fault_of(delta.error());
  return object_summary{std::nullopt, delta->result_size};
}

object_result<object_summary> pack_file::info(std::uint64_t offset) const {
  DOCTEUR_TRY(from, pack());
  auto answer = summary(*from, offset);
  if (!answer) return in_pack(std::move(answer.error()));
  return answer;
}

// The length of the stream is not recorded: reads a guess first, and more if that was too little.
object_result<void> pack_file::inflate(const opened& from, std::uint64_t offset, const entry_header& header,
                                       std::vector<std::byte>& out) {
  const std::uint64_t at = offset + header.header_size;
  if (header.size > kReadWhole) return inflate_whole({from.file, at, from.end}, 0, header.size, out);
  thread_local std::vector<std::byte> input;
  thread_local auto engine = inflater::make();
  if (!engine) return unreadable(ENOMEM);
  if (input.capacity() > kKeptInput) release(input);
  const auto size = static_cast<std::size_t>(header.size);
  out.resize(size);
  for (std::size_t want = std::max(kFirstRead, size / 2);; want *= 2) {
    input.resize(want);
    DOCTEUR_TRY(data, read_some(from, at, input));
    const auto taken = engine->inflate(data, out, offset);
    if (taken) return {};
    if (data.size() < want || want > kFirstRead + size + size / 8) return fault_of(taken.error());
  }
}

object_result<std::uint64_t> pack_file::base_of(const entry_header& header, base_finder& elsewhere) const {
  if (header.type == entry_type::ofs_delta) return header.base_offset;
  if (const auto index = idx()) {
    const auto offset = (*index)->find(header.base_id);
    if (offset && *offset) return **offset;
  }
  if (const auto offset = elsewhere.offset_in(number_, header.base_id)) return *offset;
  return damaged("its delta's base is not in the PACK");
}

object_result<object_type> pack_file::read(std::uint64_t offset, std::vector<std::byte>& out,
                                           base_finder& elsewhere) const {
  DOCTEUR_TRY(from, pack());
  auto answer = rebuild(*from, offset, out, elsewhere);
  if (!answer) return in_pack(std::move(answer.error()));
  return answer;
}

object_result<object_type> pack_file::rebuild(const opened& from, std::uint64_t offset, std::vector<std::byte>& out,
                                              base_finder& elsewhere) const {
  DOCTEUR_TRY(header, read_header(from, offset));
  if (!is_delta(header.type)) {
    DOCTEUR_CHECK(inflate(from, offset, header, out));
    return type_of(header.type);
  }
  out.clear();
  std::vector<step> steps{{offset, header}};
  DOCTEUR_TRY(base, descend(from, steps, elsewhere));
  for (;;) {
    const step last = steps.back();
    auto made = apply(from, last, base->content);
    if (made && steps.size() > 1) {
      base = std::make_shared<cached_base>(cached_base{base->type, std::move(*made)});
      source_memory::shared().bases.keep(number_, last.offset, base);
      steps.pop_back();
    } else if (made) {
      out = std::move(*made);
      return base->type;
    } else {
      DOCTEUR_TRY(copy, recover(steps, std::move(made.error()), elsewhere));
      base = std::move(copy);
    }
  }
}

// Goes from the one delta in `steps` down to the base of the chain, and adds the deltas on the way.
object_result<pack_file::base_ptr> pack_file::descend(const opened& from, std::vector<step>& steps,
                                                      base_finder& elsewhere) const {
  base_cache& bases = source_memory::shared().bases;
  for (;;) {
    const entry_header& last = steps.back().header;
    const auto next = base_of(last, elsewhere);
    if (!next) {
      if (auto copy = elsewhere.find_elsewhere(last.base_id, number_, 0)) return copy;
      return recover(steps, next.error(), elsewhere);
    }
    if (auto known = bases.find(number_, *next)) return known;
    auto header = read_header(from, *next);
    if (header && is_delta(header->type)) {
      if (steps.size() == kLongestChain) return damaged("its chain of deltas is too long");
      steps.push_back({*next, *header});
      continue;
    }
    auto base = header ? base_at(from, *next, *header) : tl::unexpected<object_fault>(std::move(header.error()));
    if (!base) {
      if (auto copy = recover(*next, elsewhere)) return copy;
      return recover(steps, std::move(base.error()), elsewhere);
    }
    bases.keep(number_, *next, *base);
    return base;
  }
}

object_result<pack_file::base_ptr> pack_file::base_at(const opened& from, std::uint64_t offset,
                                                      const entry_header& header) {
  cached_base base{type_of(header.type), {}};
  DOCTEUR_CHECK(inflate(from, offset, header, base.content));
  return std::make_shared<const cached_base>(std::move(base));
}

// Another copy of the object at `offset`, which is damaged here; null when there is none.
pack_file::base_ptr pack_file::recover(std::uint64_t offset, base_finder& elsewhere) const {
  const auto index = idx();
  if (!index) return nullptr;
  const auto id = (*index)->id_at(offset);
  if (!id || !*id) return nullptr;
  auto copy = elsewhere.find_elsewhere(**id, number_, offset);
  if (copy) source_memory::shared().bases.keep(number_, offset, copy);
  return copy;
}

// The last of `steps` cannot be applied because of `fault`: returns the nearest object above it that is whole
// elsewhere, and leaves the steps that build on it. The object asked for is not among them.
object_result<pack_file::base_ptr> pack_file::recover(std::vector<step>& steps, object_fault fault,
                                                      base_finder& elsewhere) const {
  while (steps.size() > 1) {
    auto copy = recover(steps.back().offset, elsewhere);
    steps.pop_back();
    if (copy) return copy;
  }
  return tl::unexpected<object_fault>(std::move(fault));
}

object_result<std::vector<std::byte>> pack_file::apply(const opened& from, const step& last, bytes base) {
  std::vector<std::byte> delta;
  DOCTEUR_CHECK(inflate(from, last.offset, last.header, delta));
  const auto sizes = decode_delta_header(delta, last.offset);
  if (!sizes) return fault_of(sizes.error());
  if (sizes->result_size > kLargestDelta) return damaged("the result of a delta is too large");
  if (sizes->result_size > kReadWhole) {
    // A false size takes no memory.
    const auto makes = measure_delta(delta, last.offset);
    if (!makes) return fault_of(makes.error());
    if (*makes != sizes->result_size) return damaged("the result of a delta has another size than its header");
  }
  std::vector<std::byte> made(static_cast<std::size_t>(sizes->result_size));
  if (const auto done = apply_delta(base, delta, made, last.offset); !done) return fault_of(done.error());
  return made;
}

object_result<std::unique_ptr<byte_stream>> pack_file::open_stream(std::uint64_t offset) const {
  DOCTEUR_TRY(from, pack());
  auto header = read_header(*from, offset);
  if (!header) return in_pack(std::move(header.error()));
  if (is_delta(header->type)) return nullptr;
  auto stream = open_inflated({from->file, offset + header->header_size, from->end}, 0, header->size);
  if (!stream) return in_pack(std::move(stream.error()));
  return stream;
}

}  // namespace docteur
