#pragma once
// A connection on a non-blocking socket. What is sent is gathered and goes out once the application is through; large
// pieces go to the kernel without a copy.

#include <cstdint>
#include <string>
#include <vector>

#include "unikernel-example/platform/linux/send_queue.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

class tcp_connection;

// Connections that the application has used since the loop last looked after them.
using touched_list = std::vector<tcp_connection*>;

class tcp_connection final : public connection {
 public:
  // `fd`: non-blocking, of this object from now on.
  tcp_connection(int fd, cache_vm::service& s, touched_list& touched) : fd_(fd), service_(&s), touched_(&touched) {}
  tcp_connection(const tcp_connection&) = delete;
  tcp_connection& operator=(const tcp_connection&) = delete;
  ~tcp_connection();

  std::size_t receive(mutable_bytes into) override;
  input state() const override;
  std::size_t send(bytes from) override;
  std::size_t room() const override;
  std::uint64_t delivered() const override;
  void close() override;
  void abort() override;
  std::string peer() const override;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] cache_vm::service& service() const noexcept { return *service_; }
  // What epoll says, edge-triggered.
  void notice(std::uint32_t events) noexcept;
  // Before the application gets its turn.
  void begin_turn() noexcept;
  // After it: sends what was gathered. What is to become of the connection?
  enum class next { wait, again, gone };
  [[nodiscard]] next end_turn(std::uint64_t now);
  // Whether a connection that is closing takes too long.
  [[nodiscard]] bool is_overdue(std::uint64_t now) const noexcept;
  // The application is through with it: it only has to get rid of what was sent.
  [[nodiscard]] bool is_closing() const noexcept { return use_ != use::open; }

  std::size_t place = 0;  // the platform's

 private:
  enum class use { open, closing, aborted };
  void touch();
  void flush();
  [[nodiscard]] std::size_t write(bytes first, bytes second);
  [[nodiscard]] bool drain();

  int fd_;
  cache_vm::service* service_;
  touched_list* touched_;
  bool is_touched_ = false;
  use use_ = use::open;
  bool readable_ = true;
  bool hung_up_ = false;  // the peer sends no more, but there may be something left to read
  bool ended_ = false;
  bool broken_ = false;
  bool blocked_ = false;          // the kernel takes no more for now
  mutable bool starved_ = false;  // the application would have sent more
  bool is_shut_ = false;
  std::uint64_t closing_ns_ = 0;  // when it last got on with closing
  std::size_t budget_ = 0;        // bytes in this turn
  std::uint64_t sent_ = 0;        // bytes handed to the kernel
  send_queue out_;
};

}  // namespace docteur::cache_vm::on_linux
