#pragma once
// How a driver talks to a virtio device, whatever carries it: virtio-mmio or virtio-pci. Numbers of sections and names
// are those of the virtio specification 1.1.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace docteur::cache_vm::pvh {

enum class virtio_kind : std::uint32_t { none = 0, network = 1, block = 2 };  // 5

// Feature bits that are no single device's (6).
inline constexpr std::uint64_t kAnyLayout = std::uint64_t{1} << 27;
inline constexpr std::uint64_t kVersion1 = std::uint64_t{1} << 32;

// Where a split queue is (2.6): physical addresses.
struct queue_place {
  std::uint16_t size;
  std::uint64_t descriptors;
  std::uint64_t available;
  std::uint64_t used;
};

class virtio_transport {
 public:
  virtual ~virtio_transport() = default;

  [[nodiscard]] virtual virtio_kind kind() const = 0;
  [[nodiscard]] virtual std::string where() const = 0;  // for messages
  // Version 1.0 or newer; else the interface that the specification calls legacy.
  [[nodiscard]] virtual bool is_modern() const = 0;

  // Has the device's interrupts end a wait. False: the driver must look at it by itself.
  [[nodiscard]] virtual bool enable_interrupts() = 0;
  // Lets the device interrupt again.
  virtual void acknowledge() = 0;

  // The largest size that queue `index` may have; 0 when there is no such queue.
  [[nodiscard]] virtual std::uint16_t queue_limit(std::uint16_t index) = 0;
  [[nodiscard]] virtual bool set_queue(std::uint16_t index, const queue_place& at) = 0;
  virtual void notify(std::uint16_t index) = 0;

  // The device's own configuration (little-endian); bytes past its end read as anything.
  [[nodiscard]] virtual std::uint8_t config8(std::uint32_t at) = 0;
  [[nodiscard]] virtual std::uint16_t config16(std::uint32_t at) = 0;
  [[nodiscard]] virtual std::uint32_t config32(std::uint32_t at) = 0;
  // A 64-bit field, never half old and half new (4.2.2.2, 4.1.4.3.1).
  [[nodiscard]] std::uint64_t config64(std::uint32_t at);

  // 3.1.1, steps 1 to 6: reset, then the features that both sides want. nullopt when the device refuses, or does not
  // reset within a second. Queues follow, then ready().
  [[nodiscard]] std::optional<std::uint64_t> negotiate(std::uint64_t wanted);
  void ready();
  // After it the device touches no memory. False when it does not answer.
  [[nodiscard]] bool reset();
  void give_up();  // tells the device that its driver has failed

 protected:
  [[nodiscard]] virtual std::uint8_t status() = 0;
  virtual void set_status(std::uint8_t v) = 0;
  [[nodiscard]] virtual std::uint64_t offered_features() = 0;
  virtual void accept_features(std::uint64_t v) = 0;
  [[nodiscard]] virtual std::uint32_t config_generation() = 0;
};

}  // namespace docteur::cache_vm::pvh
