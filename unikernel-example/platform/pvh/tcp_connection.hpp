#pragma once
// The platform's connections over lwIP's raw interface. lwIP's callbacks only record events; serve() calls the
// services, which may then do anything to any connection.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lwip/tcp.h"
#include "unikernel-example/platform/platform.hpp"
#include "unikernel-example/platform/pvh/receive_queue.hpp"
#include "unikernel-example/platform/pvh/send_budget.hpp"

namespace docteur::cache_vm::pvh {

// Connections of the application at a time; and with those that are only refused. The pool in lwipopts.h is larger
// again.
inline constexpr std::size_t kMostConnections = 1024;
inline constexpr std::size_t kMostAccepted = kMostConnections + 64;

class tcp_connections;

class tcp_connection final : public connection {
 public:
  tcp_connection(tcp_connections& owner, service& s, tcp_pcb* pcb);
  ~tcp_connection() = default;
  tcp_connection(const tcp_connection&) = delete;
  tcp_connection& operator=(const tcp_connection&) = delete;

  [[nodiscard]] std::size_t receive(mutable_bytes into) override;
  [[nodiscard]] input state() const override;
  [[nodiscard]] std::size_t send(bytes from) override;
  [[nodiscard]] std::size_t room() const override;
  [[nodiscard]] std::uint64_t delivered() const override { return delivered_; }
  void close() override;
  void abort() override;
  [[nodiscard]] std::string peer() const override;

 private:
  friend class tcp_connections;

  static signed char on_received(void* self, tcp_pcb* pcb, pbuf* p, signed char error);
  static signed char on_sent(void* self, tcp_pcb* pcb, std::uint16_t size);
  static void on_error(void* self, signed char error);

  void note();    // lets serve() call the service
  void push();    // lets serve() send queued data
  void detach();  // removes our callbacks
  void end();
  void count();      // updates the budgets
  void tell_room();  // calls note() if the service waits for room and there is some
  [[nodiscard]] std::size_t queued_bytes() const { return TCP_SND_BUF - pcb_->snd_buf; }
  struct room_left {
    std::size_t bytes = 0;
    std::size_t most = 0;  // `bytes` if nothing were queued
  };
  [[nodiscard]] room_left look_for_room() const;

  tcp_connections& owner_;
  service& service_;
  tcp_pcb* pcb_;                      // nullptr: broken, or closed by the application
  receive_queue received_;            // not yet read, at most TCP_WND bytes
  std::size_t counted_bytes_ = 0;     // in tcp_connections::queued_bytes_
  std::size_t counted_segments_ = 0;  // in tcp_connections::queued_segments_
  bool ended_ = false;
  bool finished_ = false;  // by close() or abort()
  bool opened_ = false;    // the service knows it
  bool noted_ = false;
  bool pushed_ = false;
  bool starved_ = false;                 // send() took less than room(), for lack of memory
  mutable bool waits_for_room_ = false;  // the application had more to send
  std::uint64_t delivered_ = 0;
  ip_addr_t peer_address_;
  std::uint16_t peer_port_;
  std::size_t place_ = 0;  // in tcp_connections::all_
};

class tcp_connections {
 public:
  // `memory`: bytes of the whole heap.
  explicit tcp_connections(std::uint64_t memory);
  // IP_ANY_TYPE: on all addresses of both families. Returns nullptr on success, else the reason.
  [[nodiscard]] const char* listen(const ip_addr_t& address, std::uint16_t port, service& s);
  // Calls the services for recorded events. True when there were any.
  bool serve();
  void tick();  // about ten times a second

 private:
  friend class tcp_connection;
  struct listener {
    tcp_connections* owner;
    service* to;
  };
  static signed char on_accepted(void* self, tcp_pcb* pcb, signed char error);
  void count_all();
  void give_up_lingering();

  send_budget queued_bytes_;     // of all unacknowledged data, including that of closed connections
  send_budget queued_segments_;  // of the same data
  unsigned ticks_ = 0;
  std::vector<std::unique_ptr<tcp_connection>> all_;
  std::vector<std::unique_ptr<listener>> listeners_;
  void push_all();

  std::vector<tcp_connection*> noted_;
  std::vector<tcp_connection*> pushed_;
  std::vector<tcp_connection*> serving_;
};

}  // namespace docteur::cache_vm::pvh
