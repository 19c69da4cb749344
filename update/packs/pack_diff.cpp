#include "update/packs/pack_diff.hpp"

#include <algorithm>

#include "host/describe.hpp"
#include "host/whole_sha256.hpp"
#include "update/packs/pack_patch.hpp"
#include "update/packs/tail_differ.hpp"

namespace docteur {
namespace {

tl::unexpected<failure> another_image(const std::string& shown) {
  return give_up(blame::input,
                 shown + ": the update would not make this image; docteur-verify may say what is odd in it");
}

// Compares what is written with an image.
class comparing_target final : public update_target {
 public:
  explicit comparing_target(const named_image& with) : with_(with) {}
  [[nodiscard]] device view() override { return with_.disk; }

  outcome<void> write(bytes data) override {
    there_.resize(data.size());
    if (data.size() > with_.disk.size - position_) return another_image(with_.shown);
    if (const auto r = read_exactly(with_.disk, position_, there_); !r)
      return tl::make_unexpected(describe(r.error(), with_.shown));
    if (!std::ranges::equal(there_, data)) differs_at_.push_back({position_, position_ + data.size()});
    position_ += data.size();
    return {};
  }

  // Of the digest section, only its room was written. It was compared when the pack was made.
  outcome<void> complete(const image_header& header, const std::optional<digest_head>& digests) override {
    const auto is_section = [&](const range& r) {
      return digests && r.begin >= digests->offset && r.end <= digests->offset + digest_section_size(with_.disk.size);
    };
    image_header_bytes there;
    if (const auto r = read_exactly(with_.disk, 0, there); !r)
      return tl::make_unexpected(describe(r.error(), with_.shown));
    if (!std::ranges::all_of(differs_at_, is_section) || encode_image_header(header) != there)
      return another_image(with_.shown);
    return {};
  }

 private:
  struct range {
    std::uint64_t begin, end;
  };
  named_image with_;
  std::uint64_t position_ = kHeaderSize;
  std::vector<std::byte> there_;
  std::vector<range> differs_at_;
};

}  // namespace

outcome<update_statistics> make_update(const named_image& from, const named_image& to, byte_sink& out,
                                       progress& report) {
  update_header header;
  header.old_size = from.disk.size;
  header.new_size = to.disk.size;
  DOCTEUR_TRY(old_digest, whole_sha256(from.disk, from.shown, report));
  DOCTEUR_TRY(new_digest, whole_sha256(to.disk, to.shown, report));
  header.old_sha256 = old_digest;
  header.new_sha256 = new_digest;
  DOCTEUR_TRY(old_side, image_side::load(from.disk, from.shown, report));
  DOCTEUR_TRY(new_side, image_side::load(to.disk, to.shown, report));
  header.new_pack = new_side->pack.pack_end;
  header.old_entries = static_cast<std::uint32_t>(old_side->pack.places.size());
  header.new_entries = static_cast<std::uint32_t>(new_side->pack.places.size());
  header.kind = new_side->pack.kind;
  DOCTEUR_TRY(codecs, choose_codecs(*new_side));
  header.codecs = codecs;
  DOCTEUR_CHECK(out.write(encode_update_header(header)));
  frame_writer frame(out);
  batch_writer batches(frame);
  entry_differ entries(*old_side, *new_side, codecs, batches);
  DOCTEUR_CHECK(entries.run(report));
  DOCTEUR_CHECK(tail_differ(*old_side, *new_side, batches).run(report));
  DOCTEUR_CHECK(frame.finish());
  return entries.statistics();
}

outcome<void> check_update(const named_image& from, const named_image& to, byte_stream& pack, progress& report) {
  DOCTEUR_TRY(header, read_update_header(pack));
  comparing_target target(to);
  return apply_update(from.disk, header, pack, target, report);
}

}  // namespace docteur
