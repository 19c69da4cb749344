#include "unikernel-example/platform/pvh/virtio_mmio.hpp"

#include <cstdio>

#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// 4.2.2, and 4.2.4 for the legacy ones.
constexpr std::uint32_t kMagicValue = 0x000;
constexpr std::uint32_t kVersion = 0x004;
constexpr std::uint32_t kDeviceId = 0x008;
constexpr std::uint32_t kDeviceFeatures = 0x010;
constexpr std::uint32_t kDeviceFeaturesSel = 0x014;
constexpr std::uint32_t kDriverFeatures = 0x020;
constexpr std::uint32_t kDriverFeaturesSel = 0x024;
constexpr std::uint32_t kGuestPageSize = 0x028;  // legacy
constexpr std::uint32_t kQueueSel = 0x030;
constexpr std::uint32_t kQueueNumMax = 0x034;
constexpr std::uint32_t kQueueNum = 0x038;
constexpr std::uint32_t kQueueAlign = 0x03c;  // legacy
constexpr std::uint32_t kQueuePfn = 0x040;    // legacy
constexpr std::uint32_t kQueueReady = 0x044;
constexpr std::uint32_t kQueueNotify = 0x050;
constexpr std::uint32_t kInterruptAck = 0x064;
constexpr std::uint32_t kStatus = 0x070;
constexpr std::uint32_t kQueueDesc = 0x080;
constexpr std::uint32_t kQueueDriver = 0x090;
constexpr std::uint32_t kQueueDevice = 0x0a0;
constexpr std::uint32_t kConfigGeneration = 0x0fc;
constexpr std::uint32_t kConfig = 0x100;

constexpr std::uint32_t kMagic = 0x74726976;  // "virt"
constexpr std::uint32_t kPage = 4096;
constexpr std::uint64_t kMostConfig = 0x100;  // bytes of a device's configuration that are read

class mmio_transport final : public virtio_transport {
 public:
  mmio_transport(std::uint64_t address, std::uint32_t interrupt, virtio_kind kind, bool modern)
      : base_(address), interrupt_(interrupt), kind_(kind), modern_(modern) {}

  [[nodiscard]] virtio_kind kind() const override { return kind_; }
  [[nodiscard]] std::string where() const override {
    char text[48];
    std::snprintf(text, sizeof text, "virtio-mmio at 0x%llx", static_cast<unsigned long long>(base_));
    return text;
  }
  [[nodiscard]] bool is_modern() const override { return modern_; }

  [[nodiscard]] bool enable_interrupts() override { return interrupt_ != 0 && enable_input(interrupt_); }
  // Acknowledges every cause (4.2.2): reading the cause first would be a second access.
  void acknowledge() override { set(kInterruptAck, 3); }

  [[nodiscard]] std::uint16_t queue_limit(std::uint16_t index) override {
    set(kQueueSel, index);
    const std::uint32_t limit = get(kQueueNumMax);
    return static_cast<std::uint16_t>(limit < 0x8000 ? limit : 0x8000);
  }
  [[nodiscard]] bool set_queue(std::uint16_t index, const queue_place& at) override {
    set(kQueueSel, index);
    if (get(modern_ ? kQueueReady : kQueuePfn) != 0) return false;
    set(kQueueNum, at.size);
    if (!modern_) {  // the rings are contiguous, the used ring on the next page
      if (at.descriptors / kPage > 0xffffffff) return false;
      set(kQueueAlign, kPage);
      set(kQueuePfn, static_cast<std::uint32_t>(at.descriptors / kPage));
      return true;
    }
    set64(kQueueDesc, at.descriptors);
    set64(kQueueDriver, at.available);
    set64(kQueueDevice, at.used);
    set(kQueueReady, 1);
    return true;
  }
  void notify(std::uint16_t index) override { set(kQueueNotify, index); }

  [[nodiscard]] std::uint8_t config8(std::uint32_t at) override { return config<std::uint8_t>(at); }
  [[nodiscard]] std::uint16_t config16(std::uint32_t at) override { return config<std::uint16_t>(at); }
  [[nodiscard]] std::uint32_t config32(std::uint32_t at) override { return config<std::uint32_t>(at); }

 private:
  [[nodiscard]] std::uint8_t status() override { return static_cast<std::uint8_t>(get(kStatus)); }
  void set_status(std::uint8_t v) override {
    set(kStatus, v);
    if (v == 0 && !modern_) set(kGuestPageSize, kPage);
  }
  [[nodiscard]] std::uint64_t offered_features() override {
    set(kDeviceFeaturesSel, 0);
    const std::uint64_t low = get(kDeviceFeatures);
    if (!modern_) return low;
    set(kDeviceFeaturesSel, 1);
    return low | std::uint64_t{get(kDeviceFeatures)} << 32;
  }
  void accept_features(std::uint64_t v) override {
    set(kDriverFeaturesSel, 0);
    set(kDriverFeatures, static_cast<std::uint32_t>(v));
    if (!modern_) return;
    set(kDriverFeaturesSel, 1);
    set(kDriverFeatures, static_cast<std::uint32_t>(v >> 32));
  }
  [[nodiscard]] std::uint32_t config_generation() override { return modern_ ? get(kConfigGeneration) : 0; }

  [[nodiscard]] std::uint32_t get(std::uint32_t at) const { return read_register<std::uint32_t>(base_ + at); }
  void set(std::uint32_t at, std::uint32_t v) const { write_register<std::uint32_t>(base_ + at, v); }
  void set64(std::uint32_t at, std::uint64_t v) const {
    set(at, static_cast<std::uint32_t>(v));
    set(at + 4, static_cast<std::uint32_t>(v >> 32));
  }
  template <class T>
  [[nodiscard]] T config(std::uint32_t at) const {
    return at + sizeof(T) <= kMostConfig ? read_register<T>(base_ + kConfig + at) : T{0};
  }

  std::uint64_t base_;
  std::uint32_t interrupt_;
  virtio_kind kind_;
  bool modern_;
};

}  // namespace

std::unique_ptr<virtio_transport> open_virtio_mmio(std::uint64_t address, std::uint64_t size, std::uint32_t interrupt) {
  if (address < kPage || address % 4 != 0 || size < kConfig + kMostConfig || !is_outside_ram(address, size) ||
      !map_identity(address, size))
    return nullptr;
  if (read_register<std::uint32_t>(address + kMagicValue) != kMagic) return nullptr;
  const auto version = read_register<std::uint32_t>(address + kVersion);
  const auto kind = static_cast<virtio_kind>(read_register<std::uint32_t>(address + kDeviceId));
  if (version < 1 || version > 2 || (kind != virtio_kind::network && kind != virtio_kind::block)) return nullptr;
  return std::make_unique<mmio_transport>(address, interrupt, kind, version == 2);
}

}  // namespace docteur::cache_vm::pvh
