#pragma once
// One client: requests found in what arrives, answered in order, sent as fast as the client takes it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/http_reply.hpp"
#include "unikernel-example/application/http_responder.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

// Bytes of the buffer that a connection takes input into; more only for a request that is longer, while it arrives.
inline constexpr std::size_t kFirstBuffer = 4 << 10;

// What all connections share.
struct http_shared {
  cache_vm::platform* platform;
  http_limits limits;
  metrics counts;
  http_responder* responder = nullptr;
  std::uint64_t image = 0;  // how many were mounted before
  http_request request;     // of the connection that is being served
  http_date date{};
  std::optional<std::int64_t> wall_clock;
  std::size_t waiting = 0;     // connections whose response goes on in http_server::work()
  bool may_spend = false;      // one of them is at it
  bool drains = false;         // no connection is kept
  std::uint64_t drain_ns = 0;  // since when, monotonic
  // Input buffers of kFirstBuffer bytes each, lent to connections that hold unread bytes.
  std::vector<std::unique_ptr<char[]>> buffers;
};

class http_connection {
 public:
  http_connection(http_shared& shared, connection& link, port_content behind);
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;
  ~http_connection();

  // Goes on as far as it can. False when the connection is closed or aborted: this object is to go then.
  [[nodiscard]] bool advance();
  // The same, after a time-out.
  [[nodiscard]] bool tick(std::uint64_t now);
  // Whether it waits for work(); true once.
  [[nodiscard]] bool stop_waiting() noexcept;
  // Ends a response that was begun when image number `last` or one before it was mounted; false where there is none.
  [[nodiscard]] bool cut_off(std::uint64_t last);
  // After bad_alloc: a 503 where nothing was sent, and the end.
  void give_up();

  [[nodiscard]] connection& link() noexcept { return *link_; }
  std::size_t place = 0;  // the server's

 private:
  enum class phase { first, idle, head, reply, closing, lost };
  // What came of an attempt to read a request.
  enum class input { request, waiting, over };
  [[nodiscard]] input take_request();
  [[nodiscard]] bool is_request_whole();
  void make_room();
  [[nodiscard]] bool send_reply();
  [[nodiscard]] bool wait_for_room();  // false, as send_reply() then is
  [[nodiscard]] bool close();          // false, as advance() then is
  [[nodiscard]] bool abort();
  void refuse(int status);
  void start_reply();
  void finish_reply();
  void enter(phase p, std::uint64_t now);
  [[nodiscard]] std::string_view unread() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  void return_buffer() noexcept;
  [[nodiscard]] reply_context context() const noexcept;

  http_shared* shared_;
  connection* link_;
  port_content behind_;
  std::unique_ptr<char[]> buffer_;  // absent while nothing is unread
  std::size_t capacity_ = 0;        // of buffer_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t seen_ = 0;       // of unread(), by find_head_end()
  std::size_t head_size_ = 0;  // of the request, an empty body included
  int status_ = 0;             // that it is refused with; 0 for a good one
  std::uint32_t requests_ = 0;
  phase phase_ = phase::first;
  std::uint64_t since_;  // monotonic ns, when the phase began
  std::uint64_t request_ns_ = 0;
  std::uint64_t image_ = 0;  // http_shared's, when the request was answered

  bool waits_ = false;
  http_reply reply_;
  std::size_t head_sent_ = 0;
  std::size_t content_sent_ = 0;
  std::uint64_t window_ns_ = 0;         // when the present window of stall_s began
  std::uint64_t window_delivered_ = 0;  // delivered() then
};

}  // namespace docteur::cache_vm
