#include "unikernel-example/platform/pvh/pvh_platform.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdio>

#include "host/heap.hpp"
#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/devices.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/serial.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint64_t kTick = 100'000'000;  // ns
constexpr unsigned kPollsBeforeWork = 8;      // that brought frames
constexpr std::uint64_t kDiskNap = 200'000;   // ns between two looks at a disk that reads

// Blocks of a disk that are kept: half a MiB of a machine of 64 MiB, up to 4 MiB of a larger one.
[[nodiscard]] std::size_t kept_blocks() noexcept {
  return std::clamp<std::size_t>(static_cast<std::size_t>(machine.heap.size() >> 23), 8, 64);
}

}  // namespace

pvh_platform::pvh_platform(std::span<const std::string_view> words, const network_options& options) {
  start_local_apic();
  for (auto& t : find_devices(words)) {
    const std::string where = t->where();
    if (t->kind() == virtio_kind::block) {
      if (auto b = virtio_block::open(std::move(t))) {
        auto blocks = std::make_unique<disk_blocks>(*b, waits_, kept_blocks());
        disks_.push_back({std::move(b), std::move(blocks)});
      } else {
        std::printf("remark: the disk (%s) cannot be used\n", where.c_str());
      }
    } else if (network_ == nullptr) {
      if (auto d = virtio_net::open(std::move(t))) {
        network_ = new network(std::move(d), options);
      } else {
        std::printf("remark: the network device (%s) cannot be used\n", where.c_str());
      }
    }
  }
  static_cast<void>(enable_input(serial::kInterrupt));
}

std::uint64_t pvh_platform::monotonic_ns() const { return pvh::monotonic_ns(); }
std::optional<std::int64_t> pvh_platform::wall_clock() const { return pvh::wall_clock(); }

void pvh_platform::console_write(std::string_view text) {
  std::fflush(stdout);
  serial::write(text.data(), text.size());
}
std::size_t pvh_platform::console_read(std::span<char> into) { return serial::read(into.data(), into.size()); }

std::vector<disk> pvh_platform::disks() {
  std::vector<disk> all;
  for (std::size_t i = 0; i < disks_.size(); ++i) all.push_back({std::to_string(i), disks_[i].blocks->view()});
  if (machine.module.size() > 0)
    all.push_back({"module", memory_device({reinterpret_cast<const std::byte*>(machine.module.begin),
                                            static_cast<std::size_t>(machine.module.size())})});
  return all;
}

// What disks keep is not the application's to plan with.
memory_use pvh_platform::memory() const {
  const struct mallinfo2 m = mallinfo2();
  const std::uint64_t taken = machine.heap_break - machine.heap.begin;
  const std::uint64_t of_disks = disks_.size() * kept_blocks() * arriving_blocks::kBlock;
  const std::uint64_t total = machine.program + machine.heap.size();
  return {total - std::min(total / 4, of_disks), machine.program + taken - std::min<std::uint64_t>(m.fordblks, taken)};
}

// All memory of the guest is mapped by 2 MiB pages.
docteur::memory pvh_platform::heap() noexcept { return heap_memory(); }

std::string pvh_platform::network_status() const {
  return network_ != nullptr ? network_->status() : "there is no network device";
}

outcome<std::string> pvh_platform::listen(std::string_view address, std::uint16_t port,
                                          std::span<service* const> services) {
  const bool is_ip6 = address.find(':') != address.npos;
  const std::string at =
      (is_ip6 ? "[" + std::string(address) + "]" : std::string(address)) + ":" + std::to_string(port);
  const char* const why = port == 0             ? "a guest needs the number of a port"
                          : network_ != nullptr ? network_->listen(address, port, *services.front())
                                                : "there is no network device";
  if (why == nullptr) return at;
  return give_up(blame::environment, "cannot listen on " + at + ": " + why);
}

connection_limit pvh_platform::most_connections() const {
  return {kMostConnections, "a guest has no room for more", true};
}

bool pvh_platform::tell_arrivals(application& app) {
  bool any = false;
  for (const block_disk& d : disks_) {
    for (const auto& w : d.blocks->poll()) {
      app.arrived(w.loop, w.ticket);
      any = true;
    }
  }
  return any;
}

bool pvh_platform::is_reading() const {
  return std::ranges::any_of(disks_, [](const block_disk& d) { return d.blocks->is_reading(); });
}

ending pvh_platform::run(application& app) {
  std::uint64_t next_tick = 0;
  bool has_work = true;
  unsigned polls = 0;
  bool look_at_console = true;  // set when a wait ended without a frame: reading the port is slow
  while (!stopped_) {
    const bool any = network_ != nullptr && network_->poll();
    if (tell_arrivals(app)) has_work = true;
    const bool works = has_work && ++polls % kPollsBeforeWork == 0;
    const std::uint64_t now = pvh::monotonic_ns();
    const bool ticks = now >= next_tick;
    if (ticks) {
      next_tick = now + kTick;
      if (network_ != nullptr) network_->tick();
      app.tick(0);
      has_work = true;
      look_at_console = true;
    }
    if (any && !ticks && !works) continue;  // frames come first, but console and work are not forgotten
    if (look_at_console && serial::has_input()) app.console_ready();
    look_at_console = false;
    if (stopped_) break;
    if (has_work) has_work = app.work(0);
    if (any || has_work) continue;
    std::fflush(stdout);
    std::uint64_t left = next_tick - std::min(next_tick, pvh::monotonic_ns());
    if (is_reading()) left = std::min(left, kDiskNap);
    if (network_ != nullptr) {
      look_at_console = !network_->wait(left);
    } else {
      wait(left);
      look_at_console = true;
    }
  }
  // Delivers responses that are on their way.
  constexpr std::uint64_t kGrace = 50'000'000;
  for (const std::uint64_t begin = pvh::monotonic_ns(); network_ != nullptr && pvh::monotonic_ns() - begin < kGrace;)
    static_cast<void>(network_->poll());
  stopped_ = false;
  return ending_;
}

void pvh_platform::stop(ending how) {
  stopped_ = true;
  ending_ = how;
}

}  // namespace docteur::cache_vm::pvh
