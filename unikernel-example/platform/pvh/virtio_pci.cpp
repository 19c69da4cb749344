#include "unikernel-example/platform/pvh/virtio_pci.hpp"

#include <cstdio>

#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/pci.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// 4.1.4.3: struct virtio_pci_common_cfg.
constexpr std::uint32_t kDeviceFeatureSelect = 0x00;
constexpr std::uint32_t kDeviceFeature = 0x04;
constexpr std::uint32_t kDriverFeatureSelect = 0x08;
constexpr std::uint32_t kDriverFeature = 0x0c;
constexpr std::uint32_t kConfigMsixVector = 0x10;
constexpr std::uint32_t kDeviceStatus = 0x14;
constexpr std::uint32_t kConfigGeneration = 0x15;
constexpr std::uint32_t kQueueSelect = 0x16;
constexpr std::uint32_t kQueueSize = 0x18;
constexpr std::uint32_t kQueueMsixVector = 0x1a;
constexpr std::uint32_t kQueueEnable = 0x1c;
constexpr std::uint32_t kQueueNotifyOff = 0x1e;
constexpr std::uint32_t kQueueDesc = 0x20;
constexpr std::uint32_t kQueueDriver = 0x28;
constexpr std::uint32_t kQueueDevice = 0x30;
constexpr std::uint32_t kCommonSize = 0x38;

constexpr std::uint16_t kNoVector = 0xffff;
constexpr std::uint16_t kVendor = 0x1af4;

// PCI Local Bus 3.0.
constexpr std::uint8_t kCommand = 0x04;
constexpr std::uint16_t kMemorySpace = 0x0002;
constexpr std::uint16_t kBusMaster = 0x0004;
constexpr std::uint16_t kInterruptDisable = 0x0400;
constexpr std::uint8_t kCapMsix = 0x11;
constexpr std::uint8_t kCapVendor = 0x09;

struct window {
  std::uint64_t base = 0;
  std::uint32_t size = 0;
};

struct windows {
  window common, notify, isr, device;
  std::uint32_t notify_multiplier = 0;
  std::uint8_t msix = 0;  // its capability, 0: none
};

class pci_transport final : public virtio_transport {
 public:
  pci_transport(pci_address at, virtio_kind kind, const windows& w) : at_(at), kind_(kind), w_(w) {}

  [[nodiscard]] virtio_kind kind() const override { return kind_; }
  [[nodiscard]] std::string where() const override {
    char text[48];
    std::snprintf(text, sizeof text, "virtio-pci at %02x:%02x.%x", unsigned{at_.bus}, unsigned{at_.device},
                  unsigned{at_.function});
    return text;
  }
  [[nodiscard]] bool is_modern() const override { return true; }

  // All queues use entry 0 of the MSI-X table (6.8.2); interrupt pins are not used.
  [[nodiscard]] bool enable_interrupts() override {
    if (w_.msix == 0) return false;
    const std::uint32_t table = pci_read32(at_, static_cast<std::uint8_t>(w_.msix + 4));
    const std::uint64_t bar = pci_memory_bar(at_, table & 7);
    const std::uint64_t entry = bar + (table & ~7u);
    if (bar == 0 || !is_outside_ram(entry, 16) || !map_identity(entry, 16)) return false;
    const std::uint64_t address = message_address();
    write_register<std::uint32_t>(entry, static_cast<std::uint32_t>(address));
    write_register<std::uint32_t>(entry + 4, static_cast<std::uint32_t>(address >> 32));
    write_register<std::uint32_t>(entry + 8, message_data());
    write_register<std::uint32_t>(entry + 12, 0);  // not masked
    const auto control = static_cast<std::uint8_t>(w_.msix + 2);
    pci_write16(at_, control, static_cast<std::uint16_t>((pci_read16(at_, control) | 0x8000) & ~0x4000));
    uses_msix_ = true;
    return true;
  }
  void acknowledge() override {}  // a message needs none

  [[nodiscard]] std::uint16_t queue_limit(std::uint16_t index) override {
    set<std::uint16_t>(kQueueSelect, index);
    return get<std::uint16_t>(kQueueSize);
  }
  [[nodiscard]] bool set_queue(std::uint16_t index, const queue_place& at) override {
    if (index >= kQueues) return false;
    set<std::uint16_t>(kQueueSelect, index);
    const std::uint64_t offset = std::uint64_t{get<std::uint16_t>(kQueueNotifyOff)} * w_.notify_multiplier;
    if (offset + 2 > w_.notify.size) return false;
    notify_[index] = w_.notify.base + offset;
    set<std::uint16_t>(kQueueSize, at.size);
    const std::uint16_t vector = uses_msix_ ? 0 : kNoVector;
    set<std::uint16_t>(kQueueMsixVector, vector);
    if (get<std::uint16_t>(kQueueMsixVector) != vector) return false;
    set64(kQueueDesc, at.descriptors);
    set64(kQueueDriver, at.available);
    set64(kQueueDevice, at.used);
    set<std::uint16_t>(kQueueEnable, 1);
    return true;
  }
  void notify(std::uint16_t index) override {
    if (index < kQueues && notify_[index] != 0) write_register<std::uint16_t>(notify_[index], index);
  }

  [[nodiscard]] std::uint8_t config8(std::uint32_t at) override { return config<std::uint8_t>(at); }
  [[nodiscard]] std::uint16_t config16(std::uint32_t at) override { return config<std::uint16_t>(at); }
  [[nodiscard]] std::uint32_t config32(std::uint32_t at) override { return config<std::uint32_t>(at); }

 private:
  static constexpr std::uint16_t kQueues = 2;  // of a block device 1, of a network device 2

  [[nodiscard]] std::uint8_t status() override { return get<std::uint8_t>(kDeviceStatus); }
  void set_status(std::uint8_t v) override {
    set<std::uint8_t>(kDeviceStatus, v);
    if (v == 0) set<std::uint16_t>(kConfigMsixVector, kNoVector);
  }
  [[nodiscard]] std::uint64_t offered_features() override {
    set<std::uint32_t>(kDeviceFeatureSelect, 0);
    const std::uint64_t low = get<std::uint32_t>(kDeviceFeature);
    set<std::uint32_t>(kDeviceFeatureSelect, 1);
    return low | std::uint64_t{get<std::uint32_t>(kDeviceFeature)} << 32;
  }
  void accept_features(std::uint64_t v) override {
    set<std::uint32_t>(kDriverFeatureSelect, 0);
    set<std::uint32_t>(kDriverFeature, static_cast<std::uint32_t>(v));
    set<std::uint32_t>(kDriverFeatureSelect, 1);
    set<std::uint32_t>(kDriverFeature, static_cast<std::uint32_t>(v >> 32));
  }
  [[nodiscard]] std::uint32_t config_generation() override { return get<std::uint8_t>(kConfigGeneration); }

  template <class T>
  [[nodiscard]] T get(std::uint32_t at) const {
    return read_register<T>(w_.common.base + at);
  }
  template <class T>
  void set(std::uint32_t at, T v) const {
    write_register<T>(w_.common.base + at, v);
  }
  void set64(std::uint32_t at, std::uint64_t v) const {  // 4.1.3.1: as two halves
    set<std::uint32_t>(at, static_cast<std::uint32_t>(v));
    set<std::uint32_t>(at + 4, static_cast<std::uint32_t>(v >> 32));
  }
  template <class T>
  [[nodiscard]] T config(std::uint32_t at) const {
    return at + sizeof(T) <= w_.device.size ? read_register<T>(w_.device.base + at) : T{0};
  }

  pci_address at_;
  virtio_kind kind_;
  windows w_;
  bool uses_msix_ = false;
  std::uint64_t notify_[kQueues] = {};
};

// 4.1.4: struct virtio_pci_cap. A window must be in an assigned memory BAR outside RAM, and begin where its registers
// are aligned (4.1.4.3.1, 4.1.4.4.1, 4.1.4.6.1).
window read_window(pci_address a, std::uint8_t cap, std::uint32_t alignment) {
  const std::uint64_t bar = pci_memory_bar(a, pci_read8(a, static_cast<std::uint8_t>(cap + 4)));
  const std::uint32_t offset = pci_read32(a, static_cast<std::uint8_t>(cap + 8));
  const std::uint32_t size = pci_read32(a, static_cast<std::uint8_t>(cap + 12));
  if (bar == 0 || size == 0 || offset % alignment != 0 || offset > ~std::uint64_t{0} - bar ||
      !is_outside_ram(bar + offset, size) || !map_identity(bar + offset, size))
    return {};
  return {bar + offset, size};
}

windows read_windows(pci_address a) {
  windows w;
  for_each_pci_capability(a, [&](std::uint8_t id, std::uint8_t at) {
    if (id == kCapMsix && w.msix == 0) w.msix = at;
    if (id != kCapVendor || at > 0xec) return;
    enum : std::uint8_t { kCommon = 1, kNotify = 2, kIsr = 3, kDevice = 4 };
    const std::uint8_t type = pci_read8(a, static_cast<std::uint8_t>(at + 3));
    window* which = type == kCommon   ? &w.common
                    : type == kNotify ? &w.notify
                    : type == kIsr    ? &w.isr
                    : type == kDevice ? &w.device
                                      : nullptr;
    if (which == nullptr || which->size != 0) return;  // the first of a kind is preferred
    *which = read_window(a, at, type == kNotify ? 2 : type == kIsr ? 1 : 4);
    if (type != kNotify) return;
    w.notify_multiplier = pci_read32(a, static_cast<std::uint8_t>(at + 16));
    if (w.notify_multiplier % 2 != 0) w.notify = {};
  });
  return w;
}

}  // namespace

std::vector<std::unique_ptr<virtio_transport>> find_virtio_pci() {
  std::vector<std::unique_ptr<virtio_transport>> found;
  for_each_pci([&](pci_address a) {
    const std::uint16_t device = pci_read16(a, 0x02);
    if (pci_read16(a, 0x00) != kVendor || device < 0x1000 || device > 0x107f) return;
    // 4.1.2: the subsystem of a transitional device is its kind.
    const auto kind = static_cast<virtio_kind>(device >= 0x1040 ? device - 0x1040u : pci_read16(a, 0x2e));
    if (kind != virtio_kind::network && kind != virtio_kind::block) return;
    pci_write16(a, kCommand,
                static_cast<std::uint16_t>(pci_read16(a, kCommand) | kMemorySpace | kBusMaster | kInterruptDisable));
    const windows w = read_windows(a);
    if (w.common.size < kCommonSize || w.notify.size < 2 || w.device.size == 0) {
      std::printf("remark: virtio-pci at %02x:%02x.%x has no virtio 1.0 interface and is not used\n", unsigned{a.bus},
                  unsigned{a.device}, unsigned{a.function});
      return;
    }
    found.push_back(std::make_unique<pci_transport>(a, kind, w));
  });
  return found;
}

}  // namespace docteur::cache_vm::pvh
