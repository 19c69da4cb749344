#pragma once
// Opens the image that a command was given, and names it in messages. Hosted.

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/opened_image.hpp"

namespace docteur::cli {

// Adds --digest to `app`. `to`: what it was given.
void add_digest_option(CLI::App& app, std::optional<std::string>& to);
// Parses what --digest was given, if it was. Fails with blame::usage.
[[nodiscard]] outcome<std::optional<oid>> digest_of(const std::optional<std::string>& given);

// opened_image::open() with the argument, printable, as the name in messages. `digest`: as --digest was given.
[[nodiscard]] outcome<std::unique_ptr<opened_image>> open_image(const std::string& path,
                                                                paths_from source = paths_from::section,
                                                                const std::optional<std::string>& digest = {});

// "IMAGE: PATH", for messages; printable.
[[nodiscard]] std::string subject(const opened_image& from, std::string_view path);
// A failure about `path` inside the image.
[[nodiscard]] failure about(const opened_image& from, const error& e, std::string_view path);

}  // namespace docteur::cli
