#include "unikernel-example/application/git_packets.hpp"

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {

std::array<char, kPacketHead> packet_head(std::size_t size) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[size >> 12 & 15], digits[size >> 8 & 15], digits[size >> 4 & 15], digits[size & 15]};
}

void append_packet(std::string& to, std::string_view text) {
  const auto head = packet_head(kPacketHead + text.size());
  to.append(head.data(), head.size()).append(text);
}

packet_reader::kind packet_reader::next() noexcept {
  text_ = {};
  if (rest_.empty()) return kind::end;
  std::size_t size = 0;
  for (std::size_t i = 0; i < kPacketHead; ++i) {
    const int digit = i < rest_.size() ? hex_value(rest_[i]) : -1;
    if (digit < 0) return kind::malformed;
    size = size * 16 + static_cast<std::size_t>(digit);
  }
  if (size < kPacketHead) {
    if (size > 1) return kind::malformed;  // 0002 ends responses only
    rest_.remove_prefix(kPacketHead);
    return size == 0 ? kind::flush : kind::delimiter;
  }
  if (size > kMostPacket || size > rest_.size()) return kind::malformed;
  text_ = rest_.substr(kPacketHead, size - kPacketHead);
  rest_.remove_prefix(size);
  if (text_.ends_with('\n')) text_.remove_suffix(1);
  return kind::text;
}

}  // namespace docteur::cache_vm
