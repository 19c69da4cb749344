#include "unikernel-example/platform/pvh/network.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
#include "unikernel-example/platform/pvh/boot_words.hpp"
#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/mdns.hpp"
#include "unikernel-example/platform/pvh/network_ip6.hpp"
#include "unikernel-example/platform/pvh/tcp_recovery.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// The time to poll for a frame before the machine sleeps, as in KVM's halt polling.
constexpr std::uint64_t kLeastLookOut = 5'000;  // ns
constexpr std::uint64_t kMostLookOut = 100'000;

std::string text_of(const ip4_addr_t& a) {
  char text[IP4ADDR_STRLEN_MAX];
  return ip4addr_ntoa_r(&a, text, sizeof text);
}

unsigned prefix_of(const ip4_addr_t& mask) {
  return static_cast<unsigned>(__builtin_popcount(ip4_addr_get_u32(&mask)));
}

std::string address_line(const netif& n) {
  std::string line = text_of(*netif_ip4_addr(&n)) + "/" + std::to_string(prefix_of(*netif_ip4_netmask(&n)));
  if (!ip4_addr_isany_val(*netif_ip4_gw(&n))) line += " gateway " + text_of(*netif_ip4_gw(&n));
  return line;
}

// lwIP calls it for IPv6 as well.
void tell_address(netif* n) {
  static std::string told;
  if (!netif_is_up(n) || ip4_addr_isany_val(*netif_ip4_addr(n))) return told.clear();
  std::string now = address_line(*n);
  if (now == told) return;
  told = std::move(now);
  std::printf("network: %s\n", told.c_str());
}

}  // namespace

network::network(std::unique_ptr<virtio_net> d, const network_options& options)
    : device_(std::move(d)),
      name_(options.name.empty() ? "docteur-cache" : options.name),
      mdns_(options.mdns),
      connections_(machine.heap.size()) {
  lwip_init();
  ip4_addr_t address{};
  ip4_addr_t mask{};
  ip4_addr_t gateway{};
  if (options.address) {
    ip4_addr_set_u32(&address, lwip_htonl(*options.address));
    ip4_addr_set_u32(&mask, lwip_htonl(~std::uint32_t{0} << (32 - options.prefix)));
  }
  if (options.gateway) ip4_addr_set_u32(&gateway, lwip_htonl(*options.gateway));
  netif_add(&interface_, &address, &mask, &gateway, this, setup, ethernet_input);
  if (device_->receives_checked())
    NETIF_SET_CHECKSUM_CTRL(&interface_,
                            NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP));
  device_->on_sent([](void* p) { pbuf_free(static_cast<pbuf*>(p)); });
  netif_set_default(&interface_);
  start_ip6(interface_, options.ip6);
  netif_set_status_callback(&interface_, tell_address);
  if (device_->has_link()) netif_set_link_up(&interface_);
  netif_set_up(&interface_);
  if (!options.address) dhcp_start(&interface_);
}

signed char network::setup(netif* n) {
  auto* self = static_cast<network*>(n->state);
  n->name[0] = 'e';
  n->name[1] = 'n';
  n->hostname = self->name_.c_str();
  n->mtu = 1500;
  n->hwaddr_len = ETH_HWADDR_LEN;
  std::memcpy(n->hwaddr, self->device_->mac().data(), ETH_HWADDR_LEN);
  n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
  if (self->mdns_) n->flags |= NETIF_FLAG_IGMP;
  n->output = etharp_output;
  n->output_ip6 = ethip6_output;
  n->linkoutput = transmit;
  return ERR_OK;
}

signed char network::transmit(netif* n, pbuf* p) {
  auto* self = static_cast<network*>(n->state);
  if (p->tot_len > kFrame) return ERR_BUF;
  const auto header = static_cast<u16_t>(self->device_->header_size());
  // lwIP checks the reference count before it changes a segment to send it again.
  if (p->next == nullptr && pbuf_add_header(p, header) == ERR_OK) {
    pbuf_ref(p);
    const bool sent = self->device_->send({static_cast<std::byte*>(p->payload), p->len}, p);
    pbuf_remove_header(p, header);
    if (!sent) pbuf_free(p);  // lost, as on any wire; TCP sends it again
    return ERR_OK;
  }
  // A received packet that is sent back (ICMP) has no room in front.
  pbuf* const copy = pbuf_clone(PBUF_RAW_TX, PBUF_RAM, p);
  if (copy == nullptr) return ERR_MEM;
  static_cast<void>(pbuf_add_header(copy, header));
  if (!self->device_->send({static_cast<std::byte*>(copy->payload), copy->len}, copy)) pbuf_free(copy);
  return ERR_OK;
}

bool network::receive() {
  constexpr int kMost = 64;  // frames before the services get their turn
  bool any = false;
  for (int i = 0; i < kMost; ++i) {
    const bytes frame = device_->receive();
    if (frame.empty()) break;
    any = true;
    if (!admits_frame(interface_, frame)) continue;
    pbuf* p = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(frame.size()), PBUF_POOL);
    if (p == nullptr) continue;  // lost
    pbuf_take(p, frame.data(), static_cast<u16_t>(frame.size()));
    if (interface_.input(p, &interface_) != ERR_OK) pbuf_free(p);
    after_frame();
  }
  return any;
}

bool network::poll() {
  device_->reap();  // first, since lwIP does not send a segment again that still appears queued
  begin_frames();
  const bool received = receive();
  sys_check_timeouts();
  const bool served = connections_.serve();
  // Notifying the device costs as much as some frames do: while frames keep coming, several go together.
  constexpr std::size_t kTogether = 16;
  if (!received || device_->unsent() >= kTogether) device_->flush();
  return received || served;
}

void network::tick() {
  const bool up = device_->has_link() && !device_->is_broken();
  if (up != (netif_is_link_up(&interface_) != 0)) {
    std::printf("network: %s\n", up ? "the link is back" : "the link is lost");
    up ? netif_set_link_up(&interface_) : netif_set_link_down(&interface_);
  }
  connections_.tick();
}

bool network::wait(std::uint64_t ns) {
  // The next frame often comes soon, and sleeping and waking cost more than polling that long. Otherwise polling takes
  // the processor from the programs that would send the frame.
  const std::uint64_t begin = monotonic_ns();
  do {
    if (device_->has_frame()) {
      look_out_ = std::min(2 * look_out_, kMostLookOut);
      return true;
    }
  } while (monotonic_ns() - begin < look_out_);
  look_out_ = std::max(look_out_ / 2, kLeastLookOut);
  const std::uint64_t longest = std::min(ns, std::uint64_t{sys_timeouts_sleeptime()} * 1'000'000);
  if (device_->prepare_to_wait()) {
    pvh::wait(longest);
  } else if (!device_->has_frame()) {  // the device has no interrupts
    constexpr std::uint64_t kNap = 500'000;
    pvh::wait(std::min(longest, kNap));
  }
  device_->after_wait();
  return device_->has_frame();
}

std::string network::status() const {
  char mac[18];
  const auto& m = device_->mac();
  std::snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", unsigned{m[0]}, unsigned{m[1]}, unsigned{m[2]},
                unsigned{m[3]}, unsigned{m[4]}, unsigned{m[5]});
  const virtio_net::counters& c = device_->count();
  const recovery_counters& again = recovery_count();
  char counts[260];
  std::snprintf(counts, sizeof counts,
                "received %llu frames, %llu bytes; sent %llu frames, %llu bytes; lost %llu; sent again %llu segments, "
                "%llu time-outs",
                static_cast<unsigned long long>(c.received), static_cast<unsigned long long>(c.received_bytes),
                static_cast<unsigned long long>(c.sent), static_cast<unsigned long long>(c.sent_bytes),
                static_cast<unsigned long long>(c.lost), static_cast<unsigned long long>(again.sent_again),
                static_cast<unsigned long long>(again.time_outs));
  const bool has_address = !ip4_addr_isany_val(*netif_ip4_addr(&interface_));
  std::string addresses = has_address ? address_line(interface_) : std::string("no address yet");
  if (const std::string more = ip6_status(interface_); !more.empty()) addresses += ", " + more;
  return addresses + ", mac " + mac + ", link " + (netif_is_link_up(&interface_) != 0 ? "up" : "down") + "\n" + counts;
}

const char* network::listen(std::string_view address, std::uint16_t port, service& s) {
  if (std::exchange(mdns_, false)) start_mdns(interface_, name_, port);
  if (address.empty()) return connections_.listen(*IP_ANY_TYPE, port, s);
  ip_addr_t at{};
  if (const auto ip = parse_ip(address); address == "0.0.0.0" || (ip && !ip->prefix)) {
    ip_addr_set_ip4_u32(&at, ip ? lwip_htonl(ip->address) : 0);
  } else if (const auto ip6 = parse_ip6(address)) {
    if (ip6_status(interface_).empty()) return "IPv6 is off";
    ip_addr_copy_from_ip6(at, to_lwip(*ip6));
  } else {
    return "not an address";
  }
  return connections_.listen(at, port, s);
}

}  // namespace docteur::cache_vm::pvh
