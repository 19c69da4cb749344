#include "unikernel-example/platform/pvh/acpi.hpp"

#include <algorithm>
#include <optional>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/power.hpp"

// Numbers of sections: ACPI specification 6.4.
namespace docteur::cache_vm::pvh {
namespace {

constexpr std::size_t kHeader = 36;  // 5.2.6
constexpr std::uint32_t kLongestTable = 1u << 20;
constexpr std::size_t kMostTables = 64;
constexpr std::uint64_t kReachable = std::uint64_t{1} << 32;

bytes memory_at(std::uint64_t address, std::size_t size) {
  return {static_cast<const std::byte*>(physical(address, size)), size};
}

bool sums_to_zero(bytes b) {
  unsigned sum = 0;
  for (std::byte v : b) sum += std::to_integer<unsigned>(v);
  return sum % 256 == 0;
}

template <std::unsigned_integral T>
T field(bytes table, std::size_t at) {
  return at + sizeof(T) <= table.size() ? load_le<T>(table.data() + at) : T{0};
}

// A table with its header; empty unless its length and checksum are valid.
bytes table_at(std::uint64_t address) {
  if (address < 4096 || address >= kReachable - kLongestTable) return {};
  const std::uint32_t size = load_le<std::uint32_t>(memory_at(address, kHeader).data() + 4);
  if (size < kHeader || size > kLongestTable) return {};
  const bytes table = memory_at(address, size);
  return sums_to_zero(table) ? table : bytes{};
}

std::uint64_t find_root() {  // 5.2.5.1
  for (std::uint64_t at = 0xe0000; at < 0x100000; at += 16) {
    const bytes root = memory_at(at, 20);
    if (as_text(root.first(8)) == "RSD PTR " && sums_to_zero(root)) return at;
  }
  return 0;
}

power_register generic_address(bytes table, std::size_t at) {  // 5.2.3.2
  const auto space = field<std::uint8_t>(table, at);
  const auto address = field<std::uint64_t>(table, at + 4);
  if (space > 1 || (space == 1 && address > 0xffff)) return {};
  if (space == 0 && (!is_outside_ram(address, 4) || !map_identity(address, 4))) return {};
  return {address, space == 1};
}

// An integer in AML (20.2.3): ZeroOp, OneOp, BytePrefix.
std::optional<std::uint8_t> small_integer(cursor& from) {
  const auto op = from.take_le<std::uint8_t>();
  if (!op) return std::nullopt;
  if (*op <= 1) return *op;
  if (*op != 0x0a) return std::nullopt;
  const auto value = from.take_le<std::uint8_t>();
  return value ? std::optional<std::uint8_t>(*value) : std::nullopt;
}

// Name (_S5_, Package {type a, type b, ...}): 7.4.2.
void find_s5(bytes dsdt) {
  const std::string_view text = as_text(dsdt);
  for (std::size_t at = text.find("_S5_"); at != text.npos; at = text.find("_S5_", at + 1)) {
    cursor from(dsdt.subspan(at + 4));
    const auto op = from.take_le<std::uint8_t>();
    const auto length = from.take_le<std::uint8_t>();
    if (!op || !length || *op != 0x12) continue;
    const auto count = from.take(static_cast<std::uint64_t>(*length >> 6) + 1);  // the rest of the length; elements
    if (!count || std::to_integer<unsigned>(count->back()) < 1) continue;
    const auto a = small_integer(from);
    if (!a) continue;
    power.has_s5 = true;
    power.s5_type_a = *a & 7;
    power.s5_type_b = small_integer(from).value_or(*a) & 7;
    return;
  }
}

void read_fadt(bytes t) {  // 5.2.9
  const auto flags = field<std::uint32_t>(t, 112);
  if ((flags & 1u << 20) != 0) {  // hardware-reduced
    power.sleep_control = generic_address(t, 244);
  } else {
    power.pm1a_control = {field<std::uint32_t>(t, 64) & 0xffff, true};
    power.pm1b_control = {field<std::uint32_t>(t, 68) & 0xffff, true};
    if (power.pm1a_control.address == 0) power.pm1a_control = generic_address(t, 172);
  }
  if ((flags & 1u << 10) != 0) {
    power.reset = generic_address(t, 116);
    power.reset_value = field<std::uint8_t>(t, 128);
  }
}

void read_madt(bytes t) {  // 5.2.12
  for (std::size_t at = 44; at + 2 <= t.size();) {
    const auto type = field<std::uint8_t>(t, at);
    const auto size = field<std::uint8_t>(t, at + 1);
    if (size < 2) return;
    if (type == 1 && size >= 12) add_io_apic(field<std::uint32_t>(t, at + 4), field<std::uint32_t>(t, at + 8));
    at += size;
  }
}

// The resources of a device follow its _HID: Memory32Fixed (6.4.3.4) and Extended Interrupt (6.4.3.6).
void find_virtio(bytes dsdt, const std::function<void(std::uint64_t, std::uint64_t, std::uint32_t)>& found) {
  constexpr std::size_t kFar = 160;
  const std::string_view text = as_text(dsdt);
  for (std::size_t at = text.find("LNRO0005"); at != text.npos; at = text.find("LNRO0005", at + 1)) {
    const bytes near = dsdt.subspan(at, std::min(kFar, dsdt.size() - at));
    std::optional<std::size_t> memory;
    for (std::size_t i = 8; i + 12 <= near.size() && !memory; ++i)
      if (field<std::uint8_t>(near, i) == 0x86 && field<std::uint16_t>(near, i + 1) == 9) memory = i;
    if (!memory) continue;
    std::uint32_t interrupt = 0;
    for (std::size_t i = *memory + 12; i + 9 <= near.size() && interrupt == 0; ++i)
      if (field<std::uint8_t>(near, i) == 0x89 && field<std::uint16_t>(near, i + 1) == 6 &&
          field<std::uint8_t>(near, i + 4) == 1)
        interrupt = field<std::uint32_t>(near, i + 5);
    found(field<std::uint32_t>(near, *memory + 4), field<std::uint32_t>(near, *memory + 8), interrupt);
  }
}

}  // namespace

bool read_acpi(std::uint64_t root_pointer,
               const std::function<void(std::uint64_t, std::uint64_t, std::uint32_t)>& found) {
  if (root_pointer == 0) root_pointer = find_root();
  if (root_pointer < 4096 || root_pointer >= kReachable - 4096) return false;
  const bytes root = memory_at(root_pointer, 36);
  if (as_text(root.first(8)) != "RSD PTR " || !sums_to_zero(root.first(20))) return false;
  const bool extended = field<std::uint8_t>(root, 15) >= 2 && field<std::uint64_t>(root, 24) != 0;
  const bytes list = table_at(extended ? field<std::uint64_t>(root, 24) : field<std::uint32_t>(root, 16));
  const std::size_t width = extended ? 8 : 4;
  bool any = false;
  const std::size_t end = std::min(list.size(), kHeader + kMostTables * width);
  for (std::size_t at = kHeader; at + width <= end; at += width) {
    const bytes t = table_at(extended ? field<std::uint64_t>(list, at) : field<std::uint32_t>(list, at));
    if (t.empty()) continue;
    any = true;
    const std::string_view name = as_text(t.first(4));
    if (name == "APIC") read_madt(t);
    if (name != "FACP") continue;
    read_fadt(t);
    bytes dsdt = table_at(field<std::uint32_t>(t, 40));
    if (dsdt.empty()) dsdt = table_at(field<std::uint64_t>(t, 140));
    find_s5(dsdt);
    find_virtio(dsdt, found);
  }
  return any;
}

}  // namespace docteur::cache_vm::pvh
