// The body of an answer to a client of Git: packets, then the PACK as it lies on the device, in pieces.

#include <algorithm>
#include <array>

#include "layout/image_header.hpp"
#include "object/hasher.hpp"
#include "pack/format.hpp"
#include "unikernel-example/application/git_packets.hpp"
#include "unikernel-example/application/git_remote.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {
namespace {

// A packet of side-band-64k: its size, the number of the band, and bytes of the PACK (gitprotocol-pack(5), "Packfile
// Data").
constexpr std::size_t kBandHead = kPacketHead + 1;
constexpr std::size_t kBandData = kMostPacket - kBandHead;
constexpr std::size_t kWorthARead = 4 << 10;  // bytes

// A PACK of no objects.
[[nodiscard]] std::string empty_pack(hash_kind kind) {
  std::array<std::byte, kPackHeaderSize> head{};
  store_be(head.data(), kPackMagic);
  store_be(head.data() + 4, kPackVersion);
  hasher hash(kind);
  hash.update(head);
  const oid trailer = hash.finish();
  return std::string(as_text(head)).append(as_text(trailer.view()));
}

class git_body final : public response_body {
 public:
  git_body(std::shared_ptr<site> s, std::string front, std::uint64_t pack_size, bool in_band, std::string back,
           std::span<std::byte> scratch)
      : site_(std::move(s)),
        front_(std::move(front)),
        back_(std::move(back)),
        pack_(pack_size),
        in_band_(in_band),
        scratch_(scratch) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return front_.size() + framed() + back_.size(); }

  result<bytes> next(std::size_t most) override {
    most = std::min(most, scratch_.size());
    bytes piece;
    if (at_ < front_.size()) {
      piece = as_bytes(front_).subspan(at_);
      piece = piece.first(std::min(most, piece.size()));
    } else if (at_ < front_.size() + framed()) {
      DOCTEUR_TRY(n, fill(at_ - front_.size(), scratch_.first(most)));
      piece = scratch_.first(n);
    } else {
      piece = as_bytes(back_).subspan(at_ - front_.size() - framed());
      piece = piece.first(std::min(most, piece.size()));
    }
    at_ += piece.size();
    return piece;
  }

 private:
  // Bytes of the PACK with the heads of its packets.
  [[nodiscard]] std::uint64_t framed() const noexcept {
    return in_band_ ? pack_ + (pack_ + kBandData - 1) / kBandData * kBandHead : pack_;
  }

  // Fills `out` from byte `at` of the framed PACK on; returns how much was put there. It ends with a packet if only a
  // few bytes of the next one have room, for which the device would be asked anew.
  result<std::size_t> fill(std::uint64_t at, mutable_bytes out) const {
    std::size_t n = 0;
    while (n < out.size() && at < framed() && (n == 0 || at % kMostPacket != 0 || out.size() - n > kWorthARead)) {
      DOCTEUR_TRY(some, in_band_ ? fill_packet(at, out.subspan(n)) : copy(at, out.subspan(n), pack_ - at));
      n += some;
      at += some;
    }
    return n;
  }
  result<std::size_t> fill_packet(std::uint64_t at, mutable_bytes out) const {
    const std::uint64_t packet = at / kMostPacket;
    const auto within = static_cast<std::size_t>(at % kMostPacket);
    const std::uint64_t data = std::min<std::uint64_t>(kBandData, pack_ - packet * kBandData);
    if (within >= kBandHead) return copy(packet * kBandData + within - kBandHead, out, data - (within - kBandHead));
    std::string head;
    const auto size = packet_head(static_cast<std::size_t>(data) + kBandHead);
    head.append(size.data(), size.size()).append(1, '\1');
    const bytes rest = as_bytes(head).subspan(within);
    const std::size_t n = std::min(out.size(), rest.size());
    std::ranges::copy(rest.first(n), out.begin());
    return n;
  }
  // Copies bytes of the PACK from `at` on, at most `most`.
  result<std::size_t> copy(std::uint64_t at, mutable_bytes out, std::uint64_t most) const {
    const mutable_bytes to = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), most)));
    DOCTEUR_CHECK(read_exactly(site_->image().disk(), kPackOffset + at, to));
    return to.size();
  }

  std::shared_ptr<site> site_;
  std::string front_, back_;
  std::uint64_t pack_;  // bytes
  bool in_band_;
  std::span<std::byte> scratch_;
  std::uint64_t at_ = 0;  // bytes that next() has returned
};

}  // namespace

std::unique_ptr<response_body> make_body(std::shared_ptr<site> s, git_answer a, std::span<std::byte> scratch,
                                         std::uint64_t& size) {
  const docteur::image& image = s->image();
  std::uint64_t pack = 0;
  if (a.follows == git_answer::pack::whole) pack = image.index().where().limit + pack_trailer_size(image.kind());
  if (a.follows == git_answer::pack::empty) {
    const std::string text = empty_pack(image.kind());
    a.side_band ? append_packet(a.front, '\1' + text) : void(a.front += text);
  }
  auto body = std::make_unique<git_body>(std::move(s), std::move(a.front), pack, a.side_band,
                                         std::string(a.ends ? kFlush : ""), scratch);
  size = body->size();
  return body;
}

}  // namespace docteur::cache_vm
