#include "unikernel-example/platform/pvh/network_options.hpp"

#include <bit>

#include "unikernel-example/platform/pvh/boot_words.hpp"

namespace docteur::cache_vm::pvh {
namespace {

using failure = tl::unexpected<std::string>;

struct spoken {
  std::string_view ip, netmask, gateway;  // the words; "" if absent
};

failure refuse(std::string_view word, std::string_view why) {
  return failure(std::string(word) + ": " + std::string(why));
}

std::string_view value_of(std::string_view word) { return word.substr(word.find('=') + 1); }

std::uint32_t mask_of(unsigned prefix) { return ~std::uint32_t{0} << (32 - prefix); }

// Whether it can be a machine's address in a network of that size (RFC 1122, 3.2.1.3); in networks of one or two
// addresses all can (RFC 3021).
bool is_host(std::uint32_t address, unsigned prefix) {
  const std::uint32_t host = address & ~mask_of(prefix);
  const std::uint32_t first = address >> 24;
  if (first == 0 || first == 127 || first >= 224) return false;
  return prefix >= 31 || (host != 0 && host != ~mask_of(prefix));
}

// The prefix for `netmask=`; 0 when it is not a mask.
unsigned prefix_of(std::string_view text) {
  const auto mask = parse_ip(text);
  if (!mask || mask->prefix) return 0;
  const auto ones = static_cast<unsigned>(std::countl_one(mask->address));
  return mask->address == mask_of(ones) ? ones : 0;
}

tl::expected<spoken, std::string> pick(std::span<const std::string_view> words) {
  spoken out;
  for (const std::string_view word : words) {
    if (word.starts_with("ip=")) out.ip = word;
    if (word.starts_with("netmask=")) out.netmask = word;
    if (word.starts_with("gateway=")) out.gateway = word;
    if (word.starts_with("mac=")) return refuse(word, "the hypervisor sets the address of the network card");
    if (word.starts_with("dns=")) return refuse(word, "no names are resolved");
  }
  return out;
}

}  // namespace

tl::expected<network_options, std::string> read_network_options(std::span<const std::string_view> words) {
  const auto say = pick(words);
  if (!say) return failure(say.error());
  network_options o;
  if (say->ip.empty() || say->ip == "ip=dhcp") {
    for (const std::string_view word : {say->netmask, say->gateway})
      if (!word.empty()) return refuse(word, "without ip=ADDRESS it comes from DHCP");
    return o;
  }
  const auto ip = parse_ip(value_of(say->ip));
  if (!ip) return refuse(say->ip, "not ip=ADDRESS[/PREFIX]");
  o.address = ip->address;
  o.prefix = ip->prefix.value_or(o.prefix);
  if (!say->netmask.empty()) {
    const unsigned prefix = prefix_of(value_of(say->netmask));
    if (prefix == 0) return refuse(say->netmask, "not netmask=MASK");
    if (ip->prefix && *ip->prefix != prefix) return refuse(say->netmask, "ip= has another prefix");
    o.prefix = prefix;
  }
  if (!is_host(*o.address, o.prefix)) return refuse(say->ip, "not the address of a machine in a network of this size");
  if (say->gateway.empty()) return o;
  const auto gateway = parse_ip(value_of(say->gateway));
  if (!gateway || gateway->prefix) return refuse(say->gateway, "not gateway=ADDRESS");
  const bool inside = ((gateway->address ^ *o.address) & mask_of(o.prefix)) == 0;
  if (!inside || gateway->address == *o.address || !is_host(gateway->address, o.prefix))
    return refuse(say->gateway, "not another machine in the network of ip=");
  o.gateway = gateway->address;
  return o;
}

}  // namespace docteur::cache_vm::pvh
