#pragma once
// A stream of HTTP/2 as the application's connection: its request and response are text like that of HTTP/1.1.

#include <cstdint>
#include <string>

#include "unikernel-example/platform/linux/http2_head.hpp"
#include "unikernel-example/platform/linux/send_queue.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm::on_linux {

class http2_session;

class http2_stream final : public connection {
 public:
  http2_stream(http2_session& of, std::int32_t id) : session_(&of), id_(id) {}
  http2_stream(const http2_stream&) = delete;
  http2_stream& operator=(const http2_stream&) = delete;
  ~http2_stream() = default;

  std::size_t receive(mutable_bytes into) override;
  input state() const override;
  std::size_t send(bytes from) override;
  std::size_t room() const override;
  std::uint64_t delivered() const override { return delivered_; }
  void close() override;
  void abort() override;
  std::string peer() const override;
  bool is_stream() const override { return true; }

 private:
  friend class http2_session;
  enum class use { head, open, closing, aborted };

  http2_session* session_;
  std::int32_t id_;
  use use_ = use::head;           // the request's head is still arriving: the application does not know of it
  bool is_new_ = false;           // neither does it while this is set, but the head is whole
  bool is_due_ = false;           // in the session's list of those to be served
  bool is_changed_ = false;       // in that of those with something to be sent
  bool broken_ = false;           // the peer, or the session, has ended it
  bool is_gone_ = false;          // nghttp2 has forgotten it
  mutable bool starved_ = false;  // the application would have sent more

  request_fields fields_;
  std::string input_;  // of the request, as text
  std::size_t taken_ = 0;
  std::size_t unread_ = 0;      // bytes of content for which the peer's window was not opened again
  bool input_is_over_ = false;  // the client's part has ended
  bool is_chunked_ = false;     // content is passed on in chunks

  std::string head_;           // of the response, until it is whole
  bool has_head_ = false;      // it is whole,
  bool is_submitted_ = false;  // and nghttp2 has it
  bool is_deferred_ = false;   // nghttp2 waits for more of the body
  send_queue out_;             // of the body
  std::uint64_t delivered_ = 0;

  // Of a response that is complete before the request is:
  bool is_finished_ = false;
  std::size_t discarded_ = 0;      // bytes of content
  std::uint64_t finished_ns_ = 0;  // since when it waits for the client, monotonic; 0: not known
};

}  // namespace docteur::cache_vm::on_linux
