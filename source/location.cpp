#include "source/location.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "source/printable.hpp"

namespace docteur {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// git's url_decode(): %XX except %00; what is no escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0 && high + low > 0) {
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "scheme" of `scheme://...` (RFC 3986, section 3.1), nothing when `text` is no URL.
std::optional<std::string_view> scheme_of(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const std::string_view scheme = text.substr(0, end);
  const bool valid = std::ranges::all_of(scheme, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
  });
  return valid ? std::optional(scheme) : std::nullopt;
}

// A URL without what stands before the '@' of its authority: credentials never reach a message.
std::string without_credentials(std::string_view url) {
  const auto host = url.find("://") + 3;
  const auto end = std::min(url.find_first_of("/?#", host), url.size());
  const auto at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < host) return printable(url);
  return printable(std::string(url.substr(0, host)) + std::string(url.substr(at + 1)));
}

bool is_scp_like(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || text.find('/') < colon) return false;
  std::error_code ignored;
  return !std::filesystem::exists(std::filesystem::path(text), ignored);
}

}  // namespace

outcome<location> parse_location(std::string_view text) {
  if (text.empty()) return give_up(blame::usage, "the repository is an empty name");
  if (text.find('\0') != std::string_view::npos)
    return give_up(blame::usage, printable(text) + ": a path cannot hold a NUL byte");

  if (const auto scheme = scheme_of(text)) {
    const std::string_view rest = text.substr(scheme->size() + 3);
    if (*scheme == "file") {
      if (!rest.starts_with('/'))
        return give_up(blame::usage, printable(text) + ": a file:// URL needs an absolute path (file:///...); " +
                                         "for one in the working directory there is relativize://");
      return location{percent_decoded(rest)};
    }
    if (*scheme == "relativize") {
      if (rest.empty()) return give_up(blame::usage, printable(text) + ": a path is missing");
      // An absolute path after the scheme is meant below the working directory, too.
      return location{"./" + std::string(rest)};
    }
    return give_up(blame::usage, without_credentials(text) + ": the transport " + printable(*scheme) +
                                     ":// is not supported yet; clone it with git and give the path");
  }
  if (is_scp_like(text)) {
    const auto at = text.substr(0, text.find(':')).rfind('@');
    const std::string_view shown = at == std::string_view::npos ? text : text.substr(at + 1);
    return give_up(blame::usage, printable(shown) + ": no such file, and the SSH transport is not supported yet; " +
                                     "clone it with git and give the path");
  }
  return location{std::string(text)};
}

}  // namespace docteur
