#include "source/pack_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "layout/image_header.hpp"
#include "pack/delta.hpp"
#include "source/inflated_file.hpp"

namespace docteur {
namespace {

constexpr std::size_t kFirstRead = 4096;                         // bytes: most deltas are shorter
constexpr std::size_t kLongestChain = 4096;                      // git's own bound is 4095 deltas
constexpr std::uint64_t kLargestDelta = std::uint64_t{2} << 30;  // bytes of a delta or of what it makes; git makes none
                                                                 // of files over core.bigFileThreshold, 512 MiB

// Maps a file; empty when it cannot.
bytes map_file(const std::string& path) {
  const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0 || st.st_size <= 0) return {};
  const auto size = static_cast<std::size_t>(st.st_size);
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (map == MAP_FAILED) return {};
  return {static_cast<const std::byte*>(map), size};
}

tl::unexpected<object_fault> fault_of(const error& e) { return damaged(e.what); }

object_type type_of(entry_type type) { return static_cast<object_type>(type); }

}  // namespace

std::unique_ptr<pack_file> pack_file::open(const std::string& idx_path, std::size_t number, base_cache& bases) {
  std::unique_ptr<pack_file> pack(new pack_file(number, bases));
  const std::string path = idx_path.substr(0, idx_path.size() - 4) + ".pack";
  pack->fd_ = unique_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st {};
  if (!pack->fd_ || ::fstat(pack->fd_.get(), &st) != 0) return nullptr;
  const auto size = static_cast<std::uint64_t>(st.st_size);
  if (size < kPackHeaderSize + kPackTrailerSize) return nullptr;
  pack->end_ = size - kPackTrailerSize;
  std::array<std::byte, 8> head{};
  if (!pack->read_some(0, head) || load_be<std::uint32_t>(head.data()) != kPackMagic ||
      load_be<std::uint32_t>(head.data() + 4) != kPackVersion)
    return nullptr;
  pack->map_ = map_file(idx_path);
  const auto idx = idx_view::open(pack->map_, pack->end_, 0);
  if (!idx) return nullptr;
  pack->idx_ = *idx;
  return pack;
}

pack_file::~pack_file() {
  if (!map_.empty()) ::munmap(const_cast<std::byte*>(map_.data()), map_.size());
}

std::optional<std::uint64_t> pack_file::find(const oid& id) const {
  const auto position = idx_.find(id);
  if (!position) return std::nullopt;
  return idx_.offset(*position);
}

// Fills as much of `out` as there is before the trailer.
object_result<std::size_t> pack_file::read_some(std::uint64_t offset, mutable_bytes out) const {
  if (offset >= end_) return damaged("an offset behind the PACK's end");
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end_ - offset)));
  const std::size_t all = out.size();
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected<object_fault>({false, std::string("cannot be read: ") + std::strerror(errno)});
    if (n == 0) return damaged("the PACK became shorter");
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return all;
}

object_result<entry_header> pack_file::read_header(std::uint64_t offset) const {
  std::array<std::byte, kMaxEntryHeader> head;
  DOCTEUR_TRY(n, read_some(offset, head));
  auto header = decode_entry_header(bytes(head).first(n), offset, offset);
  if (!header) return fault_of(header.error());
  return *header;
}

object_result<object_summary> pack_file::info(std::uint64_t offset) const {
  DOCTEUR_TRY(header, read_header(offset));
  if (!is_delta(header.type)) return object_summary{type_of(header.type), header.size};
  std::array<std::byte, kMaxDeltaHeader> front;
  DOCTEUR_TRY(n, inflate_front(fd_.get(), offset + header.header_size, end_, front));
  const auto delta = decode_delta_header(bytes(front).first(n), offset);
  if (!delta) return fault_of(delta.error());
  return object_summary{std::nullopt, delta->result_size};
}

object_result<entry_header> pack_file::inflate_entry(std::uint64_t offset, std::vector<std::byte>& content) const {
  thread_local std::vector<std::byte> input;
  thread_local auto engine = inflater::make();
  if (!engine) return tl::unexpected<object_fault>({false, "cannot be read: out of memory"});
  std::size_t want = kFirstRead;
  for (;;) {
    input.resize(want);
    DOCTEUR_TRY(n, read_some(offset, input));
    const auto header = decode_entry_header(bytes(input).first(n), offset, offset);
    if (!header) return fault_of(header.error());
    if (!is_plausible_size(header->size, end_ - offset)) return damaged("a size that its zlib stream cannot have");
    if (is_delta(header->type) && header->size > kLargestDelta) return damaged("a delta that is too large");
    // Where the stream ends is not written anywhere: a guess first, and more when it was too little.
    const auto likely = static_cast<std::size_t>(header->size / 2);
    if (want < likely && n == want) {
      want = likely + kMaxEntryHeader;
      continue;
    }
    content.resize(static_cast<std::size_t>(header->size));
    const auto taken = engine->inflate(bytes(input).first(n).subspan(header->header_size), content, offset);
    if (taken) return *header;
    if (n < want || want > kFirstRead + header->size + header->size / 8) return fault_of(taken.error());
    want *= 2;
  }
}

object_result<std::uint64_t> pack_file::base_of(const entry_header& header) const {
  if (header.type == entry_type::ofs_delta) return header.base_offset;
  const auto offset = find(header.base_id);
  if (!offset) return damaged("its delta's base is not in the PACK");
  return *offset;
}

object_result<object_type> pack_file::read(std::uint64_t offset, std::vector<std::byte>& out) const {
  // The deltas on the way to the base, the object's own first, and the offsets of what they make.
  struct step {
    std::uint64_t offset;
    std::vector<std::byte> delta;
  };
  std::vector<step> steps;
  std::shared_ptr<const cached_base> base;
  for (std::uint64_t at = offset;;) {
    if (!steps.empty()) base = bases_.find(number_, at);
    if (base) break;
    std::vector<std::byte> content;
    DOCTEUR_TRY(header, inflate_entry(at, steps.empty() ? out : content));
    if (!is_delta(header.type)) {
      if (steps.empty()) return type_of(header.type);
      base = std::make_shared<cached_base>(cached_base{type_of(header.type), std::move(content)});
      bases_.keep(number_, at, base);
      break;
    }
    if (steps.size() == kLongestChain) return damaged("a chain of deltas that is too long");
    if (steps.empty()) content.swap(out);
    steps.push_back({at, std::move(content)});
    DOCTEUR_TRY(next, base_of(header));
    at = next;
  }

  while (!steps.empty()) {
    const step& last = steps.back();
    const auto delta = decode_delta_header(last.delta, last.offset);
    if (!delta) return fault_of(delta.error());
    if (delta->result_size > kLargestDelta) return damaged("a delta that makes too much");
    std::vector<std::byte> made(static_cast<std::size_t>(delta->result_size));
    if (const auto done = apply_delta(base->content, last.delta, made, last.offset); !done)
      return fault_of(done.error());
    if (steps.size() == 1) {
      out = std::move(made);
    } else {
      base = std::make_shared<cached_base>(cached_base{base->type, std::move(made)});
      bases_.keep(number_, last.offset, base);
    }
    steps.pop_back();
  }
  return base->type;
}

object_result<std::unique_ptr<byte_stream>> pack_file::open_stream(std::uint64_t offset) const {
  DOCTEUR_TRY(header, read_header(offset));
  if (is_delta(header.type)) return nullptr;
  return open_inflated(fd_.get(), offset + header.header_size, end_, 0, header.size);
}

}  // namespace docteur
