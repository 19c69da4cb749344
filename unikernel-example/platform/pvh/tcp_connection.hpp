#pragma once
// The seam's connections over lwIP's raw interface. lwIP's callbacks only note what happened; the services are called
// from serve(), where they may do anything to any connection.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lwip/tcp.h"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::pvh {

// Of the application at a time, and some more, which only have to be told that they are too many; lwipopts.h allows
// again some more.
inline constexpr std::size_t kMostConnections = 1024;
inline constexpr std::size_t kMostAccepted = kMostConnections + 64;

class tcp_connections;

class tcp_connection final : public connection {
 public:
  tcp_connection(tcp_connections& owner, service& s, tcp_pcb* pcb);
  ~tcp_connection();
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

  void note();    // serve() is to call the service
  void push();    // serve() is to have lwIP send
  void detach();  // lwIP forgets us
  void end();
  [[nodiscard]] std::size_t free_room() const;

  tcp_connections& owner_;
  service& service_;
  tcp_pcb* pcb_;                     // nullptr: broken, or the application is done with it
  pbuf* received_ = nullptr;         // not yet read
  std::uint16_t read_of_first_ = 0;  // bytes of received_ that are
  bool ended_ = false;
  bool finished_ = false;  // by close() or abort()
  bool opened_ = false;    // the service knows it
  bool noted_ = false;
  bool pushed_ = false;
  bool starved_ = false;                 // send() took less than room(): no memory
  mutable bool waits_for_room_ = false;  // the application would have sent more
  std::uint64_t delivered_ = 0;
  ip4_addr_t peer_address_;
  std::uint16_t peer_port_;
  std::size_t place_ = 0;  // in tcp_connections::all_
};

class tcp_connections {
 public:
  // nullptr when it listens, else why not.
  [[nodiscard]] const char* listen(const ip4_addr_t& address, std::uint16_t port, service& s);
  // Calls the services for what has happened. True when there was something.
  bool serve();
  void tick();  // about ten times a second

 private:
  friend class tcp_connection;
  struct listener {
    tcp_connections* owner;
    service* to;
  };
  static signed char on_accepted(void* self, tcp_pcb* pcb, signed char error);

  std::vector<std::unique_ptr<tcp_connection>> all_;
  std::vector<std::unique_ptr<listener>> listeners_;
  void push_all();

  std::vector<tcp_connection*> noted_;
  std::vector<tcp_connection*> pushed_;
  std::vector<tcp_connection*> serving_;
};

}  // namespace docteur::cache_vm::pvh
