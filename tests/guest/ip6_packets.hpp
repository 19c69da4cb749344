#pragma once
// IPv6 packets for tests of ip6_admission.hpp. Checksums are not part of that.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/ip6_address.hpp"

namespace docteur::cache_vm::pvh {

struct packet_maker {
  std::string_view source = "fe80::1", destination = "fe80::2";
  unsigned next_header = 58;
  unsigned hop_limit = 255;
  std::vector<unsigned> body;  // each a byte

  [[nodiscard]] std::vector<std::byte> make() const {
    std::vector<std::byte> p{
        std::byte{0x60},     {}, {}, {}, std::byte(body.size() >> 8), std::byte(body.size()), std::byte(next_header),
        std::byte(hop_limit)};
    for (const std::string_view text : {source, destination}) {
      const ip6_address address = *parse_ip6(text);
      for (const std::uint8_t b : address) p.push_back(std::byte{b});
    }
    for (const unsigned b : body) p.push_back(std::byte(b));
    return p;
  }
};

// The body of a solicitation (135) or an advertisement (136) for `target`, with `options` behind it.
[[nodiscard]] inline std::vector<unsigned> about_neighbor(unsigned type, std::string_view target, unsigned flags,
                                                          std::vector<unsigned> options = {}) {
  std::vector<unsigned> body{type, 0, 0, 0, flags, 0, 0, 0};
  const ip6_address address = *parse_ip6(target);
  body.insert(body.end(), address.begin(), address.end());
  body.insert(body.end(), options.begin(), options.end());
  return body;
}

}  // namespace docteur::cache_vm::pvh
