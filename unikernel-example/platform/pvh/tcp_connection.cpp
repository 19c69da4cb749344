#include "unikernel-example/platform/pvh/tcp_connection.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "lwip/priv/tcp_priv.h"
#include "unikernel-example/platform/pvh/network_ip6.hpp"
#include "unikernel-example/platform/pvh/tcp_admission.hpp"
#include "unikernel-example/platform/pvh/tcp_recovery.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// Bytes of a connection that are not on their way yet. What is on its way is bounded by TCP's windows: a client that
// reads nothing shuts its own.
constexpr std::size_t kMostUnsent = std::size_t{128} * 1024;

}  // namespace

tcp_connection::tcp_connection(tcp_connections& owner, service& s, tcp_pcb* pcb)
    : owner_(owner), service_(s), pcb_(pcb), peer_address_(pcb->remote_ip), peer_port_(pcb->remote_port) {}

void tcp_connection::note() {
  if (std::exchange(noted_, true)) return;
  owner_.noted_.push_back(this);
}

void tcp_connection::push() {
  if (std::exchange(pushed_, true)) return;
  owner_.pushed_.push_back(this);
}

// Copies the data, so that even a nearly empty frame is free again at once: all connections share the frames.
signed char tcp_connection::on_received(void* self, tcp_pcb* pcb, pbuf* p, signed char) {
  auto* c = static_cast<tcp_connection*>(self);
  c->note();
  if (p == nullptr) {
    c->ended_ = true;
    return ERR_OK;
  }
  bool kept = true;
  for (const pbuf* part = p; part != nullptr && kept; part = part->next)
    kept = c->received_.append({static_cast<const std::byte*>(part->payload), part->len});
  pbuf_free(p);
  if (kept) return ERR_OK;
  tcp_abort(pcb);  // calls on_error()
  return ERR_ABRT;
}

signed char tcp_connection::on_sent(void* self, tcp_pcb*, std::uint16_t size) {
  auto* c = static_cast<tcp_connection*>(self);
  c->delivered_ += size;
  c->count();
  c->tell_room();
  return ERR_OK;
}

void tcp_connection::tell_room() {
  if (!waits_for_room_ || room() == 0) return;
  waits_for_room_ = false;
  note();
}

void tcp_connection::on_error(void* self, signed char) {
  auto* c = static_cast<tcp_connection*>(self);
  c->pcb_ = nullptr;  // lwIP has freed it
  c->note();
}

void tcp_connection::detach() {
  tcp_arg(pcb_, nullptr);
  tcp_recv(pcb_, nullptr);
  tcp_sent(pcb_, nullptr);
  tcp_err(pcb_, nullptr);
}

std::string tcp_connection::peer() const {
  const std::string port = ":" + std::to_string(peer_port_);
  if (IP_IS_V6(&peer_address_)) return "[" + ip6_text(to_address(*ip_2_ip6(&peer_address_))) + "]" + port;
  char text[IP4ADDR_STRLEN_MAX];
  return ip4addr_ntoa_r(ip_2_ip4(&peer_address_), text, sizeof text) + port;
}

std::size_t tcp_connection::receive(mutable_bytes into) {
  const std::size_t n = received_.take(into);
  if (n > 0 && pcb_ != nullptr) tcp_recved(pcb_, static_cast<u16_t>(n));  // n <= TCP_WND
  return n;
}

connection::input tcp_connection::state() const {
  if (pcb_ == nullptr) return input::broken;
  return ended_ ? input::ended : input::open;
}

std::size_t tcp_connection::room() const {
  // Filling a little room at a time would make many small reads of a large file.
  const room_left r = look_for_room();
  const bool is_half = r.bytes >= r.most / 2;  // one piece is sent while the next is read
  if (r.bytes > 0 && (is_half || tcp_sndqueuelen(pcb_) == 0)) return r.bytes;
  waits_for_room_ = true;
  return 0;
}

tcp_connection::room_left tcp_connection::look_for_room() const {
  if (pcb_ == nullptr) return {};
  // tcp_write() makes segments no larger than half the largest window of the client.
  const std::size_t half_window = pcb_->snd_wnd_max / 2;
  const std::size_t segment = half_window > 0 ? std::min<std::size_t>(pcb_->mss, half_window) : pcb_->mss;
  const auto left = [](std::size_t allowed, std::size_t queued) { return queued < allowed ? allowed - queued : 0; };
  // Two segments are spare, since data may begin in the middle of one. tcp_sndbuf() would report at most 64 KiB.
  const std::size_t most_segments = owner_.queued_segments_.allowance() - 2;
  const std::size_t under_way = pcb_->snd_nxt - pcb_->lastack;
  const std::size_t most_bytes = std::min(owner_.queued_bytes_.allowance(), under_way + kMostUnsent);
  return {std::min(left(most_bytes, queued_bytes()), left(most_segments, tcp_sndqueuelen(pcb_)) * segment),
          std::min({most_bytes, most_segments * segment, kMostUnsent})};
}

void tcp_connection::count() {
  const std::size_t segments = tcp_sndqueuelen(pcb_);
  owner_.queued_bytes_.change(std::exchange(counted_bytes_, queued_bytes()), queued_bytes());
  owner_.queued_segments_.change(std::exchange(counted_segments_, segments), segments);
}

std::size_t tcp_connection::send(bytes from) {
  constexpr std::size_t kMost = 16 * TCP_MSS;  // of one call, which takes all or nothing, and whose length has 16 bits
  const std::size_t room = std::min(from.size(), look_for_room().bytes);
  if (room < from.size()) waits_for_room_ = true;
  std::size_t sent = 0;
  while (sent < room) {
    const std::size_t n = std::min(room - sent, kMost);
    const bool more = sent + n < from.size();
    if (tcp_write(pcb_, from.data() + sent, static_cast<u16_t>(n),
                  static_cast<u8_t>(TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0))) != ERR_OK) {
      starved_ = true;
      break;
    }
    sent += n;
  }
  if (sent > 0) {
    count();
    push();
  }
  return sent;
}

void tcp_connection::end() {
  finished_ = true;
  pcb_ = nullptr;
  note();
}

void tcp_connection::close() {
  if (finished_) return;
  if (pcb_ != nullptr) {
    // With unread input lwIP would send a reset, and sent data might not arrive.
    if (received_.size() > 0) tcp_recved(pcb_, static_cast<u16_t>(received_.size()));
    detach();
    tcp_setprio(pcb_, TCP_PRIO_MIN);  // dropped first when a new connection needs room
    if (tcp_close(pcb_) != ERR_OK) tcp_abort(pcb_);
  }
  end();
}

void tcp_connection::abort() {
  if (finished_) return;
  if (pcb_ != nullptr) {
    detach();
    tcp_abort(pcb_);
  }
  end();
}

namespace {

constexpr std::size_t kWaitingSegments = MEMP_NUM_TCP_PCB;  // reserved in the pool for each connection's SYN or FIN

}  // namespace

tcp_connections::tcp_connections(std::uint64_t memory)
    : queued_bytes_(static_cast<std::size_t>(memory / 4), 4 * TCP_MSS, TCP_SND_BUF),
      queued_segments_(MEMP_NUM_TCP_SEG - kWaitingSegments, 8, TCP_SND_QUEUELEN) {}

const char* tcp_connections::listen(const ip_addr_t& address, std::uint16_t port, service& s) {
  // No exception may pass through lwIP, so its callbacks must find room in these lists, which contain each connection
  // at most once.
  for (auto* list : {&noted_, &serving_, &pushed_}) list->reserve(kMostAccepted);
  tcp_pcb* pcb = tcp_new_ip_type(IP_GET_TYPE(&address));
  if (pcb == nullptr) return "too many connections";
  if (tcp_bind(pcb, &address, port) != ERR_OK) {
    tcp_abort(pcb);
    return "already in use";
  }
  // Half-open connections have a lower priority than accepted ones, and a higher one than closed ones.
  tcp_setprio(pcb, TCP_PRIO_NORMAL - 1);
  recover_connections_of(pcb);
  tcp_pcb* const listening = tcp_listen_with_backlog(pcb, TCP_DEFAULT_LISTEN_BACKLOG);
  if (listening == nullptr) {
    tcp_abort(pcb);
    return "too many listening ports";
  }
  listeners_.push_back(std::make_unique<listener>(listener{this, &s}));
  tcp_arg(listening, listeners_.back().get());
  tcp_accept(listening, on_accepted);
  return nullptr;
}

signed char tcp_connections::on_accepted(void* self, tcp_pcb* pcb, signed char error) {
  if (pcb == nullptr || error != ERR_OK) return ERR_VAL;
  const auto* l = static_cast<listener*>(self);
  tcp_connections& all = *l->owner;
  if (all.all_.size() >= kMostAccepted) {
    tcp_abort(pcb);
    return ERR_ABRT;
  }
  try {
    all.all_.push_back(std::make_unique<tcp_connection>(all, *l->to, pcb));
    tcp_connection& c = *all.all_.back();
    c.place_ = all.all_.size() - 1;
    c.note();
    tcp_arg(pcb, &c);
    tcp_recv(pcb, tcp_connection::on_received);
    tcp_sent(pcb, tcp_connection::on_sent);
    tcp_err(pcb, tcp_connection::on_error);
  } catch (const std::bad_alloc&) {
    tcp_abort(pcb);
    return ERR_ABRT;
  }
  tcp_setprio(pcb, TCP_PRIO_NORMAL);
  tcp_nagle_disable(pcb);
  ip_set_option(pcb, SOF_KEEPALIVE);
  return ERR_OK;
}

// Sends what the services have queued, in as few segments as possible. What goes on its way makes room for more.
void tcp_connections::push_all() {
  for (tcp_connection* c : pushed_) {
    c->pushed_ = false;
    if (c->pcb_ == nullptr) continue;
    send_queued(c->pcb_);
    c->tell_room();
  }
  pushed_.clear();
}

bool tcp_connections::serve() {
  if (noted_.empty() && pushed_.empty()) return false;
  push_all();
  while (!noted_.empty()) {
    serving_.swap(noted_);
    for (tcp_connection* c : serving_) {
      c->noted_ = false;
      if (c->finished_) continue;
      if (!std::exchange(c->opened_, true)) {
        c->service_.opened(*c);
        if (!c->finished_ && (c->received_.size() > 0 || c->ended_ || c->pcb_ == nullptr)) c->service_.ready(*c);
      } else {
        c->service_.ready(*c);
      }
    }
    push_all();
    for (tcp_connection* c : serving_) {
      if (!c->finished_ || c->noted_) continue;
      const std::size_t place = c->place_;
      std::swap(all_[place], all_.back());
      all_[place]->place_ = place;
      all_.pop_back();
    }
    serving_.clear();
  }
  return true;
}

// Data of closed connections counts until it is acknowledged, which no callback reports.
void tcp_connections::count_all() {
  std::size_t bytes = 0;
  std::size_t segments = 0;
  for (const tcp_pcb* pcb = tcp_active_pcbs; pcb != nullptr; pcb = pcb->next) {
    bytes += TCP_SND_BUF - pcb->snd_buf;
    segments += pcb->snd_queuelen;
  }
  queued_bytes_.set_used(bytes);
  queued_segments_.set_used(segments);
  for (const std::unique_ptr<tcp_connection>& c : all_) {
    if (c->pcb_ == nullptr) continue;
    c->counted_bytes_ = c->queued_bytes();
    c->counted_segments_ = tcp_sndqueuelen(c->pcb_);
  }
}

// Aborts closed connections whose client acknowledges nothing more: lwIP would retry for ever.
void tcp_connections::give_up_lingering() {
  constexpr unsigned kPatience = 30;  // calls, a second apart
  for (tcp_pcb* pcb = tcp_active_pcbs; pcb != nullptr;) {
    tcp_pcb* const next = pcb->next;
    tcp_recovery* const r = pcb->callback_arg == nullptr ? recovery_of(pcb) : nullptr;
    if (r != nullptr && std::exchange(r->seen_acknowledged, pcb->lastack) != pcb->lastack) {
      r->seen_times = 0;
    } else if (r != nullptr && ++r->seen_times > kPatience) {
      tcp_abort(pcb);
    }
    pcb = next;
  }
}

void tcp_connections::tick() {
  count_all();
  if (++ticks_ % 10 == 0) give_up_lingering();
  for (const std::unique_ptr<tcp_connection>& c : all_)
    if (std::exchange(c->starved_, false)) c->note();
  // Ended connections stay for a second (TIME_WAIT), and lwIP searches them for each segment without a live connection:
  // with thousands of short connections that is most of the work. The newest ones are enough.
  constexpr int kMostWaiting = 32;
  int n = 0;
  for (tcp_pcb* pcb = tcp_tw_pcbs; pcb != nullptr;) {
    tcp_pcb* const next = pcb->next;
    if (++n > kMostWaiting) tcp_abort(pcb);
    pcb = next;
  }
}

}  // namespace docteur::cache_vm::pvh
