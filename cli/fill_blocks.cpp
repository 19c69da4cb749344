#include "cli/fill_blocks.hpp"

#include <algorithm>
#include <memory>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/json.hpp"
#include "cli/progress_line.hpp"
#include "cli/signal_watch.hpp"
#include "host/background_reader.hpp"
#include "host/describe.hpp"
#include "update/old_image.hpp"

namespace docteur::cli {
namespace {

// The blocks of the list, which must be one of this image.
outcome<std::vector<block_run>> listed(const opened_image& image, const std::string& file) {
  DOCTEUR_TRY(list, read_block_list(file));
  const auto is = listed_image_of(image.image());
  if (!is) return tl::make_unexpected(describe(is.error(), image.shown()));
  if (list.of != *is)
    return give_up(blame::input, file + ": the list of another image, of commit " + hex_text(list.of.commit));
  return std::move(list.blocks);
}

std::uint64_t bytes_of(const std::vector<block_run>& blocks, std::uint64_t size) {
  std::uint64_t n = 0;
  for (const block_run& run : blocks) n += std::min(run.count * kListedBlock, size - run.first * kListedBlock);
  return n;
}

}  // namespace

outcome<void> fill_blocks(const char* program, const fill_options& options) {
  const signal_watch signals;
  const std::string shown = shown_image(options.image);
  DOCTEUR_TRY(style, progress_style_of("", options.json));
  progress_line line(style, program);
  std::shared_ptr<old_image> old;
  remote_options remote = options.remote;
  if (!options.from.empty()) {
    DOCTEUR_TRY(opened, old_image::open(options.from, remote.tell));
    remote.source = old = std::move(opened);
  }
  DOCTEUR_TRY(disk, open_image_device(options.image, remote));
  if (!disk->keeps()) return give_up(blame::environment, shown + ": nothing is kept of it: there is no usable cache");
  const std::uint64_t size = disk->view().size;
  std::vector<block_run> blocks = all_blocks(size);
  std::unique_ptr<opened_image> image;
  image_device* source = disk.get();
  if (!options.list.empty()) {
    DOCTEUR_TRY(opened, opened_image::attach(std::move(disk), shown));
    image = std::move(opened);
    source = &image->source();
    DOCTEUR_TRY(some, listed(*image, options.list));
    blocks = std::move(some);
  }
  line.phase("fetching", 0);
  const std::uint64_t wanted = bytes_of(blocks, size);
  background_reader reader(*source, std::move(blocks), options.rate);
  if (auto done = reader.wait(shown, line); !done) {
    line.clear();
    return tl::make_unexpected(with_cause(std::move(done.error()), *source));
  }
  line.clear();
  bool pipe_closed = false;
  const std::uint64_t fetched = reader.fetched();
  const transfer moved = source->transferred();
  json_object o;
  o.add("image", shown).add("size", size).add("wanted", wanted).add("fetched", fetched);
  o.add("requests", moved.requests).add("received_bytes", moved.bytes);
  std::string text = shown + ": " + std::to_string(fetched) + " bytes fetched of " + std::to_string(wanted);
  if (old) {
    o.add("taken", old->taken());
    text += ", " + std::to_string(old->taken()) + " of them from " + printable(options.from) + ": moved " +
            std::to_string(moved.bytes) + " bytes in " + std::to_string(moved.requests) + " requests";
  }
  return write_out(as_bytes((options.json ? o.text() : text) + "\n"), pipe_closed);
}

}  // namespace docteur::cli
