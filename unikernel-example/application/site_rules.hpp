#pragma once
// What of an image and of the server is shown, and to whom.

#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

struct site_rules {
  bool listing = false;            // directories without index.html are listed
  bool objects = true;             // "/@oid/": whoever knows an id gets the object
  std::vector<std::string> hosts;  // names of this server's, in lower case, for its own pages

  // Whether a request for `host` (http_request) may see the server's own pages. A name that is not its own may be one
  // whose owner had it lead here, so that a page of his in a browser can read what the browser's reader may ("DNS
  // rebinding"). Addresses, "localhost" (RFC 6761, section 6.3) and no name at all are nobody's.
  [[nodiscard]] bool is_own_host(std::string_view host) const noexcept;
};

}  // namespace docteur::cache_vm
