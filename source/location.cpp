#include "source/location.hpp"

#include <filesystem>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

bool is_scp_like(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || text.find('/') < colon) return false;
  std::error_code ignored;
  return !std::filesystem::exists(std::filesystem::path(text), ignored);
}

}  // namespace

outcome<location> parse_location(std::string_view text) {
  if (text.empty()) return give_up(blame::usage, "the repository's name is empty");
  if (text.find('\0') != std::string_view::npos)
    return give_up(blame::usage, printable(text) + ": a path cannot contain a NUL byte");

  if (const auto scheme = scheme_of(text)) {
    const std::string_view rest = text.substr(scheme->size() + 3);
    if (*scheme == "file") {
      if (!rest.starts_with('/'))
        return give_up(blame::usage, printable(text) + ": a file:// URL needs an absolute path (file:///...); " +
                                         "relativize:// takes one relative to the working directory");
      return location{percent_decoded(rest), std::nullopt};
    }
    if (*scheme == "relativize") {
      if (rest.empty()) return give_up(blame::usage, printable(text) + ": a path is missing");
      // An absolute path after the scheme is below the working directory, too.
      return location{"./" + std::string(rest), std::nullopt};
    }
    DOCTEUR_TRY(remote, parse_remote_url(text));
    return location{{}, std::move(remote)};
  }
  if (is_scp_like(text)) {
    DOCTEUR_TRY(remote, parse_scp_address(text));
    return location{{}, std::move(remote)};
  }
  return location{std::string(text), std::nullopt};
}

}  // namespace docteur
