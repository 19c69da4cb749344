#pragma once
// The words of the command line that give the guest's address on its network.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace docteur::cache_vm::pvh {

struct network_options {
  std::optional<std::uint32_t> address;  // as from parse_ip(); absent: DHCP
  unsigned prefix = 24;                  // 1 to 32
  std::optional<std::uint32_t> gateway;  // in the network of `address`
};

// Takes `ip=`, `netmask=` and `gateway=`; the last of several counts. Refuses `mac=` and `dns=`, for which there is no
// use, and ignores all other words. The error is one line of text.
[[nodiscard]] tl::expected<network_options, std::string> read_network_options(std::span<const std::string_view> words);

}  // namespace docteur::cache_vm::pvh
