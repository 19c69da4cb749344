// Runs before glibc's relocations: neither this code nor the compiler may call a library function (see the flags in
// CMakeLists.txt). Loops over bytes are written out.

#include "unikernel-example/platform/pvh/machine.hpp"

#include <elf.h>

#include <cstddef>
#include <initializer_list>

#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/memory_layout.hpp"
#include "unikernel-example/platform/pvh/power.hpp"
#include "unikernel-example/platform/pvh/random.hpp"
#include "unikernel-example/platform/pvh/serial.hpp"
#include "unikernel-example/platform/pvh/start_info.hpp"

extern "C" {
extern std::uint64_t page_map_level4[512];
extern std::uint64_t page_directories[2048];
extern std::uint64_t page_table_low[512];
extern std::byte fault_stack_guard[4096];
extern const char __executable_start[];
extern const Elf64_Ehdr __ehdr_start;
extern char _end[];
void system_call_entry();
std::uint64_t* prepare_machine(std::uint64_t start_info_address);
}

namespace docteur::cache_vm::pvh {

constinit machine_facts machine;

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kLargePage = std::uint64_t{1} << 21;
constexpr std::uint64_t kLowMapped = std::uint64_t{1} << 32;  // by boot.S
constexpr std::uint64_t kFirstMegabyte = std::uint64_t{1} << 20;

// The program, the boot modules and low memory are in use. All other data of the loader is copied.
constinit memory_layout layout;

// Page tables: beyond the first 4 GiB one per GiB and one per 512 GiB; for the program one per 2 MiB.
constexpr std::size_t kTables = 44;
alignas(kPage) std::uint64_t tables[kTables][512];
std::size_t tables_used = 0;

constexpr std::size_t kStack = 256 * 1024;  // bytes
alignas(kPage) struct {
  std::byte guard[kPage];  // unmapped by protect_memory()
  std::byte bytes[kStack];
} main_stack;

// Bits of page table entries (Intel SDM 3A 4.5).
constexpr std::uint64_t kPresent = 1;
constexpr std::uint64_t kWritable = 2;
constexpr std::uint64_t kLarge = 0x80;
constexpr std::uint64_t kNoExecute = std::uint64_t{1} << 63;
std::uint64_t no_execute = 0;  // kNoExecute if the processor supports it

void add_busy(std::uint64_t begin, std::uint64_t size) noexcept {
  if (!layout.add_busy(begin, size)) end_with_failure("boot: the loader passes too many ranges of memory");
}

std::uint64_t* entry_of(std::uint64_t* table, std::uint64_t address, unsigned level) noexcept {
  return table + (address >> (12 + 9 * level) & 511);
}

// The table that `entry` points to, made if absent.
std::uint64_t* table_behind(std::uint64_t* entry) noexcept {
  if ((*entry & kPresent) == 0) {
    if (tables_used == kTables) return nullptr;
    *entry = reinterpret_cast<std::uint64_t>(tables[tables_used++]) | kPresent | kWritable;
  }
  return reinterpret_cast<std::uint64_t*>(*entry & 0x000f'ffff'ffff'f000);
}

void read_memory_map(const start_info& info) noexcept {
  if (info.version < 1 || info.memory_map_count == 0) end_with_failure("boot: the loader passes no memory map");
  const auto* map = reinterpret_cast<const memory_map_entry*>(info.memory_map);
  for (std::uint32_t i = 0; i < info.memory_map_count; ++i)
    if (map[i].type == 1) layout.add_ram(map[i].address, map[i].size);  // microvm: an all-zero entry, too
}

void read_modules(const start_info& info) noexcept {
  const auto* modules = reinterpret_cast<const module_entry*>(info.modules);
  for (std::uint32_t i = 0; i < info.module_count; ++i) {
    if (modules[i].size == 0 || modules[i].size > ~modules[i].address) continue;
    add_busy(modules[i].address, modules[i].size);
    if (machine.module.size() == 0) machine.module = {modules[i].address, modules[i].address + modules[i].size};
  }
}

constexpr std::size_t kLongestCommandLine = 4095;
char command_line[kLongestCommandLine + 1];

void copy_command_line(std::uint64_t from) noexcept {
  const auto* text = reinterpret_cast<const char*>(from);
  std::size_t n = 0;
  for (; from != 0 && text[n] != '\0'; ++n) {
    if (n == kLongestCommandLine) end_with_failure("boot: the command line is longer than 4095 bytes");
    command_line[n] = text[n];
  }
  machine.command_line = command_line;
}

// The entry of a page of the program, which is mapped by pages of 4 KiB.
std::uint64_t& page_of_program(std::uint64_t address) noexcept {
  std::uint64_t& directory_entry = page_directories[address / kLargePage];
  if (address >= kLargePage && (directory_entry & kLarge) != 0) {
    if (tables_used == kTables) end_with_failure("boot: the program is too large");
    std::uint64_t* const table = tables[tables_used++];
    const std::uint64_t begin = address & ~(kLargePage - 1);
    for (std::uint64_t i = 0; i < 512; ++i) table[i] = (begin + i * kPage) | kPresent | kWritable | no_execute;
    directory_entry = reinterpret_cast<std::uint64_t>(table) | kPresent | kWritable;
  }
  return reinterpret_cast<std::uint64_t*>(directory_entry & 0x000f'ffff'ffff'f000)[address / kPage % 512];
}

void forget_translations() noexcept {
  std::uint64_t root;
  asm volatile("movq %%cr3, %0; movq %0, %%cr3" : "=r"(root) : : "memory");
}

// No memory is both writable and executable. The program's segments get the permissions of its header, all other memory
// is data. Page 0 is unmapped, so that using a null pointer is an exception (QEMU's firmware keeps the start
// information there, which has been read), and so are the pages below the stacks.
void protect_memory() noexcept {
  for (std::uint64_t& entry : page_directories)
    if ((entry & kLarge) != 0) entry |= no_execute;
  for (std::size_t i = 0; i < 512; ++i) page_table_low[i] |= no_execute;
  const auto* const headers =
      reinterpret_cast<const Elf64_Phdr*>(reinterpret_cast<std::uint64_t>(&__ehdr_start) + __ehdr_start.e_phoff);
  for (std::size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    const Elf64_Phdr& h = headers[i];
    if (h.p_type != PT_LOAD) continue;
    for (std::uint64_t at = h.p_vaddr & ~(kPage - 1); at < h.p_vaddr + h.p_memsz; at += kPage) {
      std::uint64_t& entry = page_of_program(at);
      entry = at | kPresent | ((h.p_flags & PF_W) != 0 ? kWritable : 0) | ((h.p_flags & PF_X) != 0 ? 0 : no_execute);
    }
  }
  page_table_low[0] = 0;
  for (const std::byte* guard : {main_stack.guard, fault_stack_guard})
    page_of_program(reinterpret_cast<std::uint64_t>(guard)) = 0;
  forget_translations();
}

void read_start_info(const start_info& info) noexcept {
  if (info.magic != kStartInfoMagic) end_with_failure("boot: no PVH start information");
  constexpr std::uint32_t kEfer = 0xc0000080;
  no_execute = (read_msr(kEfer) & 1u << 11) != 0 ? kNoExecute : 0;  // set by boot.S
  add_busy(0, kFirstMegabyte);                                      // the firmware's and the loader's tables
  machine.program = static_cast<std::uint64_t>(_end - __executable_start);
  add_busy(reinterpret_cast<std::uint64_t>(__executable_start), machine.program);
  copy_command_line(info.command_line);
  machine.acpi_root = info.acpi_root;
  read_memory_map(info);
  read_modules(info);
  machine.heap = layout.largest_gap();
  if (machine.heap.end > kLowMapped && !map_identity(machine.heap.begin, machine.heap.size())) {
    while (machine.heap.end > kLowMapped && !map_identity(machine.heap.end - kLargePage, kLargePage))
      machine.heap.end -= kLargePage;  // no page table is left for it
  }
  if (machine.module.size() > 0 && !map_identity(machine.module.begin, machine.module.size()))
    end_with_failure("boot: the boot module is at too high an address");
  machine.heap_break = machine.heap.begin;
  protect_memory();
}

// System V ABI, AMD64, 3.4.1: argc, argv, envp and the auxiliary vector at the top of the stack.
std::uint64_t* fill_stack() noexcept {
  static const char name[] = "docteur-cache";
  static std::uint64_t seed[2];
  seed[0] = random_number();
  seed[1] = random_number();
  const std::uint64_t words[] = {
      1,         reinterpret_cast<std::uint64_t>(name),
      0,  // end of argv
      0,  // end of envp
      AT_PAGESZ, kPage,
      AT_PHDR,   reinterpret_cast<std::uint64_t>(&__ehdr_start) + __ehdr_start.e_phoff,
      AT_PHENT,  __ehdr_start.e_phentsize,
      AT_PHNUM,  __ehdr_start.e_phnum,
      AT_SECURE, 0,
      AT_RANDOM, reinterpret_cast<std::uint64_t>(seed),
      AT_NULL,   0,
  };
  constexpr std::size_t kCount = sizeof words / sizeof words[0];
  static_assert(kCount % 2 == 0, "the stack pointer must be a multiple of 16");
  auto* top = reinterpret_cast<std::uint64_t*>(main_stack.bytes + kStack) - kCount;
  for (std::size_t i = 0; i < kCount; ++i) top[i] = words[i];
  return top;
}

}  // namespace

const void* physical(std::uint64_t address, std::size_t) noexcept { return reinterpret_cast<const void*>(address); }

bool is_outside_ram(std::uint64_t begin, std::uint64_t size) noexcept { return layout.is_outside_ram(begin, size); }

void protect_program(std::uint64_t begin, std::uint64_t end, bool writable) noexcept {
  const auto program = reinterpret_cast<std::uint64_t>(__executable_start);
  if (begin < program || begin > end || end > program + machine.program) return;
  for (std::uint64_t at = (begin + kPage - 1) & ~(kPage - 1); at + kPage <= end; at += kPage) {
    std::uint64_t& entry = page_of_program(at);
    entry = writable && (entry & no_execute) == no_execute ? entry | kWritable : entry & ~kWritable;
  }
  forget_translations();
}

bool is_stack_guard(std::uint64_t address) noexcept {
  for (const std::byte* guard : {main_stack.guard, fault_stack_guard})
    if (address / kPage == reinterpret_cast<std::uint64_t>(guard) / kPage) return true;
  return false;
}

bool map_identity(std::uint64_t begin, std::uint64_t size) noexcept {
  if (size > ~begin || begin + size > std::uint64_t{1} << 47) return false;
  for (std::uint64_t at = begin & ~(kLargePage - 1); at < begin + size; at += kLargePage) {
    if (at < kLowMapped) continue;
    std::uint64_t* pointers = table_behind(entry_of(page_map_level4, at, 3));
    if (pointers == nullptr) return false;
    std::uint64_t* directory = table_behind(entry_of(pointers, at, 2));
    if (directory == nullptr) return false;
    *entry_of(directory, at, 1) = at | kPresent | kWritable | kLarge | no_execute;
  }
  return true;
}

}  // namespace docteur::cache_vm::pvh

// boot.S calls this in long mode, on a separate stack.
std::uint64_t* prepare_machine(std::uint64_t start_info_address) {
  using namespace docteur::cache_vm::pvh;
  serial::prepare();
  prepare_interrupts();
  constexpr std::uint32_t kStar = 0xc0000081;
  constexpr std::uint32_t kLstar = 0xc0000082;
  constexpr std::uint32_t kFmask = 0xc0000084;
  write_msr(kStar, std::uint64_t{0x08} << 32);
  write_msr(kLstar, reinterpret_cast<std::uint64_t>(&system_call_entry));
  write_msr(kFmask, 0x400);  // direction flag
  read_start_info(*reinterpret_cast<const start_info*>(start_info_address));
  return fill_stack();
}
