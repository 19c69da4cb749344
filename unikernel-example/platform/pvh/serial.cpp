#include "unikernel-example/platform/pvh/serial.hpp"

#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh::serial {
namespace {

// Registers of a 16550 (TL16C550C data sheet), at COM1.
constexpr std::uint16_t kData = 0x3f8;
constexpr std::uint16_t kInterruptEnable = kData + 1;
constexpr std::uint16_t kFifoControl = kData + 2;
constexpr std::uint16_t kLineControl = kData + 3;
constexpr std::uint16_t kModemControl = kData + 4;
constexpr std::uint16_t kLineStatus = kData + 5;

constexpr std::uint8_t kReceived = 0x01;
constexpr std::uint8_t kMaySend = 0x20;

bool present = false;

void put(char c) noexcept {
  // A console without a reader must not stop the machine: at 115200 baud a byte takes 87 us.
  for (int tries = 0; tries < 100'000 && (in8(kLineStatus) & kMaySend) == 0; ++tries) pause();
  out8(kData, static_cast<std::uint8_t>(c));
}

}  // namespace

void prepare() noexcept {
  present = in8(kLineStatus) != 0xff;  // an absent device reads as all ones
  if (!present) return;
  out8(kInterruptEnable, 0);
  out8(kLineControl, 0x80);  // divisor latch
  out8(kData, 1);            // 115200 baud
  out8(kInterruptEnable, 0);
  out8(kLineControl, 0x03);   // 8 bits, no parity, 1 stop bit
  out8(kFifoControl, 0x07);   // FIFOs on and empty
  out8(kModemControl, 0x0b);  // DTR, RTS, OUT2: interrupts reach the controller
  out8(kInterruptEnable, 1);  // on received data
}

void write(const char* text, std::size_t size) noexcept {
  if (!present) return;
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] == '\n') put('\r');
    put(text[i]);
  }
}

void write(const char* text) noexcept {
  std::size_t size = 0;
  while (text[size] != '\0') ++size;
  write(text, size);
}

void write_hex(std::uint64_t v) noexcept {
  write("0x", 2);
  for (int shift = 60; shift >= 0; shift -= 4) {
    if (shift > 0 && v >> shift == 0) continue;
    const char digit = "0123456789abcdef"[v >> shift & 15];
    write(&digit, 1);
  }
}

void write_decimal(std::uint64_t v) noexcept {
  char digits[20];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v != 0);
  write(digits + at, sizeof digits - at);
}

bool has_input() noexcept { return present && (in8(kLineStatus) & kReceived) != 0; }

std::size_t read(char* into, std::size_t size) noexcept {
  std::size_t n = 0;
  while (n < size && has_input()) into[n++] = static_cast<char>(in8(kData));
  return n;
}

}  // namespace docteur::cache_vm::pvh::serial
