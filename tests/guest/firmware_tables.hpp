#pragma once
// ACPI tables with corrected checksums, so that the code behind the check is reached.

#include "guest/host_machine.hpp"

namespace docteur::cache_vm::pvh {

// Sets the byte `place` so that [at, at + size) sums up to zero. Does nothing outside the tables.
inline void seal(std::size_t at, std::size_t size, std::size_t place) {
  std::vector<std::byte>& t = host.tables;
  if (at > t.size() || size > t.size() - at || place >= size) return;
  t[at + place] = std::byte{0};
  unsigned sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += std::to_integer<unsigned>(t[at + i]);
  t[at + place] = static_cast<std::byte>(256 - sum % 256);
}

template <std::unsigned_integral T>
[[nodiscard]] T table_field(std::size_t at) {
  return at <= host.tables.size() && sizeof(T) <= host.tables.size() - at ? load_le<T>(host.tables.data() + at) : T{0};
}

// `address` is physical. Returns where the table is in host.tables, or past its end.
inline std::size_t seal_table(std::uint64_t address) {
  if (address < host_machine::kTables) return host.tables.size();
  const auto at = static_cast<std::size_t>(address - host_machine::kTables);
  seal(at, table_field<std::uint32_t>(at + 4), 9);
  return at;
}

// The root pointer at the beginning of host.tables, and the tables that can be reached from it.
inline void seal_all() {
  constexpr std::size_t kMostTables = 64;
  seal(0, 20, 8);
  const bool extended = table_field<std::uint8_t>(15) >= 2 && table_field<std::uint64_t>(24) != 0;
  const std::size_t list = seal_table(extended ? table_field<std::uint64_t>(24) : table_field<std::uint32_t>(16));
  const std::size_t width = extended ? 8 : 4;
  for (std::size_t i = 0; i < kMostTables && 36 + (i + 1) * width <= table_field<std::uint32_t>(list + 4); ++i) {
    const std::size_t entry = list + 36 + i * width;
    const std::size_t t = seal_table(extended ? table_field<std::uint64_t>(entry) : table_field<std::uint32_t>(entry));
    if (table_field<std::uint32_t>(t) != 0x50434146) continue;  // "FACP"
    seal_table(table_field<std::uint32_t>(t + 40));
    seal_table(table_field<std::uint64_t>(t + 140));
    seal_table(t + host_machine::kTables);
  }
  seal_table(list + host_machine::kTables);
}

}  // namespace docteur::cache_vm::pvh
