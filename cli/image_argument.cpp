#include "cli/image_argument.hpp"

#include "base/printable.hpp"
#include "host/describe.hpp"
#include "object/result.hpp"

namespace docteur::cli {

outcome<std::unique_ptr<opened_image>> open_image(const std::string& name, const remote_options& remote,
                                                  paths_from source) {
  DOCTEUR_TRY(disk, open_image_device(name, remote));
  return opened_image::attach(std::move(disk), shown_image(name), source);
}

std::string subject(const opened_image& from, std::string_view path) { return from.shown() + ": " + printable(path); }

failure about(const opened_image& from, const error& e, std::string_view path) {
  return describe(e, subject(from, path));
}

}  // namespace docteur::cli
