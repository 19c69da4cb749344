#pragma once
// Opens the image that a command was given, and names it in messages. Hosted.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/remote_options.hpp"
#include "host/background_reader.hpp"
#include "host/opened_image.hpp"
#include "host/recorded_image.hpp"
#include "object/result.hpp"

namespace docteur::cli {

// Adds --digest to `app`. `to`: what it was given.
void add_digest_option(command_line& app, std::optional<std::string>& to);
// Adds --at to `app`.
option add_version_option(command_line& app, std::string& to);
// Parses what --digest was given, if it was. Fails with blame::usage.
[[nodiscard]] outcome<std::optional<oid>> digest_of(const std::optional<std::string>& given);

// The image that a command reads, with what --record and --prefetch ask for.
class image_session {
 public:
  // Opens the image that `name` names (open_image_device()) and attaches it. In messages it is shown_image(name).
  // `digest`: what --digest was given; it replaces how.digest. --prefetch replaces how.is_read_whole: only its list is
  // fetched in the background. Ignores a list for another image, and calls options.tell() once.
  [[nodiscard]] static outcome<std::unique_ptr<image_session>> open(const std::string& name,
                                                                    const reading_options& options,
                                                                    const std::optional<std::string>& digest,
                                                                    image_opening how);

  [[nodiscard]] opened_image& image() const noexcept { return *image_; }
  // To be called when the command is done. Returns what its work came to; a failure of the device with its cause
  // (with_cause()). Writes the list of what was read unless the work failed. Stops fetching the list of
  // --prefetch.
  template <class T>
  [[nodiscard]] outcome<T> end(outcome<T> what) {
    if (!what) return tl::make_unexpected(with_cause(std::move(what.error()), image_->source()));
    DOCTEUR_CHECK(finish());
    return what;
  }

 private:
  explicit image_session(const reading_options& options) : options_(options) {}
  outcome<void> start_prefetch();
  outcome<void> finish();

  reading_options options_;
  recorded_image* recorded_ = nullptr;  // image_->source(), with --record
  std::unique_ptr<opened_image> image_;
  std::optional<background_reader> background_;  // of image_
};

// Reads a list of blocks. Fails as read_whole_file() and parse_block_list() do.
[[nodiscard]] outcome<block_list> read_block_list(const std::string& file);

// "IMAGE: PATH", for messages; printable.
[[nodiscard]] std::string subject(const opened_image& from, std::string_view path);
// A failure about `path` inside the image.
[[nodiscard]] failure about(const opened_image& from, const error& e, std::string_view path);
}  // namespace docteur::cli
