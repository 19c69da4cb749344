#pragma once
// The machine's memory, and the loader's data. prepare_machine() fills it in before glibc starts.

#include <cstddef>
#include <cstdint>

namespace docteur::cache_vm::pvh {

// Physical addresses, which equal the virtual ones.
struct address_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // past the last byte

  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return end - begin; }
};

struct machine_facts {
  std::uint64_t program = 0;     // bytes, including stack and static data
  address_range heap;            // memory for brk()
  std::uint64_t heap_break = 0;  // its current break
  address_range module;          // the first boot module; empty when there is none
  std::uint64_t acpi_root = 0;   // RSDP, or 0
  const char* command_line = nullptr;
};
extern machine_facts machine;

// RAM or firmware's tables at a physical address, below 4 GiB or mapped by map_identity().
[[nodiscard]] const void* physical(std::uint64_t address, std::size_t size) noexcept;

// Whether all of [begin, begin + size) is outside RAM, as a device's registers must be.
[[nodiscard]] bool is_outside_ram(std::uint64_t begin, std::uint64_t size) noexcept;

// Makes the whole pages in [begin, end) of the program writable, or read-only. Never makes anything executable.
void protect_program(std::uint64_t begin, std::uint64_t end, bool writable) noexcept;

// Whether `address` is in a stack's guard page: the stack overflowed.
[[nodiscard]] bool is_stack_guard(std::uint64_t address) noexcept;

// Maps [begin, begin + size) as data; all addresses below 4 GiB already are. False when no page table is left.
[[nodiscard]] bool map_identity(std::uint64_t begin, std::uint64_t size) noexcept;

}  // namespace docteur::cache_vm::pvh
