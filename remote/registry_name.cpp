#include "remote/registry_name.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "host/image_digests.hpp"
#include "object/result.hpp"
#include "remote/http_access.hpp"

namespace docteur {
namespace {

constexpr std::string_view kScheme = "oci://";
constexpr std::size_t kMostRepository = 255;  // characters
constexpr std::size_t kMostTag = 128;
// What users and docker's configuration call this registry is not where it answers.
constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kDockerHubHost = "registry-1.docker.io";

bool is_small(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_small(c) || (c >= 'A' && c <= 'Z'); }

// [a-z0-9]+ with `.`, `_`, `__` or any number of `-` between such words.
bool is_component(std::string_view text) {
  if (text.empty() || !is_small(text.front()) || !is_small(text.back())) return false;
  while (true) {
    text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(text, is_small) - text.begin()));
    if (text.empty()) return true;
    const std::string_view between = text.substr(0, std::min(text.find_first_not_of("._-"), text.size()));
    const bool is_dashes = between.find_first_not_of('-') == std::string_view::npos;
    if (between.empty() || (!is_dashes && between != "." && between != "_" && between != "__")) return false;
    text.remove_prefix(between.size());
  }
}

bool is_repository(std::string_view text) {
  if (text.size() > kMostRepository) return false;
  while (true) {
    const auto slash = text.find('/');
    if (!is_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= kMostTag && (is_word(text.front()) || text.front() == '_') &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_registry(std::string_view text) {
  const auto ip6 = text.starts_with('[') ? text.find(']') : 0;
  if (ip6 == std::string_view::npos) return false;
  const auto colon = text.find(':', ip6);
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (host.empty() || port.size() > 5 || (colon != std::string_view::npos && port.empty())) return false;
  const bool is_host = ip6 > 0 || std::ranges::all_of(host, [](char c) { return is_word(c) || c == '.' || c == '-'; });
  return is_host && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_on_this_machine(std::string_view registry) {
  const std::string_view host =
      registry.substr(0, registry.find(':', registry.starts_with('[') ? registry.find(']') : 0));
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::ranges::count(host, '.') == 3;
}

}  // namespace

bool is_registry_name(std::string_view name) { return scheme_of(name) == "oci"; }

std::string registry_name::reference() const { return digest ? digest_text(*digest) : tag; }

std::optional<oid> parse_registry_digest(std::string_view text) {
  const auto digest = parse_digest(std::string(text), "");
  if (!digest || digest_text(*digest) != text) return std::nullopt;
  return *digest;
}

outcome<registry_name> parse_registry_name(std::string_view name) {
  constexpr const char* kForm = "oci://REGISTRY/NAME, with :TAG or @sha256:... behind it";
  if (!is_registry_name(name)) return give_up(blame::usage, std::string("not of the form ") + kForm);
  std::string_view rest = name.substr(kScheme.size());
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (host.find('@') != std::string_view::npos)
    return give_up(blame::usage, "an address with oci:// has no user or password; docker login stores them");
  const auto refuse = [&](const char* what) {
    return give_up(blame::usage, printable(name) + ": " + what + "; expected " + kForm);
  };
  if (!is_registry(host)) return refuse("not a registry's host and port");
  rest.remove_prefix(std::min(host.size() + 1, rest.size()));
  registry_name found;
  found.registry = host;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    found.digest = parse_registry_digest(rest.substr(at + 1));
    if (!found.digest) return refuse("not a digest");
    rest = rest.substr(0, at);
  }
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    found.tag = rest.substr(colon + 1);
    if (!is_tag(found.tag)) return refuse("not a tag");
    rest = rest.substr(0, colon);
  }
  if (!is_repository(rest)) return refuse("not a name in a registry (small letters, digits, and . _ - between them)");
  found.repository = rest;
  if (found.registry == kDockerHub && found.repository.find('/') == std::string::npos)
    found.repository.insert(0, "library/");
  if (found.tag.empty() && !found.digest) found.tag = "latest";
  found.shown = std::string(kScheme) + found.registry + "/" + found.repository;
  if (!found.tag.empty()) found.shown += ":" + found.tag;
  if (found.digest) found.shown += "@" + digest_text(*found.digest);
  return found;
}

outcome<remote_address> registry_address(const registry_name& name, const std::string& path,
                                         const http_options& options) {
  const bool is_plain = options.plain_http || (options.ca_file.empty() && is_on_this_machine(name.registry));
  const std::string host = name.registry == kDockerHub ? std::string(kDockerHubHost) : name.registry;
  DOCTEUR_TRY(address,
              parse_http_url((is_plain ? "http://" : "https://") + host + "/v2/" + name.repository + "/" + path));
  address.shown = name.shown;
  return address;
}

}  // namespace docteur
