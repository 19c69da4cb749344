#pragma once
// Opens the image that a command was given, and names it in messages. Hosted.

#include <memory>
#include <string>
#include <string_view>

#include "host/opened_image.hpp"

namespace docteur::cli {

// opened_image::open() with the argument, printable, as the name in messages.
[[nodiscard]] outcome<std::unique_ptr<opened_image>> open_image(const std::string& path,
                                                                paths_from source = paths_from::section);

// "IMAGE: PATH", for messages; printable.
[[nodiscard]] std::string subject(const opened_image& from, std::string_view path);
// A failure about `path` inside the image.
[[nodiscard]] failure about(const opened_image& from, const error& e, std::string_view path);

}  // namespace docteur::cli
