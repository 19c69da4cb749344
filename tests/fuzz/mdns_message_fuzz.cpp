// Property: reading a message of Multicast DNS ends, reads nothing outside it, and is answered by a response of bounded
// size that does not contradict what the machine says, in which no record is said that may not be. A response is not
// answered.
#include <array>

#include "fuzz/property.hpp"
#include "unikernel-example/platform/pvh/mdns_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  using namespace docteur::cache_vm::pvh;
  const bytes in = fuzz_input(data, size);
  const std::array<ip6_address, 2> ip6{*parse_ip6("fe80::2"), *parse_ip6("2001:db8::2")};
  const mdns_facts facts{"site", 80, 0x0a00020f, ip6};
  (void)contradicts(in, facts);
  for (const bool is_legacy : {false, true}) {
    for (const unsigned may_say : {0u, unsigned{mdns_all}, unsigned{mdns_host | mdns_site}}) {
      const mdns_answer a = answer_mdns(in, facts, is_legacy, may_say);
      PROPERTY(a.message.size() <= 1232);
      PROPERTY(a.message.empty() == (a.records == 0));
      if (a.message.empty()) continue;
      PROPERTY(a.to_sender || (a.records & ~may_say) == 0);
      PROPERTY(!contradicts(a.message, facts));
      PROPERTY(answer_mdns(a.message, facts, is_legacy, may_say).message.empty());
    }
  }
  return 0;
}
