// Whole content that a client holds while there is room. Once it was taken away it is read again: a coded form straight
// from the device, a blob that is not a delta through a stream, and any other object is built again, or coded again, of
// which a window is kept.

#include <algorithm>
#include <array>
#include <optional>

#include "object/release.hpp"
#include "unikernel-example/application/gzip_member.hpp"
#include "unikernel-example/application/response_body.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kWindow = 64 << 10;  // bytes

// The zlib stream as it is on the device.
class device_source final : public body_source {
 public:
  device_source(const device& disk, std::uint64_t begin, std::span<std::byte> scratch)
      : disk_(&disk), begin_(begin), scratch_(scratch) {}
  result<bytes> read(std::uint64_t at, std::size_t most) override {
    const std::span<std::byte> piece = scratch_.first(std::min(most, scratch_.size()));
    DOCTEUR_CHECK(read_exactly(*disk_, begin_ + at, piece));
    return bytes(piece);
  }

 private:
  const device* disk_;
  std::uint64_t begin_;  // bytes from the start of the device
  std::span<std::byte> scratch_;
};

// A gzip member of a stream on the device. Its end was computed when its content was checked.
class gzip_source final : public body_source {
 public:
  using tail = std::array<std::byte, kGzipTail>;
  // Of other content: zeros.
  static tail tail_of(const content& c) noexcept {
    tail t{};
    if (c.form == content_form::gzip) std::ranges::copy(c.view().last(kGzipTail), t.begin());
    return t;
  }
  gzip_source(const device& disk, const zlib_extent& stream, const tail& end, std::span<std::byte> scratch)
      : blocks_(disk, stream.offset, scratch), end_at_(gzip_size(stream.size) - kGzipTail), end_(end) {}
  result<bytes> read(std::uint64_t at, std::size_t most) override {
    if (at < kGzipHead) return front(bytes(kGzipHeadBytes).subspan(at), most);
    if (at >= end_at_) return front(bytes(end_).subspan(at - end_at_), most);
    return blocks_.read(at - kZlibInGzip, static_cast<std::size_t>(std::min<std::uint64_t>(most, end_at_ - at)));
  }

 private:
  static bytes front(bytes piece, std::size_t most) { return piece.first(std::min(most, piece.size())); }

  device_source blocks_;
  std::uint64_t end_at_;  // in the member
  tail end_;
};

// An object that is built again, and compared with its id, for each window; `form`: plain, made_gzip or made_dcz. What
// is coded again must be what the client began to get (`crc`).
class window_source final : public body_source, private open_read {
 public:
  window_source(site& s, const object_facts& f, content_form form, std::uint32_t dictionary, std::uint32_t crc)
      : open_read(s.open_reads()), site_(&s), facts_(f), form_(form), dictionary_(dictionary), crc_(crc) {}
  result<bytes> read(std::uint64_t at, std::size_t most) override {
    if (!held_ || held_->get() == nullptr) {
      if (is_costly(at)) DOCTEUR_CHECK(move_to(at));
    }
    const content* const c = held_ ? held_->get() : nullptr;
    if (c != nullptr) {
      held_->touch();
    } else {
      touch();
    }
    const bytes rest = c != nullptr ? c->view().subspan(at) : bytes(window_).subspan(at - begin_);
    return rest.first(std::min(most, rest.size()));
  }

  bool is_costly(std::uint64_t at) const override {
    return (!held_ || held_->get() == nullptr) && (at < begin_ || at - begin_ >= window_.size());
  }

 private:
  void close() noexcept override { release(window_); }

  result<done> move_to(std::uint64_t at) {
    held_.reset();
    DOCTEUR_TRY(c, site_->whole_again(facts_, form_, dictionary_));
    if (c->crc != crc_) return fail(errc::unavailable, 0, "content is coded differently now");
    if (site_->has_room()) {
      leave();
      close();
      held_.emplace(site_->held(), std::move(c));
      return done{};
    }
    const bytes rest = c->view().subspan(at);
    const bytes piece = rest.first(std::min(rest.size(), kWindow));
    window_.assign(piece.begin(), piece.end());
    begin_ = at;
    return done{};
  }

  site* site_;
  object_facts facts_;
  content_form form_;
  std::uint32_t dictionary_;  // of made_dcz
  std::uint32_t crc_;
  std::optional<content_hold> held_;
  std::vector<std::byte> window_;
  std::uint64_t begin_ = 0;  // of the window, in the content
};

class held_source final : public body_source {
 public:
  held_source(std::shared_ptr<site> s, const object_facts& f, shared_content c, std::span<std::byte> scratch,
              bool prove)
      : site_(std::move(s)),
        facts_(f),
        form_(c->form),
        dictionary_(c->dictionary),
        crc_(c->crc),
        end_(gzip_source::tail_of(*c)),
        scratch_(scratch),
        prove_(prove),
        hold_(site_->held(), std::move(c)) {}

  result<bytes> read(std::uint64_t at, std::size_t most) override {
    if (const content* c = hold_.get()) {
      hold_.touch();
      const bytes rest = c->view().subspan(at);
      return rest.first(std::min(most, rest.size()));
    }
    if (!again_) DOCTEUR_CHECK(begin_again(at));
    return again_->read(at, most);
  }

  // nullptr once it was taken away.
  [[nodiscard]] const content* held() const noexcept { return hold_.get(); }
  void touch() noexcept { hold_.touch(); }
  bool is_costly(std::uint64_t at) const override {
    return hold_.get() == nullptr && (!again_ || again_->is_costly(at));
  }

 private:
  result<done> begin_again(std::uint64_t at) {
    const device& disk = site_->image().disk();
    if (form_ == content_form::zlib) {
      again_ = std::make_unique<device_source>(disk, facts_.deflate->offset, scratch_);
      return done{};
    }
    if (form_ == content_form::gzip) {
      again_ = std::make_unique<gzip_source>(disk, *facts_.deflate, end_, scratch_);
      return done{};
    }
    if (form_ != content_form::plain || facts_.delta || facts_.type != object_type::blob) {
      again_ = std::make_unique<window_source>(*site_, facts_, form_, dictionary_, crc_);
      return done{};
    }
    DOCTEUR_TRY(stream, make_source(site_, facts_, scratch_, prove_));
    // The hash covers what the client already has.
    for (std::uint64_t passed = 0; prove_ && passed < at;) {
      DOCTEUR_TRY(
          piece, stream->read(passed, static_cast<std::size_t>(std::min<std::uint64_t>(at - passed, scratch_.size()))));
      passed += piece.size();
    }
    again_ = std::move(stream);
    return done{};
  }

  std::shared_ptr<site> site_;
  object_facts facts_;
  content_form form_;
  std::uint32_t dictionary_;  // of made_dcz
  std::uint32_t crc_;
  gzip_source::tail end_;
  std::span<std::byte> scratch_;
  bool prove_;
  content_hold hold_;
  std::unique_ptr<body_source> again_;
};

// The rest of a response that is one whole content. All of it is offered at once while it is held.
class held_body final : public response_body {
 public:
  held_body(std::shared_ptr<site> s, const object_facts& f, shared_content c, std::size_t sent,
            std::span<std::byte> scratch)
      : at_(sent), size_(c->size), source_(std::move(s), f, std::move(c), scratch, /*prove=*/true) {}

  result<bytes> next(std::size_t most) override {
    if (at_ == size_) return bytes();
    DOCTEUR_TRY(piece, source_.read(at_, std::min(most, size_ - at_)));
    at_ += piece.size();
    return piece;
  }
  bytes rest() override {
    const content* const c = source_.held();
    return c != nullptr ? c->view().subspan(at_) : bytes();
  }
  bool is_costly() const override { return at_ < size_ && source_.is_costly(at_); }
  void took(std::size_t n) override {
    at_ += n;
    if (n > 0) source_.touch();
  }

 private:
  std::size_t at_;
  std::size_t size_;
  held_source source_;
};

}  // namespace

std::unique_ptr<response_body> make_held_body(std::shared_ptr<site> s, const object_facts& f, shared_content c,
                                              std::size_t sent, std::span<std::byte> scratch) {
  auto made = std::make_unique<held_body>(s, f, std::move(c), sent, scratch);
  s->trim();
  return made;
}

std::unique_ptr<body_source> make_source(std::shared_ptr<site> s, const object_facts& f, shared_content c,
                                         std::span<std::byte> scratch, bool prove) {
  if (c->size <= content_ledger::kOwn) return make_source(std::move(c));
  auto made = std::make_unique<held_source>(s, f, std::move(c), scratch, prove);
  s->trim();
  return made;
}

}  // namespace docteur::cache_vm
