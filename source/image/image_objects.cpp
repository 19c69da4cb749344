#include "source/image/image_objects.hpp"

#include <array>

#include "base/oid_text.hpp"
#include "host/describe.hpp"
#include "host/heap.hpp"
#include "layout/image_header.hpp"
#include "pack/delta.hpp"
#include "pack/inflate.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kKept = 16u << 20;               // bytes of content that each thread keeps
constexpr std::uint64_t kMost = std::uint64_t{2} << 30;  // bytes of an object that is rebuilt in memory
constexpr std::size_t kDeltaHeader = 20;                 // bytes: two sizes, at most

}  // namespace

image_objects::image_objects(std::unique_ptr<image_device> disk, std::string shown)
    : disk_(std::move(disk)),
      shown_(std::move(shown)),
      contents_([this] { return pack_contents(disk_->view(), entries_.places, kKept, kMost, shown_); }) {}

outcome<std::shared_ptr<const image_objects>> image_objects::open(std::unique_ptr<image_device> disk, std::string shown,
                                                                  unsigned threads, progress& report) {
  std::shared_ptr<image_objects> all(new image_objects(std::move(disk), std::move(shown)));
  verify_options options;
  options.threads = threads;
  options.faults = 1;
  DOCTEUR_TRY(found, verify_image(all->disk(), options, report));
  if (!found.good()) {
    const fault& first = found.faults.front();
    return tl::unexpected<failure>(describe({first.code, first.at, first.what.c_str()}, all->shown_));
  }
  if (!found.digest)
    return give_up(blame::input, all->shown_ + ": has no digest section: make a new image without --from");
  all->report_ = std::move(found);
  DOCTEUR_TRY(entries, load_pack_entries(all->disk(), all->shown_));
  all->entries_ = std::move(entries);
  return std::shared_ptr<const image_objects>(std::move(all));
}

outcome<void> image_objects::read(std::uint32_t place, std::vector<std::byte>& out) const {
  DOCTEUR_TRY(content, contents_.local().get(place));
  if (content == nullptr) return wrong(entries_.ids[place], "cannot be rebuilt");
  out = *content;
  return {};
}

outcome<std::vector<std::byte>> image_objects::read(const oid& id) const {
  const std::uint32_t place = entries_.find(id);
  if (place == kNoPackEntry) return wrong(id, "is missing");
  std::vector<std::byte> content;
  DOCTEUR_CHECK(read(place, content));
  return content;
}

outcome<bool> image_objects::inflate(std::uint32_t place, std::vector<std::byte>& out) const {
  return contents_.local().inflate(place, out);
}

outcome<std::uint64_t> image_objects::size(std::uint32_t place) const {
  const pack_place& p = entries_.places[place];
  if (!is_delta(p.type)) return p.size;
  const std::uint64_t at = kPackOffset + p.stream_at();
  std::vector<std::byte> begin(static_cast<std::size_t>(std::min<std::uint64_t>(p.stream_size(), 4096)));
  if (const auto r = read_exactly(disk(), at, begin); !r) return failed(r.error());
  auto stream = inflate_stream::make(heap_memory(), inflate_stream::framing::zlib);
  if (!stream) return failed(stream.error());
  std::array<std::byte, kDeltaHeader> head;
  std::size_t have = 0;
  for (bytes rest = begin; have < head.size() && have < p.size;) {
    const auto step = stream->next(rest, mutable_bytes(head).subspan(have), at);
    if (!step) return failed(step.error());
    if (step->consumed == 0 && step->produced == 0) break;
    rest = rest.subspan(step->consumed);
    have += step->produced;
  }
  const auto decoded = decode_delta_header(bytes(head).first(have), at);
  if (!decoded) return failed(decoded.error());
  return decoded->result_size;
}

tl::unexpected<failure> image_objects::failed(const error& e) const {
  return tl::unexpected<failure>(describe(e, shown_));
}

tl::unexpected<failure> image_objects::wrong(const oid& id, std::string_view what) const {
  return give_up(blame::input, shown_ + ": object " + hex_text(id) + " " + std::string(what));
}

}  // namespace docteur
