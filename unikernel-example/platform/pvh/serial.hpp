#pragma once
// The console: a polled 16550 at COM1. Usable before glibc starts and in system calls: integer registers only.

#include <cstddef>
#include <cstdint>

namespace docteur::cache_vm::pvh::serial {

inline constexpr unsigned kInterrupt = 4;  // ISA

void prepare() noexcept;
// '\n' becomes "\r\n".
void write(const char* text, std::size_t size) noexcept;
void write(const char* text) noexcept;
void write_hex(std::uint64_t v) noexcept;
void write_decimal(std::uint64_t v) noexcept;
[[nodiscard]] bool has_input() noexcept;
// Reads received bytes, at most `size`; returns their number.
[[nodiscard]] std::size_t read(char* into, std::size_t size) noexcept;

}  // namespace docteur::cache_vm::pvh::serial
