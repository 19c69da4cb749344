#include "unikernel-example/platform/pvh/network_options.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "unikernel-example/platform/pvh/boot_words.hpp"

namespace docteur::cache_vm::pvh {
namespace {

using failure = tl::unexpected<std::string>;

struct spoken {
  std::string_view ip, netmask, gateway, ip6, gateway6, name, mdns;  // the words; "" if absent
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
    if (word.starts_with("ip6=")) out.ip6 = word;
    if (word.starts_with("gateway6=")) out.gateway6 = word;
    if (word.starts_with("name=")) out.name = word;
    if (word.starts_with("mdns=")) out.mdns = word;
    if (word.starts_with("mac=")) return refuse(word, "the hypervisor sets the address of the network card");
    if (word.starts_with("dns=")) return refuse(word, "no names are resolved");
  }
  return out;
}

tl::expected<void, std::string> set_ip4(network_options& o, const spoken& say) {
  if (say.ip.empty() || say.ip == "ip=dhcp") {
    for (const std::string_view word : {say.netmask, say.gateway})
      if (!word.empty()) return refuse(word, "without ip=ADDRESS it comes from DHCP");
    return {};
  }
  const auto ip = parse_ip(value_of(say.ip));
  if (!ip) return refuse(say.ip, "not ip=ADDRESS[/PREFIX]");
  o.address = ip->address;
  o.prefix = ip->prefix.value_or(o.prefix);
  if (!say.netmask.empty()) {
    const unsigned prefix = prefix_of(value_of(say.netmask));
    if (prefix == 0) return refuse(say.netmask, "not netmask=MASK");
    if (ip->prefix && *ip->prefix != prefix) return refuse(say.netmask, "ip= has another prefix");
    o.prefix = prefix;
  }
  if (!is_host(*o.address, o.prefix)) return refuse(say.ip, "not the address of a machine in a network of this size");
  if (say.gateway.empty()) return {};
  const auto gateway = parse_ip(value_of(say.gateway));
  if (!gateway || gateway->prefix) return refuse(say.gateway, "not gateway=ADDRESS");
  const bool inside = ((gateway->address ^ *o.address) & mask_of(o.prefix)) == 0;
  if (!inside || gateway->address == *o.address || !is_host(gateway->address, o.prefix))
    return refuse(say.gateway, "not another machine in the network of ip=");
  o.gateway = gateway->address;
  return {};
}

// Whether it can be a machine's address beside its link-local one: not "::", "::1", fe80::/10, an IPv4 address in
// disguise (RFC 4291, 2.5.5), ff00::/8, or the router's anycast address of its network (2.6.1).
bool is_host6(const ip6_address& a, unsigned prefix) {
  if (same_prefix(a, {}, 80) || is_link_local(a) || a[0] == 0xff) return false;
  ip6_address host = a;
  for (unsigned bit = 0; bit < prefix; ++bit) host[bit / 8] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
  return prefix >= 127 || host != ip6_address{};  // RFC 6164
}

std::optional<unsigned> parse_prefix6(std::string_view text) {
  unsigned v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc{} || end != text.data() + text.size() || v > 128) return std::nullopt;
  return v;
}

tl::expected<void, std::string> set_gateway6(ip6_options& o, std::string_view word) {
  const auto gateway = parse_ip6(value_of(word));
  if (!gateway) return refuse(word, "not gateway6=ADDRESS");
  const bool inside = same_prefix(*gateway, o.address, o.prefix) && is_host6(*gateway, 128);
  if (*gateway == o.address || (!inside && !is_link_local(*gateway)))
    return refuse(word, "neither a link-local address nor another machine in the network of ip6=");
  o.gateway = gateway;
  return {};
}

tl::expected<void, std::string> set_ip6(network_options& o, const spoken& say) {
  const std::string_view value = value_of(say.ip6);
  if (say.ip6.empty()) {
    o.ip6.way = o.address ? ip6_way::off : ip6_way::automatic;
  } else if (value == "off" || value == "auto") {
    o.ip6.way = value == "off" ? ip6_way::off : ip6_way::automatic;
  } else {
    const std::size_t slash = value.find('/');
    const auto address = parse_ip6(value.substr(0, slash));
    const auto prefix = slash == value.npos ? std::optional(o.ip6.prefix) : parse_prefix6(value.substr(slash + 1));
    if (!address || !prefix) return refuse(say.ip6, "not ip6=ADDRESS[/PREFIX], ip6=auto or ip6=off");
    if (*prefix < 64) return refuse(say.ip6, "the prefix of a link has 64 to 128 bits");
    if (!is_host6(*address, *prefix)) return refuse(say.ip6, "not the address of a machine");
    o.ip6 = {ip6_way::fixed, *address, *prefix, {}};
  }
  if (say.gateway6.empty()) return {};
  if (o.ip6.way != ip6_way::fixed)
    return refuse(say.gateway6, o.ip6.way == ip6_way::off ? "IPv6 is off" : "without ip6=ADDRESS routers advertise it");
  return set_gateway6(o.ip6, say.gateway6);
}

tl::expected<void, std::string> set_mdns(network_options& o, std::string_view word) {
  const std::string_view value = value_of(word);
  o.mdns = value == "on";
  if (!word.empty() && !o.mdns && value != "off") return refuse(word, "not mdns=on or mdns=off");
  if (o.mdns && o.name.empty()) return refuse(word, "without name=NAME there is nothing to answer to");
  return {};
}

// RFC 1123, 2.1. A name of digits could be taken for an address.
bool is_label(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::ranges::all_of(name, [&](char c) { return is_digit(c) || is_letter(c) || c == '-'; }) &&
         !std::ranges::all_of(name, is_digit);
}

}  // namespace

tl::expected<network_options, std::string> read_network_options(std::span<const std::string_view> words) {
  const auto say = pick(words);
  if (!say) return failure(say.error());
  network_options o;
  if (const auto set = set_ip4(o, *say); !set) return failure(set.error());
  if (const auto set = set_ip6(o, *say); !set) return failure(set.error());
  if (!say->name.empty()) o.name = value_of(say->name);
  if (!say->name.empty() && !is_label(o.name))
    return refuse(say->name, "not a name of letters, digits and inner hyphens, at most 63, with a letter");
  if (const auto set = set_mdns(o, say->mdns); !set) return failure(set.error());
  return o;
}

}  // namespace docteur::cache_vm::pvh
