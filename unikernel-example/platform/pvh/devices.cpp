#include "unikernel-example/platform/pvh/devices.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

#include "unikernel-example/platform/pvh/acpi.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/virtio_mmio.hpp"
#include "unikernel-example/platform/pvh/virtio_pci.hpp"

namespace docteur::cache_vm::pvh {
namespace {

struct mmio_place {
  std::uint64_t address, size;
  std::uint32_t interrupt;
};

std::optional<std::uint64_t> take_number(std::string_view& text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t v = 0;
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), v, base);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return v;
}

// As Linux has it: SIZE[KMG]@ADDRESS:INTERRUPT[:ID] (admin-guide/kernel-parameters).
std::optional<mmio_place> parse_place(std::string_view text) {
  auto size = take_number(text);
  if (!size) return std::nullopt;
  if (!text.empty() && (text.front() == 'K' || text.front() == 'k')) {
    *size <<= 10;
    text.remove_prefix(1);
  }
  if (!text.starts_with('@')) return std::nullopt;
  text.remove_prefix(1);
  const auto address = take_number(text);
  if (!address || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto interrupt = take_number(text);
  if (!interrupt || *interrupt > 0xffff) return std::nullopt;
  return mmio_place{*address, *size, static_cast<std::uint32_t>(*interrupt)};
}

}  // namespace

std::vector<std::unique_ptr<virtio_transport>> find_devices(std::span<const std::string_view> words) {
  std::vector<mmio_place> places;
  for (std::string_view word : words) {
    constexpr std::string_view kKey = "virtio_mmio.device=";
    if (!word.starts_with(kKey)) continue;
    if (const auto p = parse_place(word.substr(kKey.size()))) {
      places.push_back(*p);
    } else {
      std::printf("remark: not understood: %.*s\n", static_cast<int>(word.size()), word.data());
    }
  }
  const bool has_acpi = read_acpi(machine.acpi_root, [&](std::uint64_t at, std::uint64_t size, std::uint32_t irq) {
    places.push_back({at, size, irq});
  });
  constexpr std::uint64_t kUsualIoApic = 0xfec00000;
  if (!has_acpi) add_io_apic(kUsualIoApic, 0);

  std::vector<std::unique_ptr<virtio_transport>> found = find_virtio_pci();
  if (found.empty() && places.empty()) {
    constexpr std::uint64_t kMicrovm = 0xfeb00000;
    constexpr std::uint64_t kStep = 512;
    constexpr std::uint32_t kFirstInterrupt = 5;  // without ACPI
    for (std::uint32_t i = 0; i < 8; ++i) places.push_back({kMicrovm + i * kStep, kStep, kFirstInterrupt + i});
  }
  // QEMU gives its first device the last place.
  std::ranges::sort(places, std::ranges::greater{}, &mmio_place::address);
  const auto same = std::ranges::unique(places, {}, &mmio_place::address);
  places.erase(same.begin(), same.end());
  for (const mmio_place& p : places)
    if (auto t = open_virtio_mmio(p.address, p.size, p.interrupt)) found.push_back(std::move(t));
  return found;
}

}  // namespace docteur::cache_vm::pvh
