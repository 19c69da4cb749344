#include "host/checked_device.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace docteur {
namespace {

constexpr std::uint64_t kNone = ~std::uint64_t{0};

// The blocks that were read last, checked.
class held_blocks {
 public:
  // Copies from byte `from` of block number `i` on, if it is held.
  [[nodiscard]] bool copy(std::uint64_t i, std::uint64_t from, mutable_bytes out) noexcept {
    const std::scoped_lock lock(mutex_);
    for (slot& s : slots_) {
      if (s.number != i) continue;
      s.used = ++clock_;
      std::memcpy(out.data(), s.data.get() + from, out.size());
      return true;
    }
    return false;
  }
  [[nodiscard]] bool has(std::uint64_t i) const noexcept {
    const std::scoped_lock lock(mutex_);
    return std::ranges::find(slots_, i, &slot::number) != slots_.end();
  }
  // Keeps the block in place of the one that was not used for longest. Without memory it is not kept.
  void put(std::uint64_t i, bytes block) noexcept {
    const std::scoped_lock lock(mutex_);
    auto to = std::ranges::find(slots_, i, &slot::number);
    if (to == slots_.end()) to = std::ranges::min_element(slots_, {}, &slot::used);
    if (to->data == nullptr) to->data.reset(new (std::nothrow) std::byte[kDigestBlock]);
    if (to->data == nullptr) return;
    std::memcpy(to->data.get(), block.data(), block.size());
    to->number = i;
    to->used = ++clock_;
  }

 private:
  struct slot {
    std::uint64_t number = kNone;
    std::uint64_t used = 0;
    std::unique_ptr<std::byte[]> data;
  };
  mutable std::mutex mutex_;
  std::uint64_t clock_ = 0;
  std::array<slot, checked_device::kHeld> slots_;
};

}  // namespace

class checked_device::state {
 public:
  state(const device& below, image_digests&& digests) : below_(below), digests_(std::move(digests)) {}

  [[nodiscard]] const image_digests& digests() const noexcept { return digests_; }

  result<done> read(std::uint64_t offset, mutable_bytes out) noexcept {
    const std::uint64_t size = digests_.view().head().image_size;
    if (offset > size || out.size() > size - offset) return fail(errc::truncated, offset, "range leaves the image");
    while (!out.empty()) {
      const std::uint64_t block = offset / kDigestBlock;
      const std::uint64_t from = offset % kDigestBlock;
      auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), kDigestBlock - from));
      if (!held_.copy(block, from, out.first(n))) {
        const std::uint64_t run = run_from(block, offset + out.size());
        n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), run * kDigestBlock - from));
        DOCTEUR_CHECK(read_run(block, run, from, out.first(n)));
      }
      offset += n;
      out = out.subspan(n);
    }
    return done{};
  }

 private:
  // The number of blocks from `first` on that are read at once for what ends at byte `end`.
  [[nodiscard]] std::uint64_t run_from(std::uint64_t first, std::uint64_t end) const noexcept {
    std::uint64_t run = 1;
    while (run < kRun && (first + run) * kDigestBlock < end && !held_.has(first + run)) ++run;
    return run;
  }

  // Reads and checks `run` blocks; then fills `out` from byte `from` of the first.
  result<done> read_run(std::uint64_t first, std::uint64_t run, std::uint64_t from, mutable_bytes out) noexcept {
    const digest_view view = digests_.view();
    const std::uint64_t at = first * kDigestBlock;
    const auto size = static_cast<std::size_t>((run - 1) * kDigestBlock + view.size(first + run - 1));
    const std::unique_ptr<std::byte[]> buffer(new (std::nothrow) std::byte[size]);
    if (buffer == nullptr) return fail(errc::out_of_memory, at, "no memory for a block of the image");
    const mutable_bytes all{buffer.get(), size};
    DOCTEUR_CHECK(read_exactly(below_, at, all));
    for (std::uint64_t i = 0; i < run; ++i) {
      const bytes block = bytes(all).subspan(i * kDigestBlock, view.size(first + i));
      if (!view.matches(first + i, block))
        return fail(errc::bad_checksum, at + i * kDigestBlock,
                    "this block is not the one that the image's digest pins");
    }
    std::memcpy(out.data(), all.data() + from, out.size());
    // Blocks of which a part was asked for: the next read may ask for the rest.
    if (from > 0 || out.size() < kDigestBlock) held_.put(first, bytes(all).first(view.size(first)));
    const std::uint64_t last = first + run - 1;
    if (run > 1 && from + out.size() < size) held_.put(last, bytes(all).subspan((run - 1) * kDigestBlock));
    return done{};
  }

  device below_;
  image_digests digests_;
  held_blocks held_;
};

checked_device::checked_device(const device& below, image_digests digests)
    : state_(std::make_unique<state>(below, std::move(digests))) {}
checked_device::checked_device(checked_device&&) noexcept = default;
checked_device& checked_device::operator=(checked_device&&) noexcept = default;
checked_device::~checked_device() = default;

device checked_device::view() const noexcept {
  device d;
  d.self = state_.get();
  d.size = state_->digests().view().head().image_size;
  d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    return static_cast<state*>(self)->read(offset, out);
  };
  return d;
}

const image_digests& checked_device::digests() const noexcept { return state_->digests(); }

}  // namespace docteur
