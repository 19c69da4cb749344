#include "unikernel-example/platform/pvh/dns_name.hpp"

namespace docteur::cache_vm::pvh {

std::optional<dns_name> read_dns_name(bytes message, std::size_t& at) noexcept {
  constexpr unsigned kPointer = 0xc0;
  dns_name out;
  std::size_t place = at;
  std::size_t least = at;  // of all places so far
  bool jumped = false;
  while (place < message.size()) {
    const auto length = std::to_integer<unsigned>(message[place]);
    if (length == 0) {
      if (!jumped) at = place + 1;
      return out;
    }
    if ((length & kPointer) == kPointer) {
      if (place + 1 >= message.size()) return std::nullopt;
      const std::size_t to = (length & ~kPointer) << 8 | std::to_integer<unsigned>(message[place + 1]);
      if (to >= least) return std::nullopt;
      if (!jumped) at = place + 2;
      jumped = true;
      place = least = to;
      continue;
    }
    if ((length & kPointer) != 0 || length >= message.size() - place) return std::nullopt;
    if (!out.add(message.subspan(place + 1, length))) return std::nullopt;
    place += 1 + length;
  }
  return std::nullopt;
}

}  // namespace docteur::cache_vm::pvh
