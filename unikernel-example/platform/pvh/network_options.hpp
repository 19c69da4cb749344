#pragma once
// The words of the command line that say where the guest is on its network.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace docteur::cache_vm::pvh {

struct network_options {
  std::optional<std::uint32_t> address;  // as parse_ip() has it; absent: DHCP
  unsigned prefix = 24;                  // 1 to 32
  std::optional<std::uint32_t> gateway;  // in that network
};

// Each word is obeyed or refused: `ip=`, `netmask=`, `gateway=`; `mac=` and `dns=`, which there is nothing to do with;
// all others are somebody else's. The last of several says it. A failure is one line.
[[nodiscard]] tl::expected<network_options, std::string> read_network_options(std::span<const std::string_view> words);

}  // namespace docteur::cache_vm::pvh
