#include "unikernel-example/application/response_body.hpp"

#include <algorithm>

namespace docteur::cache_vm {
namespace {

class memory_source final : public object_source {
 public:
  explicit memory_source(shared_content what) : what_(std::move(what)) {}
  result<bytes> read(std::uint64_t at, std::size_t most) override {
    const bytes rest = what_->view().subspan(at);
    return rest.first(std::min(most, rest.size()));
  }

 private:
  shared_content what_;
};

class stream_source final : public object_source {
 public:
  stream_source(std::shared_ptr<site> of, const object_facts& f, blob_stream&& stream, std::span<std::byte> scratch,
                bool prove)
      : of_(std::move(of)),
        facts_(f),
        stream_(std::move(stream)),
        scratch_(scratch),
        prove_(prove),
        hash_(object_hash(object_type::blob, f.size)) {}

  result<bytes> read(std::uint64_t at, std::size_t most) override {
    DOCTEUR_TRY(n, stream_.read_some(at, most, scratch_));
    const bytes piece = scratch_.first(n);
    if (prove_) {
      hash_.update(piece);
      if (at + n == facts_.size) {
        if (hash_.finish() != facts_.id)
          return fail(errc::bad_checksum,
                      of_->reader().objects().device_offset(of_->of().index().offset(facts_.position)),
                      "content is not what its id says");
        of_->prove(facts_.position);
      }
    }
    return piece;
  }

 private:
  std::shared_ptr<site> of_;
  object_facts facts_;
  blob_stream stream_;
  std::span<std::byte> scratch_;
  bool prove_;
  sha1 hash_;
};

class parts_body final : public response_body {
 public:
  parts_body(std::unique_ptr<object_source> from, std::vector<body_part> parts)
      : from_(std::move(from)), parts_(std::move(parts)) {}

  result<bytes> next(std::size_t most) override {
    for (; part_ < parts_.size(); ++part_, done_ = 0) {
      const body_part& p = parts_[part_];
      if (done_ < p.text.size()) {
        const bytes rest = as_bytes(p.text).subspan(done_);
        const bytes piece = rest.first(std::min(most, rest.size()));
        done_ += piece.size();
        return piece;
      }
      const std::uint64_t inside = done_ - p.text.size();
      if (inside >= p.range.size) continue;
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most, p.range.size - inside));
      DOCTEUR_TRY(piece, from_->read(p.range.at + inside, wanted));
      done_ += piece.size();
      return piece;
    }
    return bytes();
  }

 private:
  std::unique_ptr<object_source> from_;
  std::vector<body_part> parts_;
  std::size_t part_ = 0;
  std::uint64_t done_ = 0;  // bytes of the part
};

}  // namespace

std::unique_ptr<object_source> make_source(shared_content what) {
  return std::make_unique<memory_source>(std::move(what));
}

result<std::unique_ptr<object_source>> make_source(std::shared_ptr<site> of, const object_facts& f,
                                                   std::span<std::byte> scratch, bool prove) {
  DOCTEUR_TRY(stream,
              blob_stream::open(of->reader().objects(), of->of().restarts(), of->of().index().offset(f.position),
                                /*streamed_from=*/0));
  if (stream.size() != f.size) return fail(errc::malformed, 0, "a blob has two sizes");
  return std::make_unique<stream_source>(std::move(of), f, std::move(stream), scratch, prove);
}

std::unique_ptr<response_body> make_body(std::unique_ptr<object_source> from, std::vector<body_part> parts) {
  return std::make_unique<parts_body>(std::move(from), std::move(parts));
}

}  // namespace docteur::cache_vm
