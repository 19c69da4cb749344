#pragma once
// The server that a request is meant for (RFC 3986, section 3.2; RFC 9110, section 7.2).

#include <optional>
#include <string_view>

namespace docteur::cache_vm {

// Views of the parsed text.
struct authority {
  std::string_view host;  // an address in brackets keeps them; may be empty
  std::string_view port;  // digits, up to 65535; may be empty
};

// uri-host [ ":" port ], as in the field Host and in an http URL: no userinfo, brackets only around a valid IP literal,
// complete percent-encodings. nullopt for anything else, and for a port without a host.
[[nodiscard]] std::optional<authority> parse_authority(std::string_view text) noexcept;

// Whether a host is an IPv4 address, or an IPv6 address in brackets: no name server can make it lead elsewhere.
[[nodiscard]] bool is_address(std::string_view host) noexcept;

}  // namespace docteur::cache_vm
