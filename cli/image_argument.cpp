#include "cli/image_argument.hpp"

#include <filesystem>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/whole_file.hpp"
#include "host/describe.hpp"
#include "object/result.hpp"
#include "update/old_image.hpp"

namespace docteur::cli {
namespace {

constexpr std::uint64_t kMostListText = std::uint64_t{64} << 20;  // bytes

}  // namespace

void add_digest_option(command_line& app, std::optional<std::string>& to) {
  app.add_option("--digest", to, "only the image of this digest, sha256:HEX; each block that is read is compared");
}

option add_version_option(command_line& app, std::string& to) {
  return app.add_option("--at", to, "the version of this name, in an image of several");
}

outcome<std::optional<oid>> digest_of(const std::optional<std::string>& given) {
  if (!given) return std::optional<oid>();
  DOCTEUR_TRY(digest, parse_digest(*given, "--digest"));
  return std::optional<oid>(digest);
}

outcome<block_list> read_block_list(const std::string& file) {
  DOCTEUR_TRY(text, read_whole_file(file, kMostListText));
  return parse_block_list(text, printable(file));
}

outcome<std::unique_ptr<image_session>> image_session::open(const std::string& name, const reading_options& options,
                                                            const std::optional<std::string>& digest,
                                                            image_opening how) {
  DOCTEUR_TRY(pin, digest_of(digest));
  how.digest = pin;
  how.is_read_whole = how.is_read_whole && options.prefetch.empty();
  if (!options.record.empty()) DOCTEUR_CHECK(check_whole_file(options.record));
  std::unique_ptr<image_session> self(new image_session(options));
  // docteur-mount changes its folder before it ends.
  if (!options.record.empty()) self->options_.record = std::filesystem::absolute(options.record);
  if (!options.from.empty()) {
    DOCTEUR_TRY(old, old_image::open(options.from, options.tell));
    self->options_.source = std::move(old);
  }
  DOCTEUR_TRY(disk, open_image_device(name, self->options_));
  if (!options.record.empty()) {
    auto recorded = std::make_unique<recorded_image>(std::move(disk));
    self->recorded_ = recorded.get();
    disk = std::move(recorded);
  }
  DOCTEUR_TRY(image, opened_image::attach(std::move(disk), shown_image(name), how));
  self->image_ = std::move(image);
  if (!options.prefetch.empty()) DOCTEUR_CHECK(self->start_prefetch());
  return self;
}

outcome<void> image_session::start_prefetch() {
  DOCTEUR_TRY(list, read_block_list(options_.prefetch));
  const auto is = listed_image_of(image_->image());
  if (!is) return tl::make_unexpected(describe(is.error(), image_->shown()));
  if (list.of == *is) {
    background_.emplace(image_->source(), std::move(list.blocks), options_.prefetch_rate);
  } else if (options_.tell) {
    options_.tell(printable(options_.prefetch) + ": the list of another image, of commit " + hex_text(list.of.commit) +
                  "; it is not used");
  }
  return {};
}

outcome<void> image_session::finish() {
  background_.reset();
  if (recorded_ == nullptr) return {};
  const std::vector<block_run> blocks = recorded_->blocks();
  const auto is = listed_image_of(image_->image());
  if (!is) return tl::make_unexpected(describe(is.error(), image_->shown()));
  return write_whole_file(options_.record, block_list_text({*is, blocks}));
}

std::string subject(const opened_image& from, std::string_view path) { return from.shown() + ": " + printable(path); }

failure about(const opened_image& from, const error& e, std::string_view path) {
  return describe(e, subject(from, path));
}

}  // namespace docteur::cli
