#pragma once
// The platform's own words of the kernel command line.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace docteur::cache_vm::pvh {

// Words between spaces; views into `text`.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

struct ip_prefix {
  std::uint32_t address;           // 10.0.2.15 is 0x0a00020f
  std::optional<unsigned> prefix;  // 1 to 32
};
// "10.0.2.15" or "10.0.2.15/24"; never 0.0.0.0.
[[nodiscard]] std::optional<ip_prefix> parse_ip(std::string_view text);

// A virtio-mmio device of the command line.
struct mmio_place {
  std::uint64_t address, size;
  std::uint32_t interrupt;
  friend bool operator==(const mmio_place&, const mmio_place&) = default;
};
// SIZE[KMG]@ADDRESS:INTERRUPT[:ID] as Linux has it (admin-guide/kernel-parameters, virtio_mmio.device).
[[nodiscard]] std::optional<mmio_place> parse_mmio_place(std::string_view text);

}  // namespace docteur::cache_vm::pvh
