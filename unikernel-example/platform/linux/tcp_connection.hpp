#pragma once
// A connection on a non-blocking socket. Small pieces are gathered and sent at the end of the application's turn; large
// ones go to the kernel without a copy.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "unikernel-example/platform/linux/http2_session.hpp"
#include "unikernel-example/platform/linux/send_queue.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

class tcp_connection;

// Connections that the application used since the loop last ended their turns.
using touched_list = std::vector<tcp_connection*>;

class tcp_connection final : public connection {
 public:
  // `fd`: non-blocking; this object closes it. `has_head`: its input begins with a proxy's head, which the application
  // does not see. `sessions`: the number of connections that speak HTTP/2; null: it may not become one of them.
  tcp_connection(int fd, cache_vm::service& s, touched_list& touched, bool has_head, std::atomic<std::size_t>* sessions)
      : fd_(fd), service_(&s), touched_(&touched), awaits_head_(has_head), sessions_(sessions) {
    if (sessions_ != nullptr && s.streams()) preface_ = preface::awaited;
  }
  tcp_connection(const tcp_connection&) = delete;
  tcp_connection& operator=(const tcp_connection&) = delete;
  ~tcp_connection();

  std::size_t receive(mutable_bytes into) override;
  input state() const override;
  std::size_t send(bytes from) override;
  std::size_t room() const override;
  std::uint64_t delivered() const override;
  void close() override;
  void finish() override;
  void abort() override;
  std::string peer() const override;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  // The application's turn, or its session's.
  void serve();
  // Takes the events of an edge-triggered epoll.
  void notice(std::uint32_t events) noexcept;
  // To be called before the application's turn.
  void begin_turn() noexcept;
  // To be called after it: sends what was gathered, and decides what to do with the connection. `now`: monotonic ns.
  enum class next { wait, again, gone };
  [[nodiscard]] next end_turn(std::uint64_t now);
  // Whether a closing connection takes too long.
  [[nodiscard]] bool is_overdue(std::uint64_t now) const noexcept;
  // The application has closed it; what was sent is still being delivered.
  [[nodiscard]] bool is_closing() const noexcept { return use_ != use::open; }
  // Whether it still has something to say to its peer when the application has ended all its connections.
  [[nodiscard]] bool is_unfinished() const noexcept { return is_closing() || session_ != nullptr; }
  // `now`: monotonic ns.
  void tick(std::uint64_t now) {
    if (session_) session_->tick(now);
  }
  // The process ends: no further request is taken. The application does this for its own connections.
  void take_no_more() {
    if (session_) session_->drain();
  }

  std::size_t place = 0;    // the platform's
  bool is_watched = false;  // by the platform

 private:
  enum class use { open, closing, aborted };
  // Of HTTP/2, in its first bytes. taken: the application has let go of the connection, and the session has it.
  enum class preface { absent, awaited, found, taken };
  void touch();
  void flush();
  [[nodiscard]] std::size_t write(bytes first, bytes second);
  [[nodiscard]] bool drain();
  [[nodiscard]] bool take_head();
  [[nodiscard]] std::size_t read_socket(mutable_bytes into);
  [[nodiscard]] std::size_t receive_first(mutable_bytes into);
  void begin_session(bytes received);

  int fd_;
  cache_vm::service* service_;
  touched_list* touched_;
  bool is_touched_ = false;
  bool awaits_head_;    // of a proxy
  std::string client_;  // that it named; "": none
  preface preface_ = preface::absent;
  std::string held_;  // a part of the preface that has arrived
  std::atomic<std::size_t>* sessions_;
  std::unique_ptr<http2_session> session_;
  use use_ = use::open;
  bool readable_ = true;
  bool hung_up_ = false;  // the peer sends no more, but there may be unread input
  bool ended_ = false;
  bool broken_ = false;
  bool blocked_ = false;          // the kernel's buffer is full
  mutable bool starved_ = false;  // the application would have sent more
  bool is_shut_ = false;
  bool is_last_ = false;          // finish() was called: nothing more is expected
  std::uint64_t closing_ns_ = 0;  // when closing last made progress, monotonic
  std::size_t budget_ = 0;        // bytes left in this turn
  std::uint64_t sent_ = 0;        // bytes passed to the kernel
  send_queue out_;
};

}  // namespace docteur::cache_vm::on_linux
