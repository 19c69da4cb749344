// Property: whatever a device writes to a queue's memory, a completion is of a buffer that was offered and not yet
// completed, and no longer than that buffer; and until the queue breaks, no descriptor is lost.
#include <map>

#include "fuzz/property.hpp"
#include "guest/host_machine.hpp"
#include "unikernel-example/platform/pvh/virtqueue.hpp"

namespace {

struct offer {
  std::uint32_t writable;
  std::size_t parts;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  using namespace docteur::cache_vm::pvh;
  cursor in(fuzz_input(data, size));
  const auto byte = [&in] { return in.take_le<std::uint8_t>().value_or(0); };
  host_transport transport(virtio_kind::network);
  transport.limit = static_cast<std::uint16_t>(byte() % 32 + 1);
  const auto queue = virtqueue::make(transport, 0, 16);
  const device_side device(transport.queues[0]);
  const std::uint16_t slots = queue->size();
  std::map<std::uint32_t, offer> in_flight;
  std::uint32_t next_token = 0;
  std::size_t used = 0;  // descriptors
  std::byte memory[256];
  while (!in.empty()) {
    const std::uint8_t what = byte();
    switch (what % 6) {
      case 0: {
        std::array<virtqueue::part, 3> parts{};
        const std::size_t n = what / 6 % 3 + 1u;
        offer o{0, n};
        for (std::size_t i = 0; i < n; ++i) {
          parts[i] = {memory, byte(), i + 1 == n};
          if (i + 1 == n) o.writable = parts[i].size;
        }
        const bool added = queue->add({parts.data(), n}, next_token);
        PROPERTY(added == (!queue->is_broken() && used + n <= slots));
        if (added) {
          in_flight[next_token++] = o;
          used += n;
        }
        break;
      }
      case 1: queue->kick(); break;
      case 2: device.finish(byte() % 32u, byte()); break;
      case 3: device.put_used(byte(), byte() % 16u, byte() * 0x01010101u); break;
      case 4:
        if (what >= 6 * 40) {
          device.set_used_index(static_cast<std::uint16_t>(byte() * 257u));
        } else if (const std::uint16_t n = device.offered(); n > 0) {  // an honest device
          const std::uint16_t id = device.head(static_cast<std::uint16_t>(n - 1 - byte() % n));
          device.finish(id, byte() / 4u);
        }
        break;
      case 5: {
        const auto c = queue->take();
        if (!c) break;
        const auto found = in_flight.find(c->token);
        PROPERTY(found != in_flight.end() && c->length <= found->second.writable);
        used -= found->second.parts;
        in_flight.erase(found);
        break;
      }
    }
  }
  return 0;
}
