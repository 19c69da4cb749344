#pragma once
// The data of a PVH loader. xen/include/public/arch-x86/hvm/start_info.h describes the fields.

#include <cstdint>

namespace docteur::cache_vm::pvh {

struct start_info {
  std::uint32_t magic;
  std::uint32_t version;  // from 1 on: memory map
  std::uint32_t flags;
  std::uint32_t module_count;
  std::uint64_t modules;       // physical address of module_entry[module_count]
  std::uint64_t command_line;  // physical address of a NUL-terminated string
  std::uint64_t acpi_root;     // physical address of the RSDP, or 0
  std::uint64_t memory_map;    // physical address of memory_map_entry[memory_map_count]
  std::uint32_t memory_map_count;
  std::uint32_t reserved;
};
static_assert(sizeof(start_info) == 56);
inline constexpr std::uint32_t kStartInfoMagic = 0x336ec578;

struct module_entry {
  std::uint64_t address;
  std::uint64_t size;
  std::uint64_t command_line;
  std::uint64_t reserved;
};
static_assert(sizeof(module_entry) == 32);

struct memory_map_entry {
  std::uint64_t address;
  std::uint64_t size;
  std::uint32_t type;  // 1: RAM
  std::uint32_t reserved;
};
static_assert(sizeof(memory_map_entry) == 24);

}  // namespace docteur::cache_vm::pvh
