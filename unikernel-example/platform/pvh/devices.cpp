#include "unikernel-example/platform/pvh/devices.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "unikernel-example/platform/pvh/acpi.hpp"
#include "unikernel-example/platform/pvh/boot_words.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/virtio_mmio.hpp"
#include "unikernel-example/platform/pvh/virtio_pci.hpp"

namespace docteur::cache_vm::pvh {
std::vector<std::unique_ptr<virtio_transport>> find_devices(std::span<const std::string_view> words) {
  std::vector<mmio_place> places;
  for (std::string_view word : words) {
    constexpr std::string_view kKey = "virtio_mmio.device=";
    if (!word.starts_with(kKey)) continue;
    if (const auto p = parse_mmio_place(word.substr(kKey.size()))) {
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
  // QEMU puts its first device at the highest address.
  std::ranges::sort(places, std::ranges::greater{}, &mmio_place::address);
  const auto same = [](const mmio_place& a, const mmio_place& b) { return a.address == b.address; };
  places.erase(std::unique(places.begin(), places.end(), same), places.end());
  for (const mmio_place& p : places)
    if (auto t = open_virtio_mmio(p.address, p.size, p.interrupt)) found.push_back(std::move(t));
  return found;
}

}  // namespace docteur::cache_vm::pvh
