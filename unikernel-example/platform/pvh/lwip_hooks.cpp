// The functions that lwIP calls: time, randomness, checksums, assertions.

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>

#include "lwip/hooks.h"
#include "lwip/sys.h"
#include "object/sha1.hpp"
#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/power.hpp"
#include "unikernel-example/platform/pvh/random.hpp"

using namespace docteur::cache_vm::pvh;

u32_t sys_now(void) { return static_cast<u32_t>(monotonic_ns() / 1'000'000); }

std::uint32_t docteur_lwip_random(void) { return static_cast<std::uint32_t>(random_number()); }

void docteur_lwip_assertion(const char* message, const char* file, int line) {
  std::printf("lwIP: %s (%s:%d)\n", message, file, line);
  end_with_failure("the TCP/IP library has found a fault in itself");
}

// The Internet checksum (RFC 1071) before its complement, in the order of memory: a sum of 64-bit words with the carry
// added again is, folded, the sum of 16-bit words.
u16_t docteur_lwip_checksum(const void* data, int size) {
  const auto* at = static_cast<const unsigned char*>(data);
  auto left = static_cast<std::size_t>(size);
  std::uint64_t sum = 0;
  const auto add = [&sum](std::uint64_t v) {
    sum += v;
    sum += sum < v ? 1 : 0;
  };
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t v;
    std::memcpy(&v, at, 8);
    add(v);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, at, left);
  add(rest);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<u16_t>(sum);
}

u32_t docteur_lwip_sequence_number(const ip_addr_t* local, u16_t local_port, const ip_addr_t* remote,
                                   u16_t remote_port) {
  static const std::array<std::uint64_t, 2> secret{random_number(), random_number()};
  struct {
    std::array<std::uint64_t, 2> key;
    u32_t from, to;
    u16_t from_port, to_port;
    u32_t reserved;
  } const what{secret, ip4_addr_get_u32(local), ip4_addr_get_u32(remote), local_port, remote_port, 0};
  docteur::sha1 keyed;
  keyed.update({reinterpret_cast<const std::byte*>(&what), sizeof what});
  const docteur::oid hash = keyed.finish();
  std::uint32_t v;
  std::memcpy(&v, &hash, sizeof v);
  return v + static_cast<u32_t>(monotonic_ns() / 4000);
}
