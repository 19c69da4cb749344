#include "unikernel-example/platform/pvh/tcp_connection.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "lwip/priv/tcp_priv.h"

namespace docteur::cache_vm::pvh {

tcp_connection::tcp_connection(tcp_connections& owner, service& s, tcp_pcb* pcb)
    : owner_(owner), service_(s), pcb_(pcb), peer_address_(pcb->remote_ip), peer_port_(pcb->remote_port) {}

tcp_connection::~tcp_connection() {
  if (received_ != nullptr) pbuf_free(received_);
}

void tcp_connection::note() {
  if (std::exchange(noted_, true)) return;
  owner_.noted_.push_back(this);
}

void tcp_connection::push() {
  if (std::exchange(pushed_, true)) return;
  owner_.pushed_.push_back(this);
}

signed char tcp_connection::on_received(void* self, tcp_pcb*, pbuf* p, signed char) {
  auto* c = static_cast<tcp_connection*>(self);
  c->note();
  if (p == nullptr) {
    c->ended_ = true;
  } else if (c->received_ == nullptr) {
    c->received_ = p;
  } else {
    pbuf_cat(c->received_, p);  // at most TCP_WND bytes
  }
  return ERR_OK;
}

signed char tcp_connection::on_sent(void* self, tcp_pcb*, std::uint16_t size) {
  auto* c = static_cast<tcp_connection*>(self);
  c->delivered_ += size;
  if (c->waits_for_room_ && c->room() > 0) {
    c->waits_for_room_ = false;
    c->note();
  }
  return ERR_OK;
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
  char text[IP4ADDR_STRLEN_MAX];
  return std::string(ip4addr_ntoa_r(&peer_address_, text, sizeof text)) + ":" + std::to_string(peer_port_);
}

std::size_t tcp_connection::receive(mutable_bytes into) {
  std::size_t n = 0;
  while (n < into.size() && received_ != nullptr) {
    const std::size_t some = std::min<std::size_t>(into.size() - n, received_->len - read_of_first_);
    std::memcpy(into.data() + n, static_cast<const std::byte*>(received_->payload) + read_of_first_, some);
    n += some;
    read_of_first_ = static_cast<std::uint16_t>(read_of_first_ + some);
    if (read_of_first_ < received_->len) break;
    pbuf* const first = received_;
    received_ = first->next;
    if (received_ != nullptr) pbuf_ref(received_);
    pbuf_free(first);
    read_of_first_ = 0;
  }
  if (n > 0 && pcb_ != nullptr) tcp_recved(pcb_, static_cast<u16_t>(n));  // n <= TCP_WND
  return n;
}

connection::input tcp_connection::state() const {
  if (pcb_ == nullptr) return input::broken;
  return ended_ ? input::ended : input::open;
}

std::size_t tcp_connection::room() const {
  // To fill a little room at a time would make many small reads and rounds of a large file.
  constexpr std::size_t kWorthWaitingFor = TCP_SND_BUF / 2;  // bytes: one piece goes out, the next is read
  const std::size_t n = free_room();
  if (n >= kWorthWaitingFor || (n > 0 && tcp_sndqueuelen(pcb_) == 0)) return n;
  waits_for_room_ = true;
  return 0;
}

std::size_t tcp_connection::free_room() const {
  if (pcb_ == nullptr) return 0;
  // A segment may take two pbufs; without any left tcp_write() would fail. tcp_sndbuf() says 64 KiB of any more.
  return tcp_sndqueuelen(pcb_) + 4 < TCP_SND_QUEUELEN ? pcb_->snd_buf : 0;
}

std::size_t tcp_connection::send(bytes from) {
  constexpr std::size_t kMost = 16 * TCP_MSS;  // of one call: it takes all or nothing, and lengths are 16 bits
  std::size_t sent = 0;
  while (sent < from.size()) {
    const std::size_t n = std::min({from.size() - sent, free_room(), kMost});
    if (n == 0) {
      waits_for_room_ = true;
      break;
    }
    const bool more = sent + n < from.size();
    if (tcp_write(pcb_, from.data() + sent, static_cast<u16_t>(n),
                  static_cast<u8_t>(TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0))) != ERR_OK) {
      starved_ = true;
      break;
    }
    sent += n;
  }
  if (sent > 0) push();
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
    // With bytes unread lwIP would answer with a reset, and what was sent might not arrive.
    if (received_ != nullptr) tcp_recved(pcb_, static_cast<u16_t>(received_->tot_len - read_of_first_));
    detach();
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

const char* tcp_connections::listen(const ip4_addr_t& address, std::uint16_t port, service& s) {
  // No exception may pass through lwIP: its callbacks find room in these lists, where each connection is at most once.
  for (auto* list : {&noted_, &serving_, &pushed_}) list->reserve(kMostAccepted);
  tcp_pcb* pcb = tcp_new();
  if (pcb == nullptr) return "there are too many";
  if (tcp_bind(pcb, &address, port) != ERR_OK) {
    tcp_abort(pcb);
    return "in use already";
  }
  tcp_pcb* const listening = tcp_listen_with_backlog(pcb, TCP_DEFAULT_LISTEN_BACKLOG);
  if (listening == nullptr) {
    tcp_abort(pcb);
    return "there are too many";
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
  tcp_nagle_disable(pcb);
  ip_set_option(pcb, SOF_KEEPALIVE);
  return ERR_OK;
}

// What services have sent by now goes out in as few segments as possible.
void tcp_connections::push_all() {
  for (tcp_connection* c : pushed_) {
    c->pushed_ = false;
    if (c->pcb_ != nullptr) tcp_output(c->pcb_);
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
        if (!c->finished_ && (c->received_ != nullptr || c->ended_ || c->pcb_ == nullptr)) c->service_.ready(*c);
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

void tcp_connections::tick() {
  for (const std::unique_ptr<tcp_connection>& c : all_)
    if (std::exchange(c->starved_, false)) c->note();
  // A connection's end is kept for a second (TIME_WAIT), and looked through for each segment that belongs to no living
  // connection: with thousands of short ones that is most of the work. The newest are enough.
  constexpr int kMostWaiting = 32;
  int n = 0;
  for (tcp_pcb* pcb = tcp_tw_pcbs; pcb != nullptr;) {
    tcp_pcb* const next = pcb->next;
    if (++n > kMostWaiting) tcp_abort(pcb);
    pcb = next;
  }
}

}  // namespace docteur::cache_vm::pvh
