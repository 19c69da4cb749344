#pragma once
// One client's connection: finds requests in its input, answers them in order, and sends as fast as the client reads.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unikernel-example/application/http_date.hpp"
#include "unikernel-example/application/http_reply.hpp"
#include "unikernel-example/application/http_responder.hpp"
#include "unikernel-example/application/noted_request.hpp"
#include "unikernel-example/application/request_body.hpp"
#include "unikernel-example/application/virtual_hosts.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

// Bytes of a connection's input buffer. It grows only for a longer request, while that arrives.
inline constexpr std::size_t kFirstBuffer = 4 << 10;

// State that all connections of a loop share.
struct http_shared {
  cache_vm::platform* platform;
  http_limits limits;
  metrics counts;
  const virtual_hosts* hosts = nullptr;
  std::vector<std::unique_ptr<http_responder>> responders;  // one for each site
  std::uint64_t image = 0;                                  // number of images mounted before the newest one
  http_request request;                                     // of the connection being served
  http_date date{};
  std::optional<std::int64_t> wall_clock;
  std::size_t waiting = 0;     // connections that continue in http_server::work()
  bool may_spend = false;      // one of them may do costly work now
  bool drains = false;         // connections close after their response
  std::uint64_t drain_ns = 0;  // when that began, monotonic
  std::string post_path;       // parse_head()
  request_log* log = nullptr;  // where requests are recorded, as those of this loop
  std::size_t loop = 0;
  std::string keep_alive;    // reply_context
  std::uint64_t bodies = 0;  // bytes of buffers that hold the body of a POST
  // Spare input buffers of kFirstBuffer bytes, for connections that have unread input.
  std::vector<std::unique_ptr<char[]>> buffers;
};

class http_connection {
 public:
  http_connection(http_shared& shared, connection& link, port_content behind);
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;
  ~http_connection();

  // Continues as far as possible. False when the connection was closed or aborted: the caller then destroys this
  // object.
  [[nodiscard]] bool advance();
  // Applies time-outs. False: as advance(). `now`: monotonic ns.
  [[nodiscard]] bool tick(std::uint64_t now);
  // The disk has what `ticket` stands for: if this connection waited for it, it now waits for work().
  void arrived(std::uint64_t ticket) noexcept;
  // Whether it was waiting for work(); it no longer does.
  [[nodiscard]] bool stop_waiting() noexcept;
  // Aborts a response of `site` that began under image number `last` or an earlier one; false when there is none.
  [[nodiscard]] bool cut_off(const http_responder& site, std::uint64_t last);
  // After bad_alloc: sends 503 if nothing was sent yet, and ends the connection.
  void give_up();

  [[nodiscard]] connection& link() noexcept { return *link_; }
  std::size_t place = 0;  // the server's

 private:
  enum class phase { first, idle, head, reply, closing, lost };
  // The result of an attempt to read a request.
  enum class input { request, waiting, over };
  [[nodiscard]] input take_request();
  [[nodiscard]] bool is_request_whole();
  [[nodiscard]] bool is_body_whole(bool head_is_parsed);
  [[nodiscard]] bool may_hold(std::size_t capacity) noexcept;
  void make_room();
  [[nodiscard]] bool send_reply();
  [[nodiscard]] result<bytes> next_piece(std::size_t most);
  [[nodiscard]] bool wait_for_room();  // false, as send_reply() then is
  [[nodiscard]] bool close();          // false, as advance() then is
  void begin_window() noexcept;
  [[nodiscard]] bool abort();
  void refuse(int status);
  void start_reply();
  [[nodiscard]] bool answer();  // false: it continues later
  void wait_for_disk(std::uint64_t ticket);
  void finish_reply();
  void count_sent(std::size_t n) noexcept;
  void note_request();
  void record_request(std::uint64_t now) noexcept;
  void enter(phase p, std::uint64_t now);
  [[nodiscard]] std::string_view unread() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  void return_buffer() noexcept;
  [[nodiscard]] reply_context context() const noexcept;

  http_shared* shared_;
  connection* link_;
  port_content behind_;
  http_responder* responder_;       // of the site that the latest request was for
  std::unique_ptr<char[]> buffer_;  // absent while there is no unread input
  std::size_t capacity_ = 0;        // of buffer_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t seen_ = 0;       // bytes of unread() that find_head_end() has examined
  std::size_t head_size_ = 0;  // bytes of the request, including its body
  std::size_t body_at_ = 0;    // bytes of the head alone, while body_ is begun
  body_finder body_;           // of a POST
  std::size_t charged_ = 0;    // of http_shared::bodies
  int status_ = 0;             // to refuse the request with; 0 for a good one
  std::uint32_t requests_ = 0;
  phase phase_ = phase::first;
  std::uint64_t since_;  // monotonic ns, when the phase began
  std::uint64_t request_ns_ = 0;
  std::uint64_t image_ = 0;  // http_shared::image when the request was answered

  bool waits_ = false;           // for work()
  std::uint64_t waits_for_ = 0;  // the ticket of what the disk is to bring; 0: nothing
  bool is_answered_ = false;     // reply_ was filled
  bool must_parse_ = false;      // the request must be parsed again before it is answered
  http_reply reply_;
  std::size_t head_sent_ = 0;
  std::size_t content_sent_ = 0;
  noted_request noted_;                 // of the request being answered, if there is a log
  std::uint64_t body_sent_ = 0;         // bytes of the reply's body
  std::uint64_t window_ns_ = 0;         // when the current window of stall_s began
  std::uint64_t window_delivered_ = 0;  // delivered() then,
  bool has_window_ = false;             // once a part of the response had to wait
  bool client_is_done_ = false;         // it has said that this was its last request
};

}  // namespace docteur::cache_vm
