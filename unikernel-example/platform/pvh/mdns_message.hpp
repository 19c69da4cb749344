#pragma once
// Messages of Multicast DNS (RFC 6762) for one machine with one web site (RFC 6763): NAME.local has its addresses, and
// NAME._http._tcp.local its port.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/ip6_address.hpp"

namespace docteur::cache_vm::pvh {

struct mdns_facts {
  std::string_view name;             // one label
  std::uint16_t port;                // of HTTP
  std::optional<std::uint32_t> ip4;  // 10.0.2.15 is 0x0a00020f
  std::span<const ip6_address> ip6;
};

// Sets of the records that a message has, one bit for each: addresses of the name, SRV and TXT of the site, the site
// among those of its kind, the kind among all kinds.
enum mdns_record : unsigned { mdns_host = 1, mdns_srv = 2, mdns_txt = 4, mdns_site = 8, mdns_kind = 16, mdns_all = 31 };

struct mdns_answer {
  std::vector<std::byte> message;  // empty: there is nothing to say
  unsigned records = 0;            // among the answers
  bool to_sender = false;          // it wants the answer for itself
};

// The answer to a message, untrusted, from port 5353 or, if `is_legacy`, from another port: then it goes to the sender
// and looks like ordinary DNS (RFC 6762, section 6.7). `may_say`: records that were not sent to everybody within a
// second (section 6); all are said to a single sender. Records that the sender knows are left out (section 7.1).
// Throws std::bad_alloc.
[[nodiscard]] mdns_answer answer_mdns(bytes query, const mdns_facts& facts, bool is_legacy, unsigned may_say);

// Asks everybody whether the names are taken (section 8.1), and says that they are (section 8.3).
[[nodiscard]] std::vector<std::byte> mdns_probe(const mdns_facts& facts);
[[nodiscard]] std::vector<std::byte> mdns_announcement(const mdns_facts& facts);

// Whether a message, untrusted, is a response with a record of one of the names that is not ours (section 9).
[[nodiscard]] bool contradicts(bytes response, const mdns_facts& facts);

}  // namespace docteur::cache_vm::pvh
