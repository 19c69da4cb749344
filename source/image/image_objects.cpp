#include "source/image/image_objects.hpp"

#include <algorithm>
#include <mutex>

#include "base/oid_text.hpp"
#include "host/describe.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kKept = 16u << 20;               // bytes of content that each thread keeps
constexpr std::uint64_t kMost = std::uint64_t{2} << 30;  // bytes of an object that is rebuilt in memory

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
  std::mutex guard;
  options.see_blob = [&](const oid& id, bytes content) {
    if (!is_lfs_pointer(content)) return;
    const std::lock_guard lock(guard);
    all->lfs_pointers_.push_back(id);
  };
  DOCTEUR_TRY(found, verify_image(all->disk(), options, report));
  if (!found.good()) {
    const fault& first = found.faults.front();
    return tl::unexpected<failure>(describe({first.code, first.at, first.what.c_str()}, all->shown_));
  }
  if (!found.digest)
    return give_up(blame::input, all->shown_ + ": has no digest section: make a new image without --from");
  all->report_ = std::move(found);
  std::ranges::sort(all->lfs_pointers_);
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

tl::unexpected<failure> image_objects::failed(const error& e) const {
  return tl::unexpected<failure>(describe(e, shown_));
}

tl::unexpected<failure> image_objects::wrong(const oid& id, std::string_view what) const {
  return give_up(blame::input, shown_ + ": object " + hex_text(id) + " " + std::string(what));
}

}  // namespace docteur
