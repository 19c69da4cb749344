#include "base/remote_address.hpp"

#include <algorithm>

#include "base/percent.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

struct authority {
  std::optional<std::string_view> userinfo;
  std::string_view host_port;
};

// The last '@' ends the user and password, so that nothing of a password with '@' is shown.
authority split_authority(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return {std::nullopt, text};
  return {text.substr(0, at), text.substr(at + 1)};
}

bool is_option(std::string_view text) { return percent_decoded(text).starts_with('-'); }

tl::unexpected<failure> refuse(const std::string& shown, const std::string& why) {
  return give_up(blame::usage, printable(shown) + ": " + why);
}

outcome<void> check_authority(const authority& a, const std::string& shown) {
  // "[::1]:22", "host:22"
  const auto bracket = a.host_port.starts_with('[') ? a.host_port.find(']') : 0;
  const auto colon = bracket == std::string_view::npos ? bracket : a.host_port.find(':', bracket);
  const std::string_view host = a.host_port.substr(0, colon);
  if (host.empty() || host == "[]") return refuse(shown, "a host name is missing");
  if (bracket == std::string_view::npos) return refuse(shown, "a ']' is missing");
  if (bracket > 0 && host.find_first_not_of("[]0123456789abcdefABCDEF:.%") != std::string_view::npos)
    return refuse(shown, "brackets are for IPv6 addresses");
  const std::string_view port = colon == std::string_view::npos ? "" : a.host_port.substr(colon + 1);
  if (is_option(host) || is_option(port) || (a.userinfo && is_option(*a.userinfo)))
    return refuse(shown, "a host, user or port that begins with a dash would be an option of ssh");
  if (!std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }))
    return refuse(shown, "a port is a number");
  return {};
}

}  // namespace

std::optional<std::string> scheme_of(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  std::string scheme(text.substr(0, end));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')) return std::nullopt;
  }
  return scheme;
}

outcome<remote_address> parse_remote_url(std::string_view text) {
  const std::string scheme = scheme_of(text).value_or("");
  const std::string_view rest = text.substr(text.find("://") + 3);
  const auto host_end = std::min(rest.find_first_of("/?#"), rest.size());
  const authority where = split_authority(rest.substr(0, host_end));
  const std::string_view path = rest.substr(host_end);

  remote_address out;
  out.shown = scheme + "://" + std::string(where.host_port) + std::string(path.substr(0, path.find('?')));
  if (scheme == "https" || scheme == "http") {
    out.by = transport::http;
  } else if (scheme == "ssh") {
    out.by = transport::ssh;
  } else if (scheme == "git") {
    out.by = transport::git;
  } else {
    return refuse(out.shown, "the transport " + scheme + ":// is not supported; https, http, ssh and git are");
  }
  if (has_control_character(text)) return refuse(out.shown, "a URL cannot contain control characters");
  DOCTEUR_CHECK(check_authority(where, out.shown));
  if (path.size() < 2 || path.front() != '/') return refuse(out.shown, "a path is missing after the host");

  out.url = scheme + "://" + std::string(where.host_port) + std::string(path);
  out.path_at = out.url.size() - path.size();
  if (!where.userinfo) return out;
  const auto colon = where.userinfo->find(':');
  if (out.by == transport::git) return refuse(out.shown, "git:// has no users");
  if (out.by == transport::ssh) {
    if (colon != std::string_view::npos || percent_decoded(*where.userinfo).find(':') != std::string::npos)
      return refuse(out.shown, "ssh takes no password from a URL; use a key or ssh-agent");
    out.url = scheme + "://" + std::string(rest);
    out.path_at = out.url.size() - path.size();
    return out;
  }
  out.user = percent_decoded(where.userinfo->substr(0, colon));
  if (colon != std::string_view::npos) out.password = percent_decoded(where.userinfo->substr(colon + 1));
  return out;
}

outcome<remote_address> parse_scp_address(std::string_view text) {
  // The colon before the path; one inside brackets belongs to an IPv6 address or a port.
  const auto bracket = text.find('[');
  const auto first = text.find(':');
  const auto from = bracket != std::string_view::npos && bracket < first ? text.find(']', bracket) : 0;
  const auto colon = from == std::string_view::npos ? first : text.find(':', from);
  remote_address out;
  out.by = transport::ssh;
  if (colon == std::string_view::npos) return refuse(std::string(text), "a colon and a path are missing");
  const authority where = split_authority(text.substr(0, colon));
  const std::string_view path = text.substr(colon + 1);
  out.shown = std::string(where.host_port) + ":" + std::string(path);
  if (path.starts_with(':'))
    return refuse(out.shown, "is not a file, and addresses of remote helpers (ext::..., foo::...) are not supported");
  if (has_control_character(text)) return refuse(out.shown, "an address cannot contain control characters");
  // "[x://-host]:path": the first colon is before the slash, the one before the path is not.
  if (text.substr(0, colon).find('/') != std::string_view::npos)
    return refuse(out.shown, "a host name cannot contain a slash");
  const bool in_brackets = where.host_port.starts_with('[') && where.host_port.ends_with(']');
  const authority bare{where.userinfo,
                       in_brackets ? where.host_port.substr(1, where.host_port.size() - 2) : where.host_port};
  if (bare.host_port.empty()) return refuse(out.shown, "a host name is missing");
  if (bare.host_port.starts_with('-') || (bare.userinfo && bare.userinfo->starts_with('-')))
    return refuse(out.shown, "a host or user that begins with a dash would be an option of ssh");
  if (bare.userinfo && bare.userinfo->find(':') != std::string_view::npos)
    return refuse(out.shown, "ssh takes no password from an address; use a key or ssh-agent");
  if (path.empty()) return refuse(out.shown, "a path is missing after the host");
  if (path.starts_with('-'))
    return refuse(out.shown, "a path that begins with a dash would be an option; put ./ in front");
  out.url = text;
  out.path_at = colon + 1;
  return out;
}

}  // namespace docteur
