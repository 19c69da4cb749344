// Property: whatever a PCI configuration space and the registers behind it contain, searching for virtio devices ends,
// and a device that is found is accessed within its windows only (a sanitizer detects the rest). Input: two
// configuration spaces, then registers.
#include <algorithm>

#include "fuzz/property.hpp"
#include "guest/host_machine.hpp"
#include "unikernel-example/platform/pvh/virtio_block.hpp"
#include "unikernel-example/platform/pvh/virtio_net.hpp"
#include "unikernel-example/platform/pvh/virtio_pci.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  using namespace docteur::cache_vm::pvh;
  static std::FILE* const silent = std::freopen("/dev/null", "w", stdout);  // each device that is refused is a remark
  PROPERTY(silent != nullptr);
  const bytes in = fuzz_input(data, size);
  host.functions.assign(2, {});
  std::size_t at = 0;
  for (auto& config : host.functions) {
    const bytes part = in.subspan(at, std::min(config.size(), in.size() - at));
    std::ranges::copy(part, config.begin());
    at += part.size();
  }
  host.registers.fill(std::byte{0});
  const bytes rest = in.subspan(at, std::min(host.registers.size(), in.size() - at));
  std::ranges::copy(rest, host.registers.begin());
  for (auto& t : find_virtio_pci()) {
    PROPERTY(t->kind() == virtio_kind::block || t->kind() == virtio_kind::network);
    for (const std::uint32_t field : {0u, 60u, 252u, 0xfffffffcu}) (void)t->config32(field);
    (void)t->config64(0);
    if (t->kind() == virtio_kind::block) {
      const auto disk = virtio_block::open(std::move(t));
      if (!disk) continue;
      std::array<std::byte, 600> out;
      const device view = disk->view();
      PROPERTY(!view.read(view.self, 0, out));  // nobody answers
    } else if (const auto card = virtio_net::open(std::move(t))) {
      card->on_sent([](void*) {});
      (void)card->has_link();
      PROPERTY(card->receive().empty());
      std::array<std::byte, 80> frame{};
      (void)card->send(frame, nullptr);
      card->flush();
    }
  }
  return 0;
}
