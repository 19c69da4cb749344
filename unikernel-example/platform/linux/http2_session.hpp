#pragma once
// A connection that speaks HTTP/2 (RFC 9113) from its first byte, "with prior knowledge": its streams are connections
// of the service that the connection was for. nghttp2 does the protocol.

#include <nghttp2/nghttp2.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unikernel-example/platform/linux/http2_stream.hpp"
#include "unikernel-example/platform/linux/send_queue.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

class http2_session final : public service {
 public:
  // What a client sends first (RFC 9113, section 3.4).
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  static constexpr std::uint32_t kStreams = 100;  // at once, of one connection

  // `link`: outlives it. `open`: the number of sessions, in which this one counts. Throws std::bad_alloc.
  http2_session(connection& link, service& inner, const stream_limits& limits, std::atomic<std::size_t>& open);
  http2_session(const http2_session&) = delete;
  http2_session& operator=(const http2_session&) = delete;
  ~http2_session() override;

  // Takes what was received before ready() is called, which begins with the preface.
  void take(bytes input);
  void opened(connection&) override {}
  void ready(connection& link) override;
  // Whether ready() is to be called though nothing has happened to the connection.
  [[nodiscard]] bool wants_turn() const noexcept { return !is_over_ && (asks_ || !due_.empty() || !changed_.empty()); }
  // Ends it when there was no request for too long. `now`: monotonic ns.
  void tick(std::uint64_t now);
  // No further stream is begun; it ends with the last response.
  void drain();

 private:
  friend class http2_stream;
  [[nodiscard]] static const nghttp2_session_callbacks* callbacks();
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* self);
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int data_received(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* data,
                           std::size_t size, void* self);
  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t error, void* self);
  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void* self);

  [[nodiscard]] http2_stream* find(std::int32_t id) noexcept;
  void end_request(http2_stream& s);
  void content_taken(http2_stream& s) noexcept;
  void let_go(http2_stream& s);  // the application will not use it any more
  void make_due(http2_stream& s);
  void make_changed(http2_stream& s);
  void ask_for_turn();
  void read();
  void serve_due();
  void look_for_starved();
  void submit_changed();
  void submit_interim(http2_stream& s);
  void submit_head(http2_stream& s);
  void end_unread(http2_stream& s);
  // False: the connection takes no more for now, or is broken.
  [[nodiscard]] bool write();
  void remove_gone();
  void end(bool at_once);

  connection* link_;
  service* inner_;
  stream_limits limits_;
  std::atomic<std::size_t>* open_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<http2_stream>> streams_;
  std::vector<http2_stream*> due_;      // the application is to be called for them
  std::vector<http2_stream*> changed_;  // they have something to be sent
  std::vector<std::int32_t> gone_;      // nghttp2 and the application have let go of them
  std::string peer_;
  send_queue out_;  // frames
  std::uint32_t requests_ = 0;
  std::uint64_t idle_ns_ = 0;  // since when there is no request, monotonic; 0: not known
  bool drains_ = false;
  bool asks_ = false;        // for a turn
  bool has_failed_ = false;  // nghttp2 refused the peer's input, or the peer did not end when asked to
  bool is_over_ = false;     // the connection is closed or aborted
};

}  // namespace docteur::cache_vm::on_linux
