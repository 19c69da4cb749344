#include "host/opened_image.hpp"

#include "base/printable.hpp"
#include "host/describe.hpp"
#include "host/first_reads.hpp"
#include "host/huge_page_heap.hpp"
#include "host/local_image.hpp"

namespace docteur {

outcome<std::unique_ptr<opened_image>> opened_image::open(const std::string& path, std::string shown,
                                                          const image_opening& how) {
  DOCTEUR_TRY(disk, open_local_image(path));
  return attach(std::move(disk), std::move(shown), how);
}

outcome<std::unique_ptr<opened_image>> opened_image::attach(std::unique_ptr<image_device> disk, std::string shown,
                                                            const image_opening& how) {
  std::unique_ptr<opened_image> self(new opened_image(std::move(shown), std::move(disk)));
  image_device& source = *self->disk_;
  if (const auto first = source.takes_advice() ? read_first_bytes(source.view()) : std::nullopt) {
    // Attaching waits for one answer after the other. Meanwhile the rest comes.
    if (how.is_read_whole && source.keeps()) self->background_.emplace(source, all_blocks(source.view().size), 0);
    prefetch_first_reads(source, *first, how.source);
  }
  DOCTEUR_TRY(demanded, demanded_of(how.digest, self->disk_->demanded_digest(), self->shown_));
  if (demanded) {
    auto pinned = load_pinned(self->disk_->view(), {&*demanded, 1}, self->shown_);
    if (!pinned) return tl::make_unexpected(with_cause(pinned.error(), *self->disk_));
    self->checked_.emplace(self->disk_->view(), std::move(*pinned));
  }
  attach_options options;
  options.source = how.source;
  options.version = how.version;
  const auto attached = self->attached_.attach(self->disk(), huge_page_memory(), options);
  if (!attached && attached.error().code == errc::not_found && !how.version.empty())
    return give_up(blame::input, self->shown_ + ": no version " + printable(how.version));
  if (!attached) return tl::make_unexpected(with_cause(describe(attached.error(), self->shown_), *self->disk_));
  return self;
}

failure with_cause(failure why, const image_device& disk) {
  const std::string cause = why.who == blame::environment ? disk.last_failure() : "";
  if (!cause.empty()) why.message += why.message.empty() ? cause : " (" + cause + ")";
  return why;
}

}  // namespace docteur
