#pragma once
// Whom a request is meant for (RFC 3986, section 3.2; RFC 9110, section 7.2).

#include <optional>
#include <string_view>

namespace docteur::cache_vm {

// Views of what was parsed.
struct authority {
  std::string_view host;  // an address in brackets keeps them; may be empty
  std::string_view port;  // digits, up to 65535; may be empty
};

// uri-host [ ":" port ], as the field Host and a URL of http have it: no userinfo, brackets only around an IP literal
// that is one, whole percent-encodings. nullopt for anything else, and for a port without a host.
[[nodiscard]] std::optional<authority> parse_authority(std::string_view text) noexcept;

// Whether a host is an address of IPv4 or, in brackets, of IPv6: what no name server answers for.
[[nodiscard]] bool is_address(std::string_view host) noexcept;

}  // namespace docteur::cache_vm
