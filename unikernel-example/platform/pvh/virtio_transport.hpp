#pragma once
// A driver's access to a virtio device over any transport: virtio-mmio or virtio-pci. Section numbers and names are
// those of the virtio specification 1.1.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace docteur::cache_vm::pvh {

enum class virtio_kind : std::uint32_t { none = 0, network = 1, block = 2 };  // 5

// Feature bits of all devices (6).
inline constexpr std::uint64_t kAnyLayout = std::uint64_t{1} << 27;
inline constexpr std::uint64_t kVersion1 = std::uint64_t{1} << 32;

// The physical addresses of a split queue (2.6).
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
  // Version 1.0 or newer; false: the legacy interface.
  [[nodiscard]] virtual bool is_modern() const = 0;

  // Lets the device's interrupts end a wait. False: the driver must poll.
  [[nodiscard]] virtual bool enable_interrupts() = 0;
  // Lets the device interrupt again.
  virtual void acknowledge() = 0;

  // The largest possible size of queue `index`; 0 when there is no such queue.
  [[nodiscard]] virtual std::uint16_t queue_limit(std::uint16_t index) = 0;
  [[nodiscard]] virtual bool set_queue(std::uint16_t index, const queue_place& at) = 0;
  virtual void notify(std::uint16_t index) = 0;

  // The device's configuration (little-endian); bytes past its end have any value.
  [[nodiscard]] virtual std::uint8_t config8(std::uint32_t at) = 0;
  [[nodiscard]] virtual std::uint16_t config16(std::uint32_t at) = 0;
  [[nodiscard]] virtual std::uint32_t config32(std::uint32_t at) = 0;
  // A 64-bit field, never half old and half new (4.2.2.2, 4.1.4.3.1).
  [[nodiscard]] std::uint64_t config64(std::uint32_t at);

  // 3.1.1, steps 1 to 6: resets the device and agrees on features, of which `wanted` are those of the driver. nullopt
  // when the device refuses, or does not reset within a second. The caller then sets up queues and calls ready().
  [[nodiscard]] std::optional<std::uint64_t> negotiate(std::uint64_t wanted);
  void ready();
  // Afterwards the device accesses no memory. False when it does not answer.
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
