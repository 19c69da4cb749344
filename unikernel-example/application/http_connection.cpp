#include "unikernel-example/application/http_connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::size_t kBody = 512;  // bytes that a buffer holds besides a head, for an empty body
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

http_connection::http_connection(http_shared& shared, connection& link, port_content behind)
    : shared_(&shared),
      link_(&link),
      behind_(behind),
      responder_(shared.responders.front().get()),
      since_(shared.platform->monotonic_ns()) {}

http_connection::~http_connection() {
  (void)stop_waiting();
  return_buffer();
}

bool http_connection::stop_waiting() noexcept {
  if (!waits_) return false;
  waits_ = false;
  --shared_->waiting;
  return true;
}

void http_connection::return_buffer() noexcept {
  if (capacity_ == kFirstBuffer && shared_->buffers.size() < shared_->buffers.capacity())
    shared_->buffers.push_back(std::move(buffer_));
  buffer_.reset();
  shared_->bodies -= std::exchange(charged_, 0);
  capacity_ = 0;
  begin_ = end_ = seen_ = 0;
}

void http_connection::enter(phase p, std::uint64_t now) {
  phase_ = p;
  since_ = now;
}

// The platform may drop the connection from here on, so it must no longer refer to this object.
bool http_connection::close() {
  link_->user = nullptr;
  client_is_done_&& phase_ == phase::closing ? link_->finish() : link_->close();
  return false;
}

bool http_connection::abort() {
  if (noted_.is_set()) record_request(shared_->platform->monotonic_ns());
  link_->user = nullptr;
  link_->abort();
  return false;
}

bool http_connection::advance() {
  for (;;) {
    if (link_->state() == connection::input::broken) phase_ = phase::lost;
    if (phase_ == phase::reply && !(answer() && send_reply()) && phase_ != phase::lost) {
      begin_window();
      return true;
    }
    if (phase_ == phase::lost) {
      if (reply_.head.size() > 0) ++shared_->counts.aborted;
      return abort();
    }
    if (phase_ == phase::closing) return close();
    switch (take_request()) {
      case input::request: start_reply(); break;
      case input::waiting:
        if (shared_->drains && phase_ == phase::idle) return close();
        return true;
      case input::over: return close();
    }
  }
}

// Makes room behind the unread input. The buffer grows beyond kFirstBuffer only for a request that needs it.
void http_connection::make_room() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t most =
      body_.is_begun() ? body_at_ + shared_->limits.body_bytes + kBody : shared_->limits.header_bytes + kBody;
  if (end_ < capacity_ || capacity_ >= most) return;
  if (capacity_ == 0 && !shared_->buffers.empty()) {
    buffer_ = std::move(shared_->buffers.back());
    shared_->buffers.pop_back();
    capacity_ = kFirstBuffer;
    return;
  }
  const std::size_t capacity = capacity_ == 0 ? kFirstBuffer : std::min(2 * capacity_, most);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (end_ > 0) std::memcpy(larger.get(), buffer_.get(), end_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

// Whether the request at the front of the buffer is complete. It is then parsed, and status_ is set.
bool http_connection::is_request_whole() {
  if (body_.is_begun()) return is_body_whole(/*head_is_parsed=*/false);
  const head_end head = find_head_end(unread(), seen_, shared_->limits);
  status_ = head.status;
  if (head.state == head_end::kind::refused) {
    shared_->request = {};
    head_size_ = unread().size();
    return true;
  }
  // A last byte CR is examined together with the LF that follows it.
  seen_ = end_ - begin_;
  if (head.state == head_end::kind::more) return false;
  head_size_ = head.size;
  status_ = parse_head(unread().substr(0, head.size), shared_->limits, shared_->post_path, link_->is_stream(),
                       shared_->request);
  if (status_ != 0) return true;
  if (shared_->request.method == http_method::post) {
    body_.begin(shared_->request, shared_->limits);
    body_at_ = head.size;
    if (is_body_whole(/*head_is_parsed=*/true)) return true;
    if (expects_continue(shared_->request) && unread().size() == head.size) (void)link_->send(as_bytes(kContinue));
    return false;
  }
  if (!shared_->request.chunked) return true;
  const head_end body = find_empty_body(unread().substr(head.size));
  status_ = body.status;
  head_size_ += body.size;
  seen_ = head.size - 1;  // the head's end is found there again
  return body.state != head_end::kind::more;
}

// The request of another connection may have been parsed since the head was.
bool http_connection::is_body_whole(bool head_is_parsed) {
  const std::string_view text = unread();
  head_end end = body_.find(text.substr(body_at_));
  if (end.state == head_end::kind::more) {
    if (end_ < capacity_ || may_hold(2 * capacity_)) return false;
    end = {head_end::kind::refused, 0, 503};
  }
  body_.stop();
  status_ = head_is_parsed ? 0
                           : parse_head(text.substr(0, body_at_), shared_->limits, shared_->post_path,
                                        link_->is_stream(), shared_->request);
  if (end.state == head_end::kind::refused) {
    status_ = end.status;
    head_size_ = text.size();
    return true;
  }
  head_size_ = body_at_ + end.size;
  shared_->request.body = text.substr(body_at_, end.size);
  return true;
}

// Whether this buffer may grow to `capacity` for a body.
bool http_connection::may_hold(std::size_t capacity) noexcept {
  if (shared_->bodies - charged_ + capacity > shared_->limits.bodies_bytes) return false;
  shared_->bodies += capacity - std::exchange(charged_, capacity);
  return true;
}

http_connection::input http_connection::take_request() {
  for (;;) {
    // Empty lines before a request are skipped (RFC 9112, section 2.2).
    while (end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') {
      begin_ += 2;
      seen_ = 0;
    }
    if (begin_ < end_) {
      if (is_request_whole()) return input::request;
      if (phase_ != phase::head) enter(phase::head, shared_->platform->monotonic_ns());
    }
    make_room();
    const std::size_t n = link_->receive({reinterpret_cast<std::byte*>(buffer_.get()) + end_, capacity_ - end_});
    if (n == 0) {
      if (end_ == 0) return_buffer();
      return link_->state() == connection::input::open ? input::waiting : input::over;
    }
    end_ += n;
  }
}

reply_context http_connection::context() const noexcept {
  const http_request& r = shared_->request;
  const bool close = !r.keep_alive || requests_ >= shared_->limits.requests || shared_->drains;
  return {shared_->wall_clock ? shared_->date.view() : std::string_view(),
          close,
          r.is_http_10,
          r.method == http_method::head,
          shared_->keep_alive,
          link_->is_stream()};
}

// Answers a bad request. Nothing more is read from the connection.
void http_connection::refuse(int status) {
  // HEAD is recognized even in a head that could not be parsed: its answer has no content, which would be taken for the
  // next response (RFC 9110, section 9.3.2).
  const bool is_head = unread().starts_with("HEAD ");
  shared_->request.keep_alive = false;
  shared_->request.method = is_head ? http_method::head : http_method::get;
  reply_writer(reply_, context()).error(status);
}

void http_connection::start_reply() {
  request_ns_ = shared_->platform->monotonic_ns();
  ++shared_->counts.requests;
  ++requests_;
  reply_.reset();
  body_.stop();
  head_sent_ = content_sent_ = 0;
  body_sent_ = 0;
  is_answered_ = false;
  enter(phase::reply, request_ns_);
}

// Fills reply_. Called again for the same request when what a slow disk had to bring is there.
bool http_connection::answer() {
  if (is_answered_) return true;
  if (waits_for_ != 0 || waits_) return false;
  if (std::exchange(must_parse_, false)) (void)is_request_whole();
  if (status_ != 0) {
    refuse(status_);
  } else {
    responder_ = shared_->responders[shared_->hosts->find(shared_->request.host)].get();
    responder_->answer(shared_->request, behind_, context(), shared_->wall_clock, reply_);
  }
  if (const std::uint64_t ticket = shared_->platform->take_ticket(); ticket != 0) {
    reply_.reset();
    wait_for_disk(ticket);
    return false;
  }
  is_answered_ = true;
  if (shared_->log != nullptr) note_request();
  begin_ += head_size_;
  seen_ = 0;
  if (begin_ == end_) return_buffer();
  image_ = shared_->image;
  has_window_ = false;
  client_is_done_ = status_ == 0 && !shared_->request.keep_alive && begin_ == end_;
  return true;
}

// Most responses are sent at once, and need none.
void http_connection::begin_window() noexcept {
  if (!is_answered_ || std::exchange(has_window_, true)) return;
  window_ns_ = shared_->platform->monotonic_ns();
  window_delivered_ = link_->delivered();
}

void http_connection::wait_for_disk(std::uint64_t ticket) {
  (void)stop_waiting();
  waits_for_ = ticket;
  ++shared_->counts.disk_waits;
  if (is_answered_) return;
  // The request is in memory that all connections share.
  must_parse_ = true;
  seen_ = 0;
}

void http_connection::arrived(std::uint64_t ticket) noexcept {
  if (waits_for_ != ticket) return;
  waits_for_ = 0;
  waits_ = true;
  ++shared_->waiting;
}

bool http_connection::cut_off(const http_responder& site, std::uint64_t last) {
  if (phase_ != phase::reply || responder_ != &site || image_ > last) return false;
  ++shared_->counts.aborted;
  (void)abort();
  return true;
}

void http_connection::give_up() {
  if (head_sent_ == 0 && phase_ != phase::lost) {
    constexpr std::string_view sorry =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n";
    if (link_->send(as_bytes(sorry)) == sorry.size()) {
      ++shared_->counts.statuses[503];
      reply_.status = 503;
      record_request(shared_->platform->monotonic_ns());
      (void)close();
      return;
    }
  }
  ++shared_->counts.aborted;
  (void)abort();
}

bool http_connection::tick(std::uint64_t now) {
  const http_limits& l = shared_->limits;
  const auto passed = [now](std::uint64_t since, std::uint64_t seconds) {
    return now > since && now - since >= seconds * kSecond;
  };
  switch (phase_) {
    case phase::idle:
      if (!passed(since_, l.idle_s)) return true;
      return close();
    case phase::first:
      // A new connection may still send a request; browsers also connect in advance.
      if (shared_->drains && passed(shared_->drain_ns, 1)) return close();
      if (!passed(since_, l.head_s)) return true;
      ++shared_->counts.timed_out;
      return close();
    case phase::head:
      if (!passed(since_, l.head_s)) return true;
      ++shared_->counts.timed_out;
      shared_->request = {};
      head_size_ = unread().size();
      status_ = 408;
      start_reply();
      return advance();
    case phase::reply: {
      if (waits_ || waits_for_ != 0 || !is_answered_) window_ns_ = now;  // the client is not to blame
      if (!passed(window_ns_, l.stall_s)) return true;
      const std::uint64_t delivered = link_->delivered();
      if (delivered - window_delivered_ >= l.stall_bytes) {
        window_ns_ = now;
        window_delivered_ = delivered;
        return true;
      }
      ++shared_->counts.timed_out;
      ++shared_->counts.aborted;
      return abort();
    }
    case phase::closing:
    case phase::lost: break;
  }
  return true;
}

}  // namespace docteur::cache_vm
