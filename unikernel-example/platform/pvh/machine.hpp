#pragma once
// The machine's memory, and what the loader handed over. Filled in by prepare_machine() before glibc starts.

#include <cstddef>
#include <cstdint>

namespace docteur::cache_vm::pvh {

// Physical addresses, which are the virtual ones as well.
struct address_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // past the last byte

  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return end - begin; }
};

struct machine_facts {
  std::uint64_t program = 0;     // bytes, stack and static data included
  address_range heap;            // what brk() may give out
  std::uint64_t heap_break = 0;  // the end of what it has given out
  address_range module;          // the first boot module; empty when there is none
  std::uint64_t acpi_root = 0;   // RSDP, or 0
  const char* command_line = nullptr;
};
extern machine_facts machine;

// RAM or firmware's tables at a physical address, below 4 GiB or mapped by map_identity().
[[nodiscard]] const void* physical(std::uint64_t address, std::size_t size) noexcept;

// Whether all of [begin, begin + size) is outside RAM, as registers of a device must.
[[nodiscard]] bool is_outside_ram(std::uint64_t begin, std::uint64_t size) noexcept;

// Whether the whole pages in [begin, end) of the program can be written to from now on. Never makes anything
// executable.
void protect_program(std::uint64_t begin, std::uint64_t end, bool writable) noexcept;

// Whether an access to `address` has met a stack's guard page: the stack is used up.
[[nodiscard]] bool is_stack_guard(std::uint64_t address) noexcept;

// Makes [begin, begin + size) accessible, as data; all below 4 GiB always is. False when the page tables' memory is
// used up.
[[nodiscard]] bool map_identity(std::uint64_t begin, std::uint64_t size) noexcept;

}  // namespace docteur::cache_vm::pvh
