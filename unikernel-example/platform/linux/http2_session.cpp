#include "unikernel-example/platform/linux/http2_session.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::size_t kInput = 16 << 10;  // bytes read at once,
constexpr std::size_t kReads = 16;        // so often in a turn
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kHeaderList = 64 << 10;  // SETTINGS_MAX_HEADER_LIST_SIZE

}  // namespace

http2_session::http2_session(connection& link, service& inner, const stream_limits& limits,
                             std::atomic<std::size_t>& open)
    : link_(&link), inner_(&inner), limits_(limits), open_(&open), peer_(link.peer()) {
  nghttp2_option* options = nullptr;
  if (nghttp2_option_new(&options) != 0) throw std::bad_alloc();
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  const int made = nghttp2_session_server_new2(&session_, callbacks(), this, options);
  nghttp2_option_del(options);
  if (made != 0) throw std::bad_alloc();
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreams}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderList}}};
  (void)nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  if (open_->fetch_add(1, std::memory_order_relaxed) >= limits_.connections)
    (void)nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

http2_session::~http2_session() {
  nghttp2_session_del(session_);
  open_->fetch_sub(1, std::memory_order_relaxed);
}

http2_stream* http2_session::find(std::int32_t id) noexcept {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void http2_session::content_taken(http2_stream& s) noexcept {
  const std::size_t n = std::exchange(s.unread_, 0);
  if (n > 0) (void)nghttp2_session_consume(session_, s.id_, n);
}

void http2_session::end_unread(http2_stream& s) {
  (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, s.id_, NGHTTP2_NO_ERROR);
  s.is_finished_ = false;
}

void http2_session::make_due(http2_stream& s) {
  if (std::exchange(s.is_due_, true)) return;
  due_.push_back(&s);
}

void http2_session::make_changed(http2_stream& s) {
  if (std::exchange(s.is_changed_, true)) return;
  if (changed_.empty()) ask_for_turn();
  changed_.push_back(&s);
}

// At the end of the connection's turn wants_turn() is called.
void http2_session::ask_for_turn() { (void)link_->send({}); }

void http2_session::let_go(http2_stream& s) {
  content_taken(s);
  if (s.is_gone_) {
    gone_.push_back(s.id_);
  } else {
    make_changed(s);
  }
}

// Calls the application, which may send on these and other streams, and let go of them.
void http2_session::serve_due() {
  for (std::size_t i = 0; i < due_.size(); ++i) {
    http2_stream& s = *due_[i];
    s.is_due_ = false;
    if (s.is_gone_ && s.is_new_) continue;  // reset before it was served
    if (s.use_ != http2_stream::use::open) continue;
    s.starved_ = false;
    if (std::exchange(s.is_new_, false)) inner_->opened(s);
    if (s.use_ == http2_stream::use::open) inner_->ready(s);
  }
  due_.clear();
}

namespace {

[[nodiscard]] std::vector<nghttp2_nv> to_nv(const response_head& head) {
  const auto bytes_of = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  constexpr std::string_view status = ":status";
  std::vector<nghttp2_nv> out;
  out.reserve(head.fields.size() + 1);
  out.push_back({bytes_of(status), bytes_of(head.status), status.size(), head.status.size(), NGHTTP2_NV_FLAG_NONE});
  for (const response_field& f : head.fields)
    out.push_back({bytes_of(f.name), bytes_of(f.value), f.name.size(), f.value.size(), NGHTTP2_NV_FLAG_NONE});
  return out;
}

}  // namespace

void http2_session::submit_interim(http2_stream& s) {
  const response_head head = parse_response_head(s.head_);
  const std::vector<nghttp2_nv> fields = to_nv(head);
  (void)nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, s.id_, nullptr, fields.data(), fields.size(), nullptr);
  s.head_.clear();
  s.has_head_ = false;
}

// With END_STREAM if there is no body.
void http2_session::submit_head(http2_stream& s) {
  const response_head head = parse_response_head(s.head_);
  const std::vector<nghttp2_nv> fields = to_nv(head);
  nghttp2_data_provider body{};
  body.source.ptr = &s;
  body.read_callback = read_body;
  const bool is_whole = s.use_ == http2_stream::use::closing && s.out_.size() == 0;
  s.is_submitted_ = true;
  if (nghttp2_submit_response(session_, s.id_, fields.data(), fields.size(), is_whole ? nullptr : &body) != 0)
    (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, s.id_, NGHTTP2_INTERNAL_ERROR);
  s.head_ = {};
}

void http2_session::submit_changed() {
  for (http2_stream* s : changed_) {
    s->is_changed_ = false;
    if (s->is_gone_) continue;
    if (s->use_ == http2_stream::use::aborted || (s->use_ == http2_stream::use::closing && !s->has_head_)) {
      (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, s->id_, NGHTTP2_INTERNAL_ERROR);
    } else if (!s->is_submitted_) {
      if (s->has_head_) submit_head(*s);
    } else if (std::exchange(s->is_deferred_, false)) {
      (void)nghttp2_session_resume_data(session_, s->id_);
    }
  }
  changed_.clear();
}

bool http2_session::write() {
  for (;;) {
    while (out_.room() >= kInput + 1024) {
      const std::uint8_t* frame = nullptr;
      const ssize_t n = nghttp2_session_mem_send(session_, &frame);
      if (n < 0) {
        end(/*at_once=*/true);
        return false;
      }
      if (n == 0) break;
      out_.append({reinterpret_cast<const std::byte*>(frame), static_cast<std::size_t>(n)});
    }
    if (out_.size() == 0) return true;
    out_.drop_front(link_->send(out_.view()));
    if (out_.size() > 0) return false;
  }
}

void http2_session::remove_gone() {
  for (const std::int32_t id : gone_) {
    http2_stream* const s = find(id);
    if (s == nullptr) continue;
    std::erase(due_, s);
    std::erase(changed_, s);
    streams_.erase(id);
  }
  gone_.clear();
}

void http2_session::take(bytes input) {
  const ssize_t n =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  if (n < 0) has_failed_ = true;
}

void http2_session::read() {
  std::array<std::byte, kInput> input;
  for (std::size_t i = 0; i < kReads && !has_failed_; ++i) {
    const std::size_t n = link_->receive(input);
    if (n == 0) return;
    take(bytes(input).first(n));
  }
  asks_ = true;  // there may be more
  ask_for_turn();
}

// Streams whose body was sent meanwhile, and that have more.
void http2_session::look_for_starved() {
  for (const auto& [id, s] : streams_)
    if (s->starved_ && s->use_ == http2_stream::use::open && s->out_.room() >= send_queue::kMost / 2) make_due(*s);
}

void http2_session::ready(connection&) {
  asks_ = false;
  if (is_over_) return;
  read();
  if (has_failed_ || link_->state() == connection::input::broken) return end(/*at_once=*/true);
  while (!is_over_) {
    serve_due();
    remove_gone();
    submit_changed();
    if (!write()) break;
    remove_gone();
    look_for_starved();
    if (due_.empty() && changed_.empty()) break;
  }
  if (is_over_) return;
  out_.settle();
  const bool is_idle = streams_.empty() && out_.size() == 0;
  const bool has_ended = link_->state() == connection::input::ended;
  if ((is_idle && has_ended) || (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0))
    end(/*at_once=*/false);
}

void http2_session::tick(std::uint64_t now) {
  if (is_over_) return;
  for (const auto& [id, s] : streams_) {
    if (!s->is_finished_ || s->is_gone_) continue;
    if (s->finished_ns_ == 0) s->finished_ns_ = now;
    if (now - s->finished_ns_ < kSecond) continue;
    end_unread(*s);
    asks_ = true;
    ask_for_turn();
  }
  // The head of a request may never be whole.
  const auto is_request = [](const auto& entry) { return entry.second->use_ != http2_stream::use::head; };
  if (idle_ns_ == 0 || std::ranges::any_of(streams_, is_request)) idle_ns_ = now;
  if (now - idle_ns_ < limits_.idle_ns) return;
  idle_ns_ = now;
  if (!drains_) return drain();
  // It was told before.
  has_failed_ = true;
  asks_ = true;
  ask_for_turn();
}

void http2_session::drain() {
  if (is_over_ || std::exchange(drains_, true)) return;
  (void)nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                              NGHTTP2_NO_ERROR, nullptr, 0);
  asks_ = true;
  ask_for_turn();
}

void http2_session::end(bool at_once) {
  if (std::exchange(is_over_, true)) return;
  for (const auto& [id, s] : streams_) {
    s->is_gone_ = true;
    s->broken_ = true;
    if (s->use_ == http2_stream::use::open && !s->is_new_) inner_->ready(*s);
  }
  at_once ? link_->abort() : link_->close();
}

}  // namespace docteur::cache_vm::on_linux
