#pragma once
// Single processor instructions, and access to device registers and shared memory.

#include <cstdint>

namespace docteur::cache_vm::pvh {

inline void out8(std::uint16_t port, std::uint8_t v) noexcept { asm volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
inline void out16(std::uint16_t port, std::uint16_t v) noexcept { asm volatile("outw %0, %1" : : "a"(v), "Nd"(port)); }
inline void out32(std::uint16_t port, std::uint32_t v) noexcept { asm volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }
[[nodiscard]] inline std::uint8_t in8(std::uint16_t port) noexcept {
  std::uint8_t v;
  asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
  return v;
}
[[nodiscard]] inline std::uint16_t in16(std::uint16_t port) noexcept {
  std::uint16_t v;
  asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
  return v;
}
[[nodiscard]] inline std::uint32_t in32(std::uint16_t port) noexcept {
  std::uint32_t v;
  asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
  return v;
}

[[nodiscard]] inline std::uint64_t read_msr(std::uint32_t number) noexcept {
  std::uint32_t low;
  std::uint32_t high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
  return std::uint64_t{high} << 32 | low;
}
inline void write_msr(std::uint32_t number, std::uint64_t v) noexcept {
  asm volatile("wrmsr"
               :
               : "c"(number), "a"(static_cast<std::uint32_t>(v)), "d"(static_cast<std::uint32_t>(v >> 32))
               : "memory");
}

[[nodiscard]] inline std::uint64_t time_stamp() noexcept {
  std::uint32_t low;
  std::uint32_t high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return std::uint64_t{high} << 32 | low;
}

struct cpuid_result {
  std::uint32_t a, b, c, d;
};
[[nodiscard]] inline cpuid_result cpuid(std::uint32_t leaf) noexcept {
  cpuid_result r;
  asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
  return r;
}

inline void pause() noexcept { asm volatile("pause" : : : "memory"); }

// Device registers at a physical address, which equals the virtual one.
template <class T>
[[nodiscard]] inline T read_register(std::uint64_t address) noexcept {
  return *reinterpret_cast<volatile const T*>(address);
}
template <class T>
inline void write_register(std::uint64_t address, T v) noexcept {
  *reinterpret_cast<volatile T*>(address) = v;
}

// x86 keeps loads in order and stores in order; only a store followed by a load of another address needs a full
// barrier.
inline void compiler_barrier() noexcept { asm volatile("" : : : "memory"); }
inline void full_barrier() noexcept { asm volatile("mfence" : : : "memory"); }

}  // namespace docteur::cache_vm::pvh
