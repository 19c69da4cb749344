#include "unikernel-example/application/response_body.hpp"

#include <algorithm>
#include <optional>

namespace docteur::cache_vm {
namespace {

class memory_source final : public body_source {
 public:
  explicit memory_source(shared_content c) : content_(std::move(c)) {}
  result<bytes> read(std::uint64_t at, std::size_t most) override {
    const bytes rest = content_->view().subspan(at);
    return rest.first(std::min(most, rest.size()));
  }

 private:
  shared_content content_;
};

// A blob that is inflated, or read straight from the device, while it is sent. The hash continues when the stream is
// opened again.
class stream_source final : public body_source, private open_read {
 public:
  stream_source(std::shared_ptr<site> s, const object_facts& f, std::span<std::byte> scratch, bool prove)
      : open_read(s->open_reads()),
        site_(std::move(s)),
        facts_(f),
        scratch_(scratch),
        prove_(prove),
        hash_(object_hash(f.id.kind(), object_type::blob, f.size)) {}

  result<done> open() {
    const std::uint64_t offset = site_->image().index().offset(facts_.position);
    DOCTEUR_TRY(stream, blob_stream::open(site_->reader().objects(), site_->image().restarts(), offset,
                                          /*streamed_from=*/0));
    if (stream.size() != facts_.size) return fail(errc::malformed, 0, "a blob has two sizes");
    DOCTEUR_TRY(restart, site_->image().restarts().find(offset, facts_.size));
    begins_anywhere_ = restart.has_value();
    stream_.emplace(std::move(stream));
    touch();
    return done{};
  }

  result<bytes> read(std::uint64_t at, std::size_t most) override {
    if (stream_) {
      touch();
    } else {
      DOCTEUR_CHECK(open());
    }
    DOCTEUR_TRY(n, stream_->read_some(at, most, scratch_));
    const bytes piece = scratch_.first(n);
    if (prove_) DOCTEUR_CHECK(prove(at, piece));
    return piece;
  }
  bool is_costly(std::uint64_t) const override { return !stream_ && !begins_anywhere_; }

 private:
  void close() noexcept override { stream_.reset(); }

  result<done> prove(std::uint64_t at, bytes piece) {
    hash_.update(piece);
    if (at + piece.size() < facts_.size) return done{};
    if (hash_.finish() != facts_.id)
      return fail(errc::bad_checksum,
                  site_->reader().objects().device_offset(site_->image().index().offset(facts_.position)),
                  "content does not match its id");
    site_->prove(facts_.position);
    return done{};
  }

  std::shared_ptr<site> site_;
  object_facts facts_;
  std::optional<blob_stream> stream_;  // absent while closed
  bool begins_anywhere_ = false;       // opening it in the middle is cheap
  std::span<std::byte> scratch_;
  bool prove_;
  hasher hash_;
};

// Reads one range of a source, a piece at a time.
class range_reader {
 public:
  explicit range_reader(byte_range range) noexcept : left_(range) {}
  [[nodiscard]] bool is_done() const noexcept { return left_.size == 0; }
  [[nodiscard]] bool is_costly(const body_source& source) const { return !is_done() && source.is_costly(left_.at); }
  result<bytes> next(body_source& source, std::size_t most) {
    DOCTEUR_TRY(piece, source.read(left_.at, static_cast<std::size_t>(std::min<std::uint64_t>(most, left_.size))));
    left_.at += piece.size();
    left_.size -= piece.size();
    return piece;
  }

 private:
  byte_range left_;  // not yet read
};

class range_body final : public response_body {
 public:
  range_body(std::unique_ptr<body_source> source, byte_range range) : source_(std::move(source)), rest_(range) {}
  result<bytes> next(std::size_t most) override {
    if (rest_.is_done()) return bytes();
    return rest_.next(*source_, most);
  }
  bool is_costly() const override { return rest_.is_costly(*source_); }

 private:
  std::unique_ptr<body_source> source_;
  range_reader rest_;
};

// The text before part `i`, or after the last part.
std::string delimiter(const multipart& m, std::size_t i) {
  if (i == m.ranges.size()) return "\r\n--" + m.boundary + "--\r\n";
  return "\r\n--" + m.boundary + "\r\nContent-Type: " + m.type +
         "\r\nContent-Range: " + content_range(m.ranges[i], m.size) + "\r\n\r\n";
}

class multipart_body final : public response_body {
 public:
  multipart_body(std::unique_ptr<body_source> source, multipart m)
      : source_(std::move(source)), parts_(std::move(m)), text_(delimiter(parts_, 0)), rest_({0, 0}) {}

  result<bytes> next(std::size_t most) override {
    while (text_sent_ == text_.size()) {
      if (!rest_.is_done()) return rest_.next(*source_, most);
      if (begun_ > parts_.ranges.size()) return bytes();
      text_ = delimiter(parts_, begun_);
      text_sent_ = 0;
    }
    const bytes left = as_bytes(text_).subspan(text_sent_);
    const bytes piece = left.first(std::min(most, left.size()));
    text_sent_ += piece.size();
    if (text_sent_ == text_.size()) {
      rest_ = range_reader(begun_ < parts_.ranges.size() ? parts_.ranges[begun_] : byte_range{0, 0});
      ++begun_;
    }
    return piece;
  }
  bool is_costly() const override { return text_sent_ == text_.size() && rest_.is_costly(*source_); }

 private:
  std::unique_ptr<body_source> source_;
  multipart parts_;
  std::string text_;
  std::size_t text_sent_ = 0;
  range_reader rest_;
  std::size_t begun_ = 0;  // delimiters sent, including the last
};

}  // namespace

std::unique_ptr<body_source> make_source(shared_content c) { return std::make_unique<memory_source>(std::move(c)); }

result<std::unique_ptr<body_source>> make_source(std::shared_ptr<site> s, const object_facts& f,
                                                 std::span<std::byte> scratch, bool prove) {
  auto source = std::make_unique<stream_source>(std::move(s), f, scratch, prove);
  DOCTEUR_CHECK(source->open());
  return source;
}

std::unique_ptr<response_body> make_body(std::unique_ptr<body_source> source, byte_range range) {
  return std::make_unique<range_body>(std::move(source), range);
}

std::unique_ptr<response_body> make_body(std::unique_ptr<body_source> source, multipart m) {
  return std::make_unique<multipart_body>(std::move(source), std::move(m));
}

std::uint64_t size_of(const multipart& m) {
  std::uint64_t sum = delimiter(m, m.ranges.size()).size();
  for (std::size_t i = 0; i < m.ranges.size(); ++i) sum += delimiter(m, i).size() + m.ranges[i].size;
  return sum;
}

std::string content_range(const byte_range& r, std::uint64_t size) {
  return "bytes " + std::to_string(r.at) + "-" + std::to_string(r.at + r.size - 1) + "/" + std::to_string(size);
}

}  // namespace docteur::cache_vm
