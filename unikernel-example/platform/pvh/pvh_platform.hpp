#pragma once
// The platform of a bare x86-64 machine.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unikernel-example/platform/platform.hpp"
#include "unikernel-example/platform/pvh/disk_blocks.hpp"
#include "unikernel-example/platform/pvh/network.hpp"
#include "unikernel-example/platform/pvh/virtio_block.hpp"

namespace docteur::cache_vm::pvh {

class pvh_platform final : public platform {
 public:
  // Starts the devices. `words`: of the command line.
  pvh_platform(std::span<const std::string_view> words, const network_options& options);

  [[nodiscard]] std::string_view name() const override { return "pvh"; }
  [[nodiscard]] std::uint64_t monotonic_ns() const override;
  [[nodiscard]] std::optional<std::int64_t> wall_clock() const override;
  void console_write(std::string_view text) override;
  [[nodiscard]] std::size_t console_read(std::span<char> into) override;
  [[nodiscard]] std::vector<disk> disks() override;
  void wait_for_disks(bool waits) override { waits_.may_wait = waits; }
  [[nodiscard]] bool has_ticket() const override { return waits_.ticket != 0; }
  [[nodiscard]] std::uint64_t take_ticket() override { return waits_.take_ticket(); }
  [[nodiscard]] memory_use memory() const override;
  [[nodiscard]] docteur::memory heap() noexcept override;
  [[nodiscard]] std::string network_status() const override;
  [[nodiscard]] outcome<std::string> listen(std::string_view address, std::uint16_t port,
                                            std::span<service* const> services) override;
  [[nodiscard]] connection_limit most_connections() const override;
  ending run(application& app) override;
  void stop(ending how) override;

  [[nodiscard]] ending wanted_ending() const { return ending_; }

 private:
  struct block_disk {
    std::unique_ptr<virtio_block> device;
    std::unique_ptr<disk_blocks> blocks;  // over device
  };
  [[nodiscard]] bool tell_arrivals(application& app);
  [[nodiscard]] bool is_reading() const;

  disk_waits waits_;
  std::vector<block_disk> disks_;
  network* network_ = nullptr;  // never destroyed, since frames may arrive until the machine ends
  bool stopped_ = false;
  ending ending_ = ending::halt;
};

}  // namespace docteur::cache_vm::pvh
