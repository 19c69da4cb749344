#include "remote/http_access.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/endpoint.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostToken = 16 << 10;  // bytes
constexpr unsigned kMostConnections = 64;

}  // namespace

bool is_http_url(std::string_view name) {
  const auto scheme = scheme_of(name);
  return scheme == "http" || scheme == "https";
}

outcome<remote_address> parse_http_url(std::string_view url) {
  if (!is_http_url(url)) return give_up(blame::usage, "not an address that begins with http:// or https://");
  return parse_remote_url(url.substr(0, url.find('#')));
}

bool is_same_origin(const remote_address& a, const remote_address& b) {
  return endpoint_of(a.url) == endpoint_of(b.url);
}

outcome<remote_address> redirected(const remote_address& from, const remote_address& origin, std::string_view to) {
  const auto refuse = [&](const std::string& why) {
    return give_up(blame::environment, printable(from.shown) + ": a redirect " + why);
  };
  if (!is_http_url(to)) return refuse("to something other than http and https");
  auto target = parse_http_url(to);
  if (!target) return refuse("to an address that is not accepted: " + target.error().message);
  if (from.url.starts_with("https:") && target->url.starts_with("http:"))
    return refuse("from https to http is refused");
  target->user.clear();
  target->password.reset();
  if (is_same_origin(origin, *target)) {
    target->user = origin.user;
    target->password = origin.password;
  }
  return std::move(*target);
}

outcome<std::string> read_token(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  if (!in || !std::getline(in, line)) {
    const int why = errno;
    return give_up(blame::environment, printable(file) + ": " + (in.is_open() ? "no token in it" : std::strerror(why)));
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  const auto is_token = [](char c) { return c > 0x20 && c < 0x7f; };
  if (line.empty() || line.size() > kMostToken || !std::ranges::all_of(line, is_token))
    return give_up(blame::input, printable(file) + ": its first line is not a token");
  return line;
}

outcome<void> check_http_options(const http_options& options) {
  if (options.connections < 1 || options.connections > kMostConnections)
    return give_up(blame::usage, "requests in flight: 1 to " + std::to_string(kMostConnections));
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0)
    return give_up(blame::environment, printable(options.ca_file) + ": " + std::strerror(errno));
  if (options.token_file.empty()) return {};
  DOCTEUR_CHECK(read_token(options.token_file));
  return {};
}

}  // namespace docteur
