// Property: judging a packet reads nothing outside it, and padding behind the packet changes nothing. A packet about
// the link that a router may have passed on is never admitted.
#include "fuzz/property.hpp"
#include "unikernel-example/platform/pvh/ip6_admission.hpp"
#include "unikernel-example/platform/pvh/too_big_message.hpp"

#include <array>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  using namespace docteur::cache_vm::pvh;
  const bytes in = fuzz_input(data, size);
  const std::array<ip6_address, 2> used{*parse_ip6("fe80::2"), *parse_ip6("2001:db8::2")};
  for (const bool hears_routers : {false, true}) {
    const ip6_verdict v = judge_ip6(in, used, hears_routers);
    if (v == ip6_verdict::refused) continue;
    PROPERTY(in.size() >= 40);
    const auto length = load_be<std::uint16_t>(in.data() + 4);
    PROPERTY(in.size() - 40 >= length);
    std::vector<std::byte> exact(in.begin(), in.begin() + 40 + length);
    exact.shrink_to_fit();
    PROPERTY(judge_ip6(exact, used, hears_routers) == v);
    if (const auto m = read_too_big(in)) PROPERTY(v == ip6_verdict::too_big && m->mtu >= 1280);
    if (in[6] != std::byte{58} || v == ip6_verdict::too_big) continue;
    PROPERTY(length >= 8);
    const bool is_echo = in[40] == std::byte{128};
    PROPERTY(is_echo || in[7] == std::byte{255});
    PROPERTY(hears_routers || in[40] != std::byte{134});
  }
  return 0;
}
