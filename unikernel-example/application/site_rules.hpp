#pragma once
// What is served besides files, and to which clients.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

// Whether "/page" is the file page.html if there is no page, and "/page.html" then leads there.
enum class clean_urls { off, on, redirect };

struct site_rules {
  bool listing = false;  // directories without index.html are listed
  clean_urls html = clean_urls::on;
  bool objects = true;             // "/@oid/": any object by its id
  bool proofs = true;              // "/.docteur/proof/": proofs
  bool beside = false;             // files FILE.br, FILE.zst and FILE.gz are coded forms of FILE
  bool rules = true;               // files _headers and _redirects are rules, and not served
  std::uint32_t dictionary_s = 0;  // seconds for which browsers keep text as dictionaries (RFC 9842); 0: none
  bool versions = false;           // each path begins with the name of a version
  bool git = true;                 // the image is a remote of Git, below
  std::string git_prefix;          // this path: "", or one that ends with '/' and does not begin with it
  std::vector<std::string> hosts;  // names of this server, for requests for its own pages; "*.NAME" are all below NAME
  bool only_named = false;         // only sites with names are served: while site 0 has no image, 421 and not 503

  // Whether a request for `host` (of http_request) may see the server's own pages. The owner of a foreign name can make
  // it lead here, so that his page in a user's browser reads what the user may read ("DNS rebinding"). Addresses,
  // "localhost" (RFC 6761, section 6.3) and an absent name have no such owner.
  [[nodiscard]] bool is_own_host(std::string_view host) const noexcept;
};

}  // namespace docteur::cache_vm
