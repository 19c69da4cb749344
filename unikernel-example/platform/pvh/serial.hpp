#pragma once
// The console: a 16550 at COM1, polled. Usable before glibc is, and in a system call: integer registers only.

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
// What has arrived, at most `size` bytes.
[[nodiscard]] std::size_t read(char* into, std::size_t size) noexcept;

}  // namespace docteur::cache_vm::pvh::serial
