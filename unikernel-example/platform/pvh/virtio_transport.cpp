#include "unikernel-example/platform/pvh/virtio_transport.hpp"

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// 2.1
constexpr std::uint8_t kAcknowledge = 1;
constexpr std::uint8_t kDriver = 2;
constexpr std::uint8_t kDriverOk = 4;
constexpr std::uint8_t kFeaturesOk = 8;
constexpr std::uint8_t kFailed = 128;

}  // namespace

bool virtio_transport::reset() {
  constexpr std::uint64_t kPatience = 1'000'000'000;
  set_status(0);
  const std::uint64_t begin = monotonic_ns();
  while (status() != 0) {
    if (monotonic_ns() - begin > kPatience) return false;
    pause();
  }
  return true;
}

std::optional<std::uint64_t> virtio_transport::negotiate(std::uint64_t wanted) {
  if (!reset()) return std::nullopt;
  set_status(kAcknowledge);
  set_status(kAcknowledge | kDriver);
  if (is_modern()) wanted |= kVersion1;
  const std::uint64_t both = offered_features() & wanted;
  if (is_modern() && (both & kVersion1) == 0) return std::nullopt;
  accept_features(both);
  if (is_modern()) {
    set_status(kAcknowledge | kDriver | kFeaturesOk);
    if ((status() & kFeaturesOk) == 0) return std::nullopt;
  }
  return both;
}

void virtio_transport::ready() { set_status(static_cast<std::uint8_t>(status() | kDriverOk)); }

void virtio_transport::give_up() { set_status(static_cast<std::uint8_t>(status() | kFailed)); }

std::uint64_t virtio_transport::config64(std::uint32_t at) {
  constexpr int kTries = 100;
  std::uint64_t v = 0;
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t before = config_generation();
    const std::uint32_t low = config32(at);
    v = std::uint64_t{config32(at + 4)} << 32 | low;
    if (config_generation() == before && config32(at) == low) break;
  }
  return v;
}

}  // namespace docteur::cache_vm::pvh
