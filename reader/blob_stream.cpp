#include "reader/blob_stream.hpp"

#include <algorithm>
#include <array>

namespace docteur {
namespace {

constexpr std::size_t kInput = 32 << 10;   // bytes read from the device at once
constexpr std::size_t kSkipped = 4 << 10;  // inflated at once while skipping

}  // namespace

result<blob_stream> blob_stream::open(object_reader& objects, const restart_index& restarts, std::uint64_t offset,
                                      std::uint64_t streamed_from) noexcept {
  DOCTEUR_TRY(info, objects.info(offset));
  if (info.type != object_type::blob) return fail(errc::wrong_kind, objects.device_offset(offset), "not a blob");
  blob_stream s(objects, restarts);
  s.size_ = info.size;
  if (is_delta(info.header.type) || info.size < streamed_from) {
    DOCTEUR_TRY(object, objects.read(offset));
    s.whole_ = std::move(object.content);
    s.is_whole_ = true;
    return s;
  }
  s.stream_start_ = objects.device_offset(offset) + info.header.header_size;
  s.stream_limit_ = std::min(objects.device_offset(objects.index().entry_limit(offset)), s.device_.size);
  if (s.stream_start_ > s.stream_limit_)
    return fail(errc::truncated, s.stream_start_, "entry ends inside its own header");
  DOCTEUR_TRY(record, restarts.find(offset, info.size));
  s.has_restart_ = record.has_value();
  if (record) s.restart_ = *record;
  // With this check every place computed below is on the device, or a little past its end, and cannot wrap.
  if (s.is_stored() && s.size_ > s.stream_limit_ - s.stream_start_)
    return fail(errc::truncated, s.stream_start_, "stored blob runs past its entry");
  return s;
}

result<done> blob_stream::read(std::uint64_t at, mutable_bytes out) noexcept {
  if (at > size_ || out.size() > size_ - at) return fail(errc::out_of_range, at, "range leaves the blob");
  if (out.empty()) return done{};
  if (is_whole_) {
    std::memcpy(out.data(), whole_.data() + at, out.size());
    return done{};
  }
  if (is_stored()) {
    while (!out.empty()) {
      DOCTEUR_TRY(n, read_stored(at, out.size(), out));
      out = out.subspan(n);
      at += n;
    }
    return done{};
  }
  DOCTEUR_CHECK(seek(at));
  return inflate(out);
}

result<std::size_t> blob_stream::read_some(std::uint64_t at, std::size_t most, mutable_bytes room) noexcept {
  if (at > size_) return fail(errc::out_of_range, at, "range leaves the blob");
  const std::size_t n = std::min<std::uint64_t>({most, room.size(), size_ - at});
  if (n > 0 && is_stored()) return read_stored(at, std::min<std::uint64_t>(most, size_ - at), room);
  DOCTEUR_CHECK(read(at, room.first(n)));
  return n;
}

// Every stored block but the last holds kStoredBlock bytes, so a byte's place can be computed
// (layout/restart_section.hpp). Blocks are read together with the headers between them; the content is then moved over
// the headers. All `most` bytes are inside the blob. Neither `most` nor the size of `room` is 0.
result<std::size_t> blob_stream::read_stored(std::uint64_t at, std::uint64_t most, mutable_bytes room) const noexcept {
  const std::uint64_t block = at / kStoredBlock;
  const std::uint64_t inside = at % kStoredBlock;
  const std::uint64_t from =
      stream_start_ + kZlibHeader + block * (kStoredBlock + kStoredBlockHeader) + kStoredBlockHeader + inside;
  most = std::min<std::uint64_t>(most, room.size());
  const std::uint64_t headers = (inside + most - 1) / kStoredBlock;  // headers of the following blocks
  const std::size_t n = std::min<std::uint64_t>(room.size(), most + headers * kStoredBlockHeader);
  if (from > stream_limit_ || n > stream_limit_ - from)
    return fail(errc::truncated, from, "stored blob runs past its entry");
  DOCTEUR_CHECK(read_exactly(device_, from, room.first(n)));
  std::size_t taken = std::min<std::uint64_t>(n, kStoredBlock - inside);
  for (std::size_t next = taken + kStoredBlockHeader; next < n; next += kStoredBlock + kStoredBlockHeader) {
    const std::size_t some = std::min<std::uint64_t>(n - next, kStoredBlock);
    std::memmove(room.data() + taken, room.data() + next, some);
    taken += some;
  }
  return taken;
}

// Moves inflate_ to byte `at` of the content: forward from its place, from a restart point, or from the start.
result<done> blob_stream::seek(std::uint64_t at) noexcept {
  const std::uint64_t point = has_restart_ ? at / restart_.interval : 0;
  const std::uint64_t point_at = has_restart_ ? point * restart_.interval : 0;
  if (!inflating_ || at < content_at_ || point_at > content_at_) {
    std::uint64_t skip = 0;
    if (point > 0) {
      DOCTEUR_TRY(p, restarts_->point(restart_, point - 1));
      skip = p;
    }
    if (skip > stream_limit_ - stream_start_)
      return fail(errc::out_of_range, stream_start_, "restart point is outside its entry");
    const auto framing = point > 0 ? inflate_stream::framing::raw : inflate_stream::framing::zlib;
    if (!inflating_) {
      DOCTEUR_TRY(fresh, inflate_stream::make(memory_, framing));
      inflate_ = std::move(fresh);
      inflating_ = true;
    } else {
      inflate_.restart(framing);
    }
    content_at_ = point_at;
    device_at_ = stream_start_ + skip;
    pending_ = {};
  }
  std::array<std::byte, kSkipped> skipped;
  while (content_at_ < at) {
    const std::uint64_t n = std::min<std::uint64_t>(skipped.size(), at - content_at_);
    DOCTEUR_CHECK(inflate(mutable_bytes{skipped}.first(n)));
  }
  return done{};
}

result<done> blob_stream::inflate(mutable_bytes out) noexcept {
  bool ended = false;  // zlib may reach the stream's end in the call that returns the last byte
  while (!out.empty()) {
    if (pending_.empty()) DOCTEUR_CHECK(refill());
    DOCTEUR_TRY(step, inflate_.next(pending_, out, device_at_ - pending_.size()));
    pending_ = pending_.subspan(step.consumed);
    out = out.subspan(step.produced);
    content_at_ += step.produced;
    ended = step.ended;
    if (ended && !out.empty()) return fail(errc::malformed, device_at_, "zlib stream is shorter than promised");
  }
  if (content_at_ < size_) return done{};
  // All content has been returned: the stream must end here. If it was read from its start, its Adler-32 must be right.
  while (!ended) {
    if (pending_.empty()) DOCTEUR_CHECK(refill());
    std::array<std::byte, 1> more;
    DOCTEUR_TRY(step, inflate_.next(pending_, more, device_at_ - pending_.size()));
    pending_ = pending_.subspan(step.consumed);
    if (step.produced > 0) return fail(errc::malformed, device_at_, "zlib stream is longer than promised");
    ended = step.ended;
  }
  inflating_ = false;
  return done{};
}

result<done> blob_stream::refill() noexcept {
  const std::uint64_t n = std::min<std::uint64_t>(kInput, stream_limit_ - device_at_);
  if (n == 0) return fail(errc::truncated, device_at_, "zlib stream runs past its entry");
  if (device_.view != nullptr) {
    pending_ = bytes(device_.view + device_at_, n);
  } else {
    if (input_.empty()) {
      DOCTEUR_TRY(buffer, owned_array<std::byte>::make(memory_, kInput));
      input_ = std::move(buffer);
    }
    DOCTEUR_CHECK(read_exactly(device_, device_at_, input_.span().first(n)));
    pending_ = input_.span().first(n);
  }
  device_at_ += n;
  return done{};
}

}  // namespace docteur
