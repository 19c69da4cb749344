#include "unikernel-example/platform/linux/proxy_head.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kLongestLine = 107;  // of version 1, with CR LF
constexpr std::size_t kFixed = 16;         // bytes of version 2 before the addresses

[[nodiscard]] std::optional<unsigned> number_in(std::string_view text, unsigned most) noexcept {
  unsigned n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (wrong != std::errc() || end != text.data() + text.size() || n > most) return std::nullopt;
  return n;
}

// nullopt unless `text` is an address of the family; else its bytes.
[[nodiscard]] std::optional<std::vector<std::byte>> address_of(int family, std::string_view text) {
  std::vector<std::byte> raw(family == AF_INET ? 4 : 16);
  const std::string terminated(text);
  if (terminated.size() != text.size() || terminated.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(family, terminated.c_str(), raw.data()) != 1) return std::nullopt;
  return raw;
}

[[nodiscard]] std::string client_text(int family, const void* address, unsigned port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(family, address, text.data(), text.size()) == nullptr) return {};
  const std::string host(text.data());
  return (family == AF_INET6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

[[nodiscard]] std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t n = line.find(' ');
  const std::string_view word = line.substr(0, n);
  line = n == std::string_view::npos ? std::string_view() : line.substr(n + 1);
  return word;
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80" CR LF
[[nodiscard]] proxy_head parse_line(std::string_view text) {
  using enum proxy_head::kind;
  const std::size_t end = text.substr(0, kLongestLine).find('\n');
  if (end == std::string_view::npos) return {text.size() < kLongestLine ? more : refused};
  if (end == 0 || text[end - 1] != '\r') return {refused};
  std::string_view line = text.substr(0, end - 1);
  (void)take_word(line);
  const std::string_view family = take_word(line);
  proxy_head head{whole, end + 1};
  if (family == "UNKNOWN") return head;
  if (family != "TCP4" && family != "TCP6") return {refused};
  const int f = family == "TCP4" ? AF_INET : AF_INET6;
  const auto source = address_of(f, take_word(line));
  const auto destination = address_of(f, take_word(line));
  const auto source_port = number_in(take_word(line), 65535);
  const auto destination_port = number_in(line, 65535);
  if (!source || !destination || !source_port || !destination_port) return {refused};
  head.client = client_text(f, source->data(), *source_port);
  return head;
}

[[nodiscard]] proxy_head parse_binary(bytes input) {
  using enum proxy_head::kind;
  if (input.size() < kFixed) return {more};
  const auto at = [&input](std::size_t i) { return std::to_integer<unsigned>(input[i]); };
  const std::size_t size = kFixed + (at(14) << 8 | at(15));
  const unsigned command = at(12);
  if ((command != 0x20 && command != 0x21) || size > proxy_head::kMost) return {refused};
  const unsigned family = at(13) >> 4;
  const unsigned transport = at(13) & 15;
  if (family > 3 || transport > 2) return {refused};
  const std::size_t addresses = family == 1 ? 12 : family == 2 ? 36 : family == 3 ? 216 : 0;
  // A proxy's own connection, to see whether we live, says nothing of a client.
  if (command == 0x21 && size < kFixed + addresses) return {refused};
  if (input.size() < size) return {more};
  proxy_head head{whole, size};
  if (command == 0x20) return head;
  if (family == 1) head.client = client_text(AF_INET, input.data() + kFixed, at(kFixed + 8) << 8 | at(kFixed + 9));
  if (family == 2) head.client = client_text(AF_INET6, input.data() + kFixed, at(kFixed + 32) << 8 | at(kFixed + 33));
  return head;
}

}  // namespace

proxy_head parse_proxy_head(bytes input) {
  using enum proxy_head::kind;
  const std::string_view text = as_text(input);
  constexpr std::string_view first = "PROXY ";
  if (text.starts_with(kSignature)) return parse_binary(input);
  if (text.starts_with(first)) return parse_line(text);
  return {first.starts_with(text) || kSignature.starts_with(text) ? more : refused};
}

outcome<proxy_peers> proxy_peers::parse(std::string_view list) {
  proxy_peers peers;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view one = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (one == "unix") {
      peers.has_unix_ = true;
      continue;
    }
    const std::size_t slash = one.find('/');
    const int family = one.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
    const auto address = address_of(family, one.substr(0, slash));
    const unsigned most = family == AF_INET ? 32 : 128;
    const auto bits = slash == std::string_view::npos ? most : number_in(one.substr(slash + 1), most);
    if (!address || !bits)
      return give_up(blame::usage,
                     "--proxy-from: " + std::string(one) + ": neither an address, with or without /BITS, nor unix");
    peers.networks_.push_back({*address, *bits});
  }
  return peers;
}

bool proxy_peers::contains(const sockaddr& peer) const noexcept {
  if (peer.sa_family == AF_UNIX) return has_unix_;
  bytes address;
  if (peer.sa_family == AF_INET)
    address = std::as_bytes(std::span(&reinterpret_cast<const sockaddr_in&>(peer).sin_addr, 1));
  if (peer.sa_family == AF_INET6)
    address = std::as_bytes(std::span(&reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, 1));
  return std::ranges::any_of(networks_, [address](const network& n) {
    if (n.address.size() != address.size()) return false;
    for (unsigned bit = 0; bit < n.bits; ++bit) {
      const auto mask = std::byte{0x80} >> (bit % 8);
      if (((n.address[bit / 8] ^ address[bit / 8]) & mask) != std::byte{0}) return false;
    }
    return true;
  });
}

}  // namespace docteur::cache_vm::on_linux
