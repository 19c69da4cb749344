#include "unikernel-example/application/virtual_hosts.hpp"

#include <algorithm>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

[[nodiscard]] bool is_wildcard(std::string_view pattern) noexcept { return pattern.starts_with("*."); }

[[nodiscard]] std::string_view without_last_dot(std::string_view name) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

bool is_host_named(std::string_view host, std::string_view pattern) noexcept {
  host = without_last_dot(host);
  pattern = without_last_dot(pattern);
  if (!is_wildcard(pattern)) return equal_ignoring_case(host, pattern);
  const std::string_view end = pattern.substr(1);  // with the dot
  return host.size() > end.size() && equal_ignoring_case(host.substr(host.size() - end.size()), end);
}

bool virtual_hosts::add(std::string_view pattern, std::size_t site) {
  pattern = without_last_dot(pattern);
  for (const entry& e : entries_)
    if (equal_ignoring_case(e.pattern, pattern)) return e.site == site;
  const auto counts_before = [pattern](const entry& e) {
    if (is_wildcard(e.pattern) != is_wildcard(pattern)) return is_wildcard(pattern);
    return e.pattern.size() >= pattern.size();
  };
  const auto at = std::ranges::find_if_not(entries_, counts_before);
  entries_.insert(at, {std::string(pattern), site});
  return true;
}

std::size_t virtual_hosts::find(std::string_view host) const noexcept {
  for (const entry& e : entries_)
    if (is_host_named(host, e.pattern)) return e.site;
  return 0;
}

}  // namespace docteur::cache_vm
