#pragma once
// pkt-lines, the packets of Git's protocols (gitprotocol-common(5), "pkt-line Format").

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace docteur::cache_vm {

inline constexpr std::size_t kPacketHead = 4;           // hexadecimal digits of the packet's size, with themselves
inline constexpr std::size_t kMostPacket = 65'520;      // bytes of the largest packet
inline constexpr std::string_view kFlush = "0000";      // the end of a message
inline constexpr std::string_view kDelimiter = "0001";  // between the parts of a message, in version 2

// `size`: of the whole packet, kPacketHead to kMostPacket bytes.
[[nodiscard]] std::array<char, kPacketHead> packet_head(std::size_t size) noexcept;

// Appends a packet of `text`, at most kMostPacket - kPacketHead bytes.
void append_packet(std::string& to, std::string_view text);

// Splits a text into packets.
class packet_reader {
 public:
  enum class kind { text, flush, delimiter, end, malformed };
  explicit packet_reader(std::string_view from) noexcept : rest_(from) {}

  // Goes to the next packet. `end`: there is none. `malformed` is final: a bad size, or a packet that is cut short.
  kind next() noexcept;
  // The text of the packet, without a newline at its end.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  std::string_view rest_;
  std::string_view text_;
};

}  // namespace docteur::cache_vm
