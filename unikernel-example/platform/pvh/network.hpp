#pragma once
// IPv4 and IPv6 over one network device by lwIP, with addresses from the network or the command line.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lwip/netif.h"
#include "unikernel-example/platform/platform.hpp"
#include "unikernel-example/platform/pvh/network_options.hpp"
#include "unikernel-example/platform/pvh/tcp_connection.hpp"
#include "unikernel-example/platform/pvh/virtio_net.hpp"

namespace docteur::cache_vm::pvh {

class network {
 public:
  network(std::unique_ptr<virtio_net> d, const network_options& options);
  ~network() = delete;  // lives as long as the machine

  [[nodiscard]] std::string status() const;
  // Returns nullptr on success, else the reason.
  [[nodiscard]] const char* listen(std::string_view address, std::uint16_t port, service& s);

  // Receives frames, runs timers and services, sends frames. True when a frame arrived or a service ran.
  bool poll();
  // About ten times a second.
  void tick();
  // Sleeps until a frame arrives or a timer of lwIP is due, but at most `ns`. True when a frame is there.
  bool wait(std::uint64_t ns);

 private:
  static signed char transmit(netif* interface, pbuf* p);
  static signed char setup(netif* interface);
  bool receive();

  std::unique_ptr<virtio_net> device_;
  netif interface_{};
  std::string name_;
  bool mdns_ = false;  // to be started with the first port, which is that of HTTP
  tcp_connections connections_;
  std::uint64_t look_out_ = 10'000;  // ns; adapts to traffic
};

}  // namespace docteur::cache_vm::pvh
