#pragma once
// An event loop: one thread that waits for sockets, lets the application serve them, and does what other threads ask it
// to. Connections are shared out when they are accepted and then stay.

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/leftover.hpp"
#include "unikernel-example/platform/linux/proxy_head.hpp"
#include "unikernel-example/platform/linux/tcp_connection.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

struct listening_socket {
  listening_socket(int f, std::vector<service*> s, leftover n = {})
      : fd(f), services(std::move(s)), name(std::move(n)) {}
  int fd;
  std::vector<service*> services;  // of each loop, or of loop 0 alone
  leftover name;                   // of a socket in the file system
};

class event_loop;

// What the loops of a process have in common.
struct loop_group {
  std::vector<std::unique_ptr<event_loop>> loops;
  std::vector<std::unique_ptr<listening_socket>> sockets;
  proxy_peers proxies;                   // whose connections begin with a head
  bool http2 = true;                     // connections may speak it,
  std::atomic<std::size_t> sessions{0};  // and so many do
  std::atomic<bool> stops{false};
  std::atomic<std::size_t> draining{0};  // loops that have begun to
  void close_sockets() noexcept;
};

// What loop 0 does besides. Called on its thread.
class process_duties {
 public:
  virtual ~process_duties() = default;
  virtual void woken(application& app) = 0;                        // a signal may have arrived
  virtual void console_event() = 0;                                // epoll reports that the console can be read
  [[nodiscard]] virtual bool wants_turn() const = 0;               // serve_console() has something to do
  [[nodiscard]] virtual bool serve_console(application& app) = 0;  // whether it did
  virtual void tick() = 0;
};

class event_loop {
 public:
  // `number`: its place in `group`, which outlives it. Fails with blame::environment.
  [[nodiscard]] static outcome<std::unique_ptr<event_loop>> make(std::size_t number, loop_group& group);
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  ~event_loop();

  // Events of `fd` are reported to process_duties::console_event(), those of a listening socket to its services.
  [[nodiscard]] bool watch_console(int fd) const;
  void forget_console(int fd) const;
  [[nodiscard]] bool watch(listening_socket& s) const;

  // From now on other threads may post(). To be called for all loops before one of them runs.
  void open_mailbox();
  // Serves until the group stops, or is drained. Ticks, works and draws breath in turn. On the loop's own thread.
  [[nodiscard]] bool run(application& app, process_duties* duties);  // false: epoll failed
  // Stops accepting; run() returns when all responses are sent, or at `until`, monotonic ns. On the loop's own thread.
  void drain(application& app, std::uint64_t until);

  // Runs `task` on the loop's thread, in the order of the calls. False before open_mailbox() and after run(): `task` is
  // then not run. Any thread may call it.
  [[nodiscard]] bool post(std::function<void()> task);
  // Tells the application that `ticket` has arrived; when post() would fail, nobody waits for it. Any thread may call
  // it.
  void tell_arrival(std::uint64_t ticket);
  // An eventfd that ends a wait.
  [[nodiscard]] int waker() const noexcept { return wake_; }
  [[nodiscard]] std::size_t open_connections() const noexcept { return open_.load(std::memory_order_relaxed); }

 private:
  event_loop(std::size_t number, loop_group& group) : number_(number), group_(&group) {}
  [[nodiscard]] bool watch(int fd, std::uint32_t events, void* who) const;
  void accept_all(const listening_socket& s);
  void begin(int fd, service& s, bool has_head);
  [[nodiscard]] std::size_t choose_loop(const listening_socket& s) const noexcept;
  [[nodiscard]] tcp_connection* add(int fd, service& s, bool has_head);
  bool refuse_one(const listening_socket& s);
  [[nodiscard]] service& own_service(const listening_socket& s) const;
  void take_event(const epoll_event& e, process_duties* duties);
  void take_turn(tcp_connection& c);
  void serve_again();
  [[nodiscard]] bool watch_edges(tcp_connection& c);
  void look_after_touched();
  void remove(tcp_connection& c);
  // Removes those that are overdue, and tells the others the time.
  void tick_connections();
  bool take_mail(application& app);
  void close_mailbox(application& app);
  [[nodiscard]] bool is_drained(const application& app) const;

  const std::size_t number_;
  loop_group* group_;
  int epoll_ = -1;
  int wake_ = -1;
  int spare_fd_ = -1;  // closed for a moment to accept a client when no other descriptor is left
  bool is_woken_ = false;
  std::optional<std::uint64_t> drains_until_;  // monotonic ns
  std::atomic<std::size_t> open_{0};
  std::vector<std::unique_ptr<tcp_connection>> connections_;
  touched_list touched_;
  std::vector<tcp_connection*> again_;         // whose turn ended early
  std::vector<tcp_connection*> served_again_;  // in serve_again()

  std::mutex mail_guard_;
  std::vector<std::function<void()>> mail_;
  std::vector<std::uint64_t> arrivals_;  // tickets
  bool takes_mail_ = false;
};

}  // namespace docteur::cache_vm::on_linux
