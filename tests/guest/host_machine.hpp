#pragma once
// A simulated machine for the bare machine's drivers and parsers on a host.

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/pci.hpp"
#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

struct host_machine {
  // The firmware's tables: `tables` begins at this physical address. A range that is not entirely inside reads as 0xff.
  static constexpr std::uint64_t kTables = 0x10000;
  std::vector<std::byte> tables;

  // The devices' registers, the only range outside RAM. A register reads as the value last written.
  static constexpr std::size_t kRegisters = 1 << 16;
  alignas(4096) std::array<std::byte, kRegisters> registers{};
  [[nodiscard]] std::uint64_t registers_at() const { return reinterpret_cast<std::uint64_t>(registers.data()); }

  // Functions 0 to n of device 1 on bus 0. A memory base address register leads into `registers`, whatever its bits 4
  // to 15 are; all zeros mean unassigned.
  std::vector<std::array<std::byte, 256>> functions;

  std::uint64_t now_ns = 0;               // advances by a second at each read
  std::uint64_t step_ns = 1'000'000'000;  // that each look at the clock takes

  struct io_apic {
    std::uint64_t address;
    std::uint32_t first_input;
  };
  std::vector<io_apic> io_apics;
};
extern host_machine host;

// A device's side of the transport, in memory. set_queue() gives the addresses of its queues.
class host_transport : public virtio_transport {
 public:
  explicit host_transport(virtio_kind kind, bool modern = true) : kind_(kind), modern_(modern) {}
  [[nodiscard]] virtio_kind kind() const override { return kind_; }
  [[nodiscard]] std::string where() const override { return "here"; }
  [[nodiscard]] bool is_modern() const override { return modern_; }
  [[nodiscard]] bool enable_interrupts() override { return false; }
  void acknowledge() override {}
  [[nodiscard]] std::uint16_t queue_limit(std::uint16_t) override { return limit; }
  [[nodiscard]] bool set_queue(std::uint16_t index, const queue_place& at) override {
    if (index >= queues.size()) return false;
    queues[index] = at;
    return true;
  }
  void notify(std::uint16_t) override { ++notified; }
  [[nodiscard]] std::uint8_t config8(std::uint32_t at) override { return at < config.size() ? config[at] : 0xff; }
  [[nodiscard]] std::uint16_t config16(std::uint32_t at) override {
    return static_cast<std::uint16_t>(config8(at) | config8(at + 1) << 8);
  }
  [[nodiscard]] std::uint32_t config32(std::uint32_t at) override {
    return std::uint32_t{config16(at)} | std::uint32_t{config16(at + 2)} << 16;
  }

  std::uint16_t limit = 256;
  std::uint64_t features = ~std::uint64_t{0};
  std::array<queue_place, 2> queues{};
  std::vector<std::uint8_t> config;
  int notified = 0;

 private:
  [[nodiscard]] std::uint8_t status() override { return status_; }
  void set_status(std::uint8_t v) override { status_ = v; }
  [[nodiscard]] std::uint64_t offered_features() override { return features; }
  void accept_features(std::uint64_t v) override { features = v; }
  [[nodiscard]] std::uint32_t config_generation() override { return 0; }

  virtio_kind kind_;
  bool modern_;
  std::uint8_t status_ = 0;
};

// A device's view of a split queue, and its actions on it.
class device_side {
 public:
  explicit device_side(const queue_place& at) : at_(at) {}
  [[nodiscard]] std::uint16_t offered() const { return read<std::uint16_t>(at_.available + 2); }
  // The head of the chain that was offered as number `n`.
  [[nodiscard]] std::uint16_t head(std::uint16_t n) const {
    return read<std::uint16_t>(at_.available + 4 + 2u * (n % at_.size));
  }
  struct descriptor {
    std::uint64_t address;
    std::uint32_t length;
    std::uint16_t flags, next;
  };
  [[nodiscard]] descriptor describe(std::uint16_t id) const { return read<descriptor>(at_.descriptors + 16u * id); }
  void put_used(std::uint16_t slot, std::uint32_t id, std::uint32_t length) const {
    write(at_.used + 4 + 8u * (slot % at_.size), id);
    write(at_.used + 8 + 8u * (slot % at_.size), length);
  }
  void set_used_index(std::uint16_t v) const { write(at_.used + 2, v); }
  [[nodiscard]] std::uint16_t used_index() const { return read<std::uint16_t>(at_.used + 2); }
  void finish(std::uint32_t id, std::uint32_t length) const {
    put_used(used_index(), id, length);
    set_used_index(static_cast<std::uint16_t>(used_index() + 1));
  }

 private:
  template <class T>
  [[nodiscard]] static T read(std::uint64_t address) {
    T v;
    std::memcpy(&v, reinterpret_cast<const void*>(address), sizeof v);
    return v;
  }
  template <class T>
  static void write(std::uint64_t address, T v) {
    std::memcpy(reinterpret_cast<void*>(address), &v, sizeof v);
  }
  queue_place at_;
};

}  // namespace docteur::cache_vm::pvh
