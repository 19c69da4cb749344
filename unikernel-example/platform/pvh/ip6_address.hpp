#pragma once
// IPv6 addresses, as text and as bytes.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace docteur::cache_vm::pvh {

using ip6_address = std::array<std::uint8_t, 16>;  // in the order of the text

// RFC 4291, section 2.2, in each of its three forms, without a prefix and a zone; any address, "::" included.
[[nodiscard]] std::optional<ip6_address> parse_ip6(std::string_view text);

// RFC 5952: lower case, no leading zeros, "::" for the longest run of at least two zero groups.
[[nodiscard]] std::string ip6_text(const ip6_address& a);

// Whether the first `prefix` bits, 0 to 128, are the same.
[[nodiscard]] bool same_prefix(const ip6_address& a, const ip6_address& b, unsigned prefix);
// fe80::/10
[[nodiscard]] bool is_link_local(const ip6_address& a);

}  // namespace docteur::cache_vm::pvh
