#include "cli/image_argument.hpp"

#include "base/printable.hpp"
#include "host/describe.hpp"
#include "object/result.hpp"

namespace docteur::cli {

void add_digest_option(CLI::App& app, std::optional<std::string>& to) {
  app.add_option("--digest", to, "only the image of this digest, sha256:HEX; each block that is read is compared");
}

outcome<std::optional<oid>> digest_of(const std::optional<std::string>& given) {
  if (!given) return std::optional<oid>();
  DOCTEUR_TRY(digest, parse_digest(*given, "--digest"));
  return std::optional<oid>(digest);
}

outcome<std::unique_ptr<opened_image>> open_image(const std::string& name, const remote_options& remote,
                                                  const std::optional<std::string>& digest, paths_from source) {
  DOCTEUR_TRY(pin, digest_of(digest));
  DOCTEUR_TRY(disk, open_image_device(name, remote));
  return opened_image::attach(std::move(disk), shown_image(name), source, pin);
}

std::string subject(const opened_image& from, std::string_view path) { return from.shown() + ": " + printable(path); }

failure about(const opened_image& from, const error& e, std::string_view path) {
  return describe(e, subject(from, path));
}

}  // namespace docteur::cli
