#include "host/checked_device.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace docteur {

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
    if (from > 0 || out.size() < kDigestBlock) keep(first, bytes(all).first(view.size(first)));
    const std::uint64_t last = first + run - 1;
    if (run > 1 && from + out.size() < size) keep(last, bytes(all).subspan((run - 1) * kDigestBlock));
    return done{};
  }

  // Without memory the block is not kept.
  void keep(std::uint64_t block, bytes content) noexcept {
    try {
      const auto copy = std::make_shared_for_overwrite<std::byte[]>(content.size());
      std::memcpy(copy.get(), content.data(), content.size());
      held_.add(block, copy);
    } catch (const std::bad_alloc&) {
      return;
    }
  }

  device below_;
  image_digests digests_;
  recent_blocks held_;
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
