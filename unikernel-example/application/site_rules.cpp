#include "unikernel-example/application/site_rules.hpp"

#include <algorithm>

#include "unikernel-example/application/http_authority.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/virtual_hosts.hpp"

namespace docteur::cache_vm {

bool site_rules::is_own_host(std::string_view host) const noexcept {
  if (host.empty() || is_address(host)) return true;
  if (host.ends_with('.')) host.remove_suffix(1);  // the same name, fully qualified
  constexpr std::string_view local = "localhost";
  if (host.size() >= local.size() && equal_ignoring_case(host.substr(host.size() - local.size()), local) &&
      (host.size() == local.size() || host[host.size() - local.size() - 1] == '.'))
    return true;
  return std::ranges::any_of(hosts, [host](const std::string& own) { return is_host_named(host, own); });
}

}  // namespace docteur::cache_vm
