// How http_connection sends a response, from its first byte to its last.

#include <algorithm>

#include "unikernel-example/application/http_connection.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kPiece = 64 << 10;    // bytes of a body passed on at once
constexpr std::size_t kKeptHead = 2 << 10;  // bytes of a head's memory kept for the next head

constexpr std::size_t kMostLine = 8 << 10;  // bytes of a request line that are recorded

}  // namespace

// Sends as much as there is room for. True when all was sent; false when it continues later, or was lost.
bool http_connection::send_reply() {
  if (head_sent_ < reply_.head.size()) {
    head_sent_ += link_->send(as_bytes(reply_.head.view()).subspan(head_sent_));
    if (head_sent_ < reply_.head.size()) return wait_for_room();
  }
  if (reply_.content) {
    const bytes rest = reply_.content->view().subspan(content_sent_);
    const std::size_t n = rest.empty() ? 0 : link_->send(rest);
    content_sent_ += n;
    count_sent(n);
    if (n < rest.size()) return wait_for_room();
  }
  while (reply_.body) {
    if (const bytes rest = reply_.body->rest(); !rest.empty()) {
      const std::size_t n = link_->send(rest);
      reply_.body->took(n);
      count_sent(n);
      if (n < rest.size()) return false;
      break;
    }
    const std::size_t room = std::min(link_->room(), kPiece);
    if (room == 0 || waits_for_ != 0) return false;
    if (waits_ || reply_.body->is_costly()) {
      if (!shared_->may_spend) {
        if (!waits_) ++shared_->waiting;
        waits_ = true;
        return false;
      }
      shared_->may_spend = false;
    }
    const auto piece = next_piece(room);
    if (!piece) {
      if (const std::uint64_t ticket = shared_->platform->take_ticket(); ticket != 0) {
        wait_for_disk(ticket);
        return false;
      }
      ++shared_->counts.faults;
      phase_ = phase::lost;
      return false;
    }
    if (piece->empty()) break;
    const std::size_t n = link_->send(*piece);
    count_sent(n);
    if (n < piece->size()) {  // the connection broke meanwhile
      phase_ = phase::lost;
      return false;
    }
  }
  finish_reply();
  return true;
}

result<bytes> http_connection::next_piece(std::size_t most) {
  const no_waiting here(*shared_->platform);
  return reply_.body->next(most);
}

bool http_connection::wait_for_room() {
  if (reply_.content) responder_->hold(reply_, content_sent_);
  return false;
}

void http_connection::count_sent(std::size_t n) noexcept {
  body_sent_ += n;
  shared_->counts.body_bytes += n;
}

void http_connection::finish_reply() {
  const std::uint64_t now = shared_->platform->monotonic_ns();
  if (shared_->log != nullptr) record_request(now);
  ++shared_->counts.statuses[static_cast<std::size_t>(reply_.status)];
  shared_->counts.latency.add(now - request_ns_);
  const bool close = reply_.close || shared_->drains;
  reply_.reset();
  if (reply_.head.capacity() > kKeptHead) reply_.head = {};
  enter(phase::idle, now);
  if (close) phase_ = phase::closing;
}

// To be called while the request is in the buffer, and parsed if it is good.
void http_connection::note_request() {
  std::string_view line = unread();
  line = line.substr(0, line.find('\n'));
  line = line.substr(0, line.find('\r'));
  const http_request& r = shared_->request;
  const auto text = [](const std::optional<std::string_view>& field) { return field.value_or(std::string_view()); };
  if (noted_.peer().empty()) noted_.set_peer(link_->peer());
  noted_.set(line.substr(0, kMostLine), text(r.host_field), text(r.referer), text(r.user_agent));
}

// Once for each request that was noted.
void http_connection::record_request(std::uint64_t now) noexcept {
  if (!noted_.is_set()) return;
  served_request r = noted_.request();
  r.status = reply_.status;
  r.body_bytes = body_sent_;
  r.duration_ns = now - request_ns_;
  r.wall_clock = shared_->wall_clock.value_or(0);
  shared_->log->add(shared_->loop, r);
  noted_.clear();
}

}  // namespace docteur::cache_vm
