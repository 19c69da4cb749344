#include "remote/http_device.hpp"

#include <algorithm>
#include <new>

#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kFirstRequest = 64 << 10;              // bytes
constexpr std::uint64_t kHeld = std::uint64_t{32} << 20;       // bytes of blocks in memory
constexpr std::uint64_t kPart = std::uint64_t{4} << 20;        // bytes of a long read that are wanted at once
constexpr std::uint64_t kMostAdvice = std::uint64_t{4} << 20;  // bytes

}  // namespace

http_device::http_device(std::unique_ptr<range_client> client)
    : client_(std::move(client)), ahead_(client_->version().size), blocks_(client_->version().size, kHeld) {}

http_device::~http_device() { client_.reset(); }

outcome<std::unique_ptr<http_device>> http_device::open(std::string_view url, const http_options& options) {
  DOCTEUR_TRY(origin, origin_of_url(url));
  std::vector<std::byte> head(kFirstRequest);
  DOCTEUR_TRY(client, range_client::open(std::move(origin), options, head));
  std::unique_ptr<http_device> device(new http_device(std::move(client)));
  for (std::uint64_t i = 0; i * kBlock < head.size(); ++i) (void)device->blocks_.want(i);
  (void)device->blocks_.next();
  (void)device->blocks_.take(0, head);
  device->client_->serve(device.get());
  return device;
}

outcome<std::unique_ptr<http_device>> http_device::pinned(std::string_view url, const http_options& options,
                                                          std::uint64_t size, std::string_view identity) {
  const auto version = parse_version(identity);
  if (!version || version->size != size)
    return give_up(blame::usage,
                   "not the version of a file of " + std::to_string(size) + " bytes: " + printable(identity));
  DOCTEUR_TRY(origin, origin_of_url(url));
  origin.version = *version;
  return pinned(std::move(origin), options);
}

outcome<std::unique_ptr<http_device>> http_device::pinned(range_origin origin, const http_options& options) {
  DOCTEUR_TRY(client, range_client::pinned(std::move(origin), options));
  std::unique_ptr<http_device> device(new http_device(std::move(client)));
  device->client_->serve(device.get());
  return device;
}

device http_device::view() const noexcept {
  device d;
  d.self = const_cast<http_device*>(this);
  d.size = size();
  d.read = read;
  return d;
}

result<done> http_device::read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  try {
    while (!out.empty()) {
      const mutable_bytes part = out.first(std::min<std::uint64_t>(out.size(), kPart));
      DOCTEUR_CHECK(static_cast<http_device*>(self)->read_part(offset, part));
      out = out.subspan(part.size());
      offset += part.size();
    }
    return done{};
  } catch (const std::bad_alloc&) {
    return fail(errc::out_of_memory, offset, "no memory for what the server sends");
  }
}

result<done> http_device::read_part(std::uint64_t offset, mutable_bytes out) {
  const std::uint64_t end = offset + out.size();
  const device_range ahead = reads_ahead_ ? ahead_.note(offset, out.size()) : device_range{};
  std::vector<held_blocks::block> needed;
  std::unique_lock lock(guard_);
  for (std::uint64_t i = offset / kBlock; i * kBlock < end; ++i) needed.push_back(blocks_.want_now(i));
  want(ahead.offset, ahead.size);
  client_->wake();
  for (const held_blocks::block& b : needed) {
    arrived_.wait(lock, [&b] { return b->is == held_block::state::here || b->is == held_block::state::failed; });
    if (b->is == held_block::state::here) continue;
    if (b->why->code == errc::unavailable) return fail(errc::unavailable, offset, "the server does not answer");
    return fail(b->why->code, offset, "the server does not give this version of the image");
  }
  lock.unlock();
  for (std::uint64_t at = offset; at < end;) {
    const bytes from = bytes(needed[at / kBlock - offset / kBlock]->content).subspan(at % kBlock);
    const bytes piece = from.first(std::min<std::uint64_t>(from.size(), end - at));
    std::ranges::copy(piece, out.begin() + static_cast<std::ptrdiff_t>(at - offset));
    at += piece.size();
  }
  return done{};
}

// Under the guard.
void http_device::want(std::uint64_t offset, std::uint64_t size) {
  for (std::uint64_t i = offset / kBlock; i * kBlock < offset + size; ++i) (void)blocks_.want(i);
}

void http_device::prefetch(std::uint64_t offset, std::uint64_t size) noexcept {
  try {
    const std::uint64_t whole = this->size();
    if (offset >= whole) return;
    const std::lock_guard lock(guard_);
    want(offset, std::min({size, whole - offset, kMostAdvice}));
  } catch (const std::bad_alloc&) {
    return;  // it was advice
  }
  client_->wake();
}

std::optional<byte_range> http_device::next() {
  const std::lock_guard lock(guard_);
  return blocks_.next();
}

bool http_device::take(byte_range, std::uint64_t at, bytes piece) {
  const std::lock_guard lock(guard_);
  if (blocks_.take(at, piece)) arrived_.notify_all();
  return true;
}

void http_device::end(byte_range range, const std::optional<range_failure>& why) {
  if (!why) return;
  const std::lock_guard lock(guard_);
  blocks_.fail(range, *why);
  arrived_.notify_all();
}

}  // namespace docteur
