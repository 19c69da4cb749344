#include "source/selection/submodule_address.hpp"

#include <string>

#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

bool skip(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

// As git's relative_url(), but only the path changes, never the host.
outcome<std::string> relative_to(const remote_address& superproject, std::string_view url) {
  const std::string_view whole = superproject.url;
  std::string_view path = whole.substr(superproject.path_at);
  const bool is_url = scheme_of(whole).has_value();
  if (is_url) path = path.substr(0, path.find_first_of("?#"));
  // `host:path` without a slash is relative to the user's home.
  const bool from_root = path.starts_with('/');
  if (path.ends_with('/')) path.remove_suffix(1);
  std::string_view rest = url;
  for (;;) {
    if (skip(rest, "./")) continue;
    if (!skip(rest, "../")) break;
    if (path.empty())
      return give_up(blame::input, printable(url) + ": leads above the root of " + printable(superproject.shown));
    const std::size_t slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::string out(whole.substr(0, superproject.path_at));
  out += path;
  if (from_root || !path.empty()) out += '/';
  return out.append(rest);
}

outcome<remote_address> parse(std::string_view url) {
  if (const auto scheme = scheme_of(url)) {
    if (*scheme != "file" && *scheme != "relativize") return parse_remote_url(url);
    return give_up(blame::input,
                   printable(url) + ": leads to this machine, which a repository from elsewhere must not");
  }
  const std::size_t colon = url.find(':');
  if (colon != std::string_view::npos && colon != 0 && url.find('/') > colon) return parse_scp_address(url);
  return give_up(blame::input,
                 printable(url) + ": is a path on this machine; a repository from elsewhere must not " + "lead to one");
}

}  // namespace

outcome<remote_address> submodule_address(const remote_address& superproject, std::string_view url) {
  const bool is_relative = url.starts_with("./") || url.starts_with("../");
  std::string whole(url);
  if (is_relative) {
    DOCTEUR_TRY(seen_from_there, relative_to(superproject, url));
    whole = std::move(seen_from_there);
  }
  auto address = parse(whole);
  if (!address) return give_up(blame::input, address.error().message);
  if (is_relative) {
    address->user = superproject.user;
    address->password = superproject.password;
  }
  return address;
}

}  // namespace docteur
