#pragma once
// Opens the image that a command was given, and names it in messages. Hosted.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/opened_image.hpp"
#include "remote/open_image_device.hpp"

namespace docteur::cli {

// Adds --digest to `app`. `to`: what it was given.
void add_digest_option(CLI::App& app, std::optional<std::string>& to);
// Parses what --digest was given, if it was. Fails with blame::usage.
[[nodiscard]] outcome<std::optional<oid>> digest_of(const std::optional<std::string>& given);

// Opens the image that `name` names (open_image_device()) and attaches it. In messages it is shown_image(name).
// `digest`: as --digest was given.
[[nodiscard]] outcome<std::unique_ptr<opened_image>> open_image(const std::string& name, const remote_options& remote,
                                                                const std::optional<std::string>& digest,
                                                                paths_from source = paths_from::section);

// "IMAGE: PATH", for messages; printable.
[[nodiscard]] std::string subject(const opened_image& from, std::string_view path);
// A failure about `path` inside the image.
[[nodiscard]] failure about(const opened_image& from, const error& e, std::string_view path);
// What the work on the image `from` came to; a failure of its device with the cause (with_cause()).
template <class T>
[[nodiscard]] outcome<T> explained(opened_image& from, outcome<T> what) {
  return what ? std::move(what) : tl::make_unexpected(with_cause(std::move(what.error()), from.source()));
}

}  // namespace docteur::cli
