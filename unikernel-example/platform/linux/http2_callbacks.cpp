// What nghttp2 tells an http2_session, and asks it for.

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "unikernel-example/platform/linux/http2_session.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::size_t kMostUnread = 256 << 10;    // bytes of a request that the application has not taken
constexpr std::size_t kMostDiscarded = 32 << 10;  // bytes of content behind the response

[[nodiscard]] std::string_view text_of(const std::uint8_t* p, std::size_t n) noexcept {
  return {reinterpret_cast<const char*>(p), n};
}

// "1a\r\n"
[[nodiscard]] std::string chunk_head(std::size_t size) {
  std::string out;
  for (std::size_t n = size; n > 0; n >>= 4) out.insert(out.begin(), "0123456789abcdef"[n & 15]);
  return out + "\r\n";
}

}  // namespace

const nghttp2_session_callbacks* http2_session::callbacks() {
  static const nghttp2_session_callbacks* const all = [] {
    nghttp2_session_callbacks* c = nullptr;
    if (nghttp2_session_callbacks_new(&c) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, data_received);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, stream_closed);
    return c;
  }();
  return all;
}

int http2_session::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& me = *static_cast<http2_session*>(self);
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // trailers
  const std::int32_t id = frame->hd.stream_id;
  try {
    me.streams_.emplace(id, std::make_unique<http2_stream>(me, id));
    // Each stream stands in them once at most, so that they never grow elsewhere.
    for (auto* list : {&me.due_, &me.changed_}) list->reserve(me.streams_.size());
    me.gone_.reserve(me.streams_.size());
  } catch (const std::bad_alloc&) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  return 0;
}

int http2_session::header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                          const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
  http2_stream* const s = static_cast<http2_session*>(self)->find(frame->hd.stream_id);
  if (s == nullptr || s->use_ != http2_stream::use::head) return 0;  // a trailer says nothing that is needed
  try {
    if (s->fields_.add(text_of(name, name_size), text_of(value, value_size))) return 0;
  } catch (const std::bad_alloc&) {
  }
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int http2_session::frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  auto& me = *static_cast<http2_session*>(self);
  http2_stream* const s = me.find(frame->hd.stream_id);
  if (s == nullptr) return 0;
  const bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  try {
    if (s->use_ == http2_stream::use::head) {
      auto text = s->fields_.text(!is_end);
      if (!text)
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
      s->is_chunked_ = !is_end && s->fields_.is_chunked();
      s->fields_ = {};
      s->input_ = std::move(*text);
      s->use_ = http2_stream::use::open;
      s->is_new_ = true;
      if (++me.requests_ >= me.limits_.requests) me.drain();
    }
    if (is_end) me.end_request(*s);
    me.make_due(*s);
  } catch (const std::bad_alloc&) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return 0;
}

void http2_session::end_request(http2_stream& s) {
  if (s.input_is_over_) return;
  s.input_is_over_ = true;
  if (s.is_chunked_ && s.use_ == http2_stream::use::open) s.input_ += "0\r\n\r\n";
}

int http2_session::data_received(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                                 std::size_t size, void* self) {
  auto& me = *static_cast<http2_session*>(self);
  http2_stream* const s = me.find(id);
  if (s == nullptr || s->use_ != http2_stream::use::open) {
    // Nobody will take it, but the connection's window is for all streams.
    if (s != nullptr && (s->discarded_ += size) > kMostDiscarded && s->is_finished_) me.end_unread(*s);
    return nghttp2_session_consume_connection(session, size);
  }
  if (s->input_.size() > kMostUnread) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  try {
    if (s->is_chunked_) s->input_ += chunk_head(size);
    s->input_ += text_of(data, size);
    if (s->is_chunked_) s->input_ += "\r\n";
    s->unread_ += size;
    me.make_due(*s);
  } catch (const std::bad_alloc&) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return 0;
}

// A response may be complete before the request is (RFC 9113, section 8.1). Some clients lose the response when their
// stream is reset at once, so it waits for the end of a short request.
int http2_session::frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  http2_stream* const s = static_cast<http2_session*>(self)->find(frame->hd.stream_id);
  if (s != nullptr) s->is_finished_ = true;
  return 0;
}

int http2_session::stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* self) {
  auto& me = *static_cast<http2_session*>(self);
  http2_stream* const s = me.find(id);
  if (s == nullptr) return 0;
  s->is_gone_ = true;
  if (s->unread_ > 0) (void)nghttp2_session_consume_connection(me.session_, std::exchange(s->unread_, 0));
  if (s->use_ == http2_stream::use::open && !s->is_new_) {
    s->broken_ = true;
    me.make_due(*s);  // the application lets go of it
  } else {
    me.gone_.push_back(id);
  }
  return 0;
}

ssize_t http2_session::read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                 std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& s = *static_cast<http2_stream*>(source->ptr);
  if (s.use_ == http2_stream::use::aborted) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::size_t n = std::min(size, s.out_.size());
  std::memcpy(into, s.out_.view().data(), n);
  s.out_.drop_front(n);
  s.delivered_ += n;
  if (s.out_.size() == 0 && s.use_ == http2_stream::use::closing) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  } else if (n == 0) {
    s.is_deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(n);
}

}  // namespace docteur::cache_vm::on_linux
