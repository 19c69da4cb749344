#include "cli/previous_image.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "host/local_image.hpp"
#include "source/image/image_source.hpp"
#include "source/image/kept_pack.hpp"

namespace docteur::cli {
namespace {

// A source counts Git LFS pointers as they are read from it, and blobs that stay as they lie are not: reads those of
// them that are pointers.
outcome<void> read_pointers(const image_objects& older, const kept_entries& kept, const object_source& source) {
  if (older.lfs_pointers().empty()) return {};
  std::vector<std::byte> content;
  const auto objects = source.objects();
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (kept.entries()[i].is_kept() && std::ranges::binary_search(older.lfs_pointers(), objects[i].id))
      DOCTEUR_CHECK(source.read(i, content));
  return {};
}

}  // namespace

void add_previous_options(command_line& app, previous_options& to) {
  const option from =
      app.add_option("--from", to.from, "an older image: what the new one has of it is taken as it lies");
  app.add_flag("--keep", to.keep, "with the versions of the older image, too").needs(from);
}

outcome<previous_image> previous_image::open(const previous_options& options, const output_file& out, unsigned threads,
                                             progress& report) {
  previous_image previous;
  if (options.from.empty()) return previous;
  if (out.is_device(options.from))
    return give_up(blame::usage, "--from: " + printable(options.from) +
                                     ": is the device that the new image is written to; copy the image to a file");
  DOCTEUR_TRY(disk, open_local_image(options.from));
  DOCTEUR_TRY(objects, image_objects::open(std::move(disk), printable(options.from), threads, report));
  previous.objects_ = std::move(objects);
  return previous;
}

outcome<void> previous_image::add_versions(std::vector<named_source>& versions, progress& report) const {
  const auto is_there = [&](std::string_view name) {
    return std::ranges::any_of(versions, [&](const named_source& v) { return v.name == name; });
  };
  DOCTEUR_TRY(older, open_image_versions(objects_, is_there, report));
  std::ranges::move(older, std::back_inserter(versions));
  return {};
}

outcome<std::unique_ptr<kept_entries>> previous_image::use(const object_source& source, const std::string& text,
                                                           image_options& image) const {
  if (objects_ == nullptr) return nullptr;
  DOCTEUR_TRY(kept, find_kept_entries(objects_, source, image.pack));
  DOCTEUR_CHECK(read_pointers(*objects_, *kept, source));
  image.pack.kept = kept.get();
  const verify_report& old = objects_->report();
  image.older = older_image{*old.digest, 0, old.pack_size, old.content_bytes, text};
  if (old.origin) {
    image.older->steps = old.origin->steps;
    image.older->first_pack = old.origin->first_pack;
    image.older->first_content = old.origin->first_content;
  }
  return kept;
}

}  // namespace docteur::cli
