#include "cli/image_argument.hpp"

#include "base/printable.hpp"
#include "host/describe.hpp"

namespace docteur::cli {

outcome<std::unique_ptr<opened_image>> open_image(const std::string& path, paths_from source) {
  return opened_image::open(path, printable(path), source);
}

std::string subject(const opened_image& from, std::string_view path) { return from.shown() + ": " + printable(path); }

failure about(const opened_image& from, const error& e, std::string_view path) {
  return describe(e, subject(from, path));
}

}  // namespace docteur::cli
