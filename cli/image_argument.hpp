#pragma once
// Opens the image that a command was given, and names it in messages. Hosted.

#include <memory>
#include <string>
#include <string_view>

#include "host/opened_image.hpp"
#include "remote/open_image_device.hpp"

namespace docteur::cli {

// Opens the image that `name` names (open_image_device()) and attaches it. In messages it is shown_image(name).
[[nodiscard]] outcome<std::unique_ptr<opened_image>> open_image(const std::string& name, const remote_options& remote,
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
