#include "unikernel-example/platform/linux/event_loop.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "unikernel-example/platform/linux/disk_waits.hpp"
#include "unikernel-example/platform/linux/monotonic_time.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::uint64_t kTick = 100'000'000;  // ns
constexpr std::size_t kUneven = 2;            // connections that a loop may have more than another

}  // namespace

void loop_group::close_sockets() noexcept {
  for (const auto& s : sockets) {
    if (s->fd >= 0) ::close(s->fd);
    s->fd = -1;
    s->name = {};
  }
}

outcome<std::unique_ptr<event_loop>> event_loop::make(std::size_t number, loop_group& group) {
  std::unique_ptr<event_loop> l(new event_loop(number, group));
  l->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  l->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  l->spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (l->epoll_ < 0 || l->wake_ < 0 || !l->watch(l->wake_, EPOLLIN, &l->wake_))
    return give_up(blame::environment, std::string("epoll: ") + std::strerror(errno));
  return l;
}

event_loop::~event_loop() {
  connections_.clear();
  for (const int fd : {epoll_, wake_, spare_fd_})
    if (fd >= 0) ::close(fd);
}

bool event_loop::watch(int fd, std::uint32_t events, void* who) const {
  epoll_event e{};
  e.events = events;
  e.data.ptr = who;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

bool event_loop::watch_console(int fd) const { return watch(fd, EPOLLIN, const_cast<event_loop*>(this)); }
void event_loop::forget_console(int fd) const { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

bool event_loop::watch(listening_socket& s) const {
  if (number_ >= s.services.size()) return true;
  // Of several loops, the kernel wakes one.
  return watch(s.fd, s.services.size() > 1 ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN, &s);
}

void event_loop::open_mailbox() {
  const std::lock_guard lock(mail_guard_);
  takes_mail_ = true;
}

bool event_loop::post(std::function<void()> task) {
  const std::lock_guard lock(mail_guard_);
  if (!takes_mail_) return false;
  mail_.push_back(std::move(task));
  (void)eventfd_write(wake_, 1);
  return true;
}

void event_loop::tell_arrival(std::uint64_t ticket) {
  const std::lock_guard lock(mail_guard_);
  if (!takes_mail_) return;
  arrivals_.push_back(ticket);
  (void)eventfd_write(wake_, 1);
}

bool event_loop::take_mail(application& app) {
  std::vector<std::function<void()>> tasks;
  std::vector<std::uint64_t> arrivals;
  {
    const std::lock_guard lock(mail_guard_);
    tasks.swap(mail_);
    arrivals.swap(arrivals_);
  }
  for (const auto& task : tasks) task();
  for (const std::uint64_t ticket : arrivals) app.arrived(number_, ticket);
  return !tasks.empty() || !arrivals.empty();
}

// What was posted before is still done.
void event_loop::close_mailbox(application& app) {
  {
    const std::lock_guard lock(mail_guard_);
    takes_mail_ = false;
  }
  while (take_mail(app)) {
  }
}

service& event_loop::own_service(const listening_socket& s) const { return *s.services[number_]; }

// No descriptor is left: refuses one waiting client with the spare one. False when no client waits.
bool event_loop::refuse_one(const listening_socket& s) {
  ::close(spare_fd_);
  const int waiting = accept4(s.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (waiting >= 0) {
    const std::string_view why = own_service(s).refusal();
    // Unread input would cause a reset, which may overtake the answer.
    std::array<char, 4096> waste;
    (void)recv(waiting, waste.data(), waste.size(), 0);
    (void)::send(waiting, why.data(), why.size(), MSG_NOSIGNAL);
    shutdown(waiting, SHUT_WR);
    ::close(waiting);
  }
  spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return waiting >= 0;
}

// nullptr without memory; the connection is then closed. Reserves all lists, so that none has to grow later.
tcp_connection* event_loop::add(int fd, service& s, bool has_head) {
  std::unique_ptr<tcp_connection> c;
  try {
    c = std::make_unique<tcp_connection>(fd, s, touched_, has_head, group_->http2 ? &group_->sessions : nullptr);
  } catch (const std::bad_alloc&) {
    ::close(fd);
    return nullptr;
  }
  try {
    if (connections_.size() == connections_.capacity()) {
      const std::size_t more = 2 * connections_.size() + 64;
      touched_.reserve(more);
      for (auto* list : {&again_, &served_again_}) list->reserve(more);
      connections_.reserve(more);
    }
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  c->place = connections_.size();
  connections_.push_back(std::move(c));
  open_.store(connections_.size(), std::memory_order_relaxed);
  return connections_.back().get();
}

// A client's request is often here with its connection. It is answered first: a connection that then ends was never
// watched.
void event_loop::begin(int fd, service& s, bool has_head) {
  tcp_connection* const c = add(fd, s, has_head);
  if (c == nullptr) return;
  c->begin_turn();
  s.opened(*c);
  if (!c->is_closing()) c->serve();
}

// This loop, unless another one has clearly fewer connections. A loop that drains keeps what it has accepted.
std::size_t event_loop::choose_loop(const listening_socket& s) const noexcept {
  std::size_t least = number_;
  if (s.services.size() == 1 || drains_until_) return least;
  const std::size_t own = open_connections();
  for (std::size_t i = 0; i < group_->loops.size(); ++i)
    if (group_->loops[i]->open_connections() < group_->loops[least]->open_connections()) least = i;
  return group_->loops[least]->open_connections() + kUneven <= own ? least : number_;
}

void event_loop::accept_all(const listening_socket& s) {
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = accept4(s.fd, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if ((errno != EMFILE && errno != ENFILE) || !refuse_one(s)) return;
      continue;
    }
    const bool has_head = !group_->proxies.is_empty() && own_service(s).takes_proxies() &&
                          group_->proxies.contains(reinterpret_cast<const sockaddr&>(peer));
    const std::size_t loop = choose_loop(s);
    if (loop == number_) {
      begin(fd, own_service(s), has_head);
      continue;
    }
    // Counted at once, so that the next connection sees it.
    event_loop& other = *group_->loops[loop];
    other.open_.fetch_add(1, std::memory_order_relaxed);
    if (!other.post([&other, fd, of = s.services[loop], has_head] { other.begin(fd, *of, has_head); }))
      begin(fd, own_service(s), has_head);
  }
}

void event_loop::take_turn(tcp_connection& c) {
  c.begin_turn();
  if (!c.is_closing()) c.serve();
}

void event_loop::serve_again() {
  if (again_.empty()) return;
  served_again_.swap(again_);
  for (tcp_connection* c : served_again_) take_turn(*c);
  served_again_.clear();
}

// What has happened on it before is reported as well. False: it cannot be watched, and is broken.
bool event_loop::watch_edges(tcp_connection& c) {
  if (c.is_watched) return true;
  c.is_watched = watch(c.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &c);
  if (!c.is_watched) c.notice(EPOLLERR);
  return c.is_watched;
}

void event_loop::look_after_touched() {
  const std::uint64_t now = monotonic_time();
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    tcp_connection& c = *touched_[i];
    const auto next = c.end_turn(now);
    if (next == tcp_connection::next::gone) {
      remove(c);
    } else if (!watch_edges(c) || next == tcp_connection::next::again) {
      again_.push_back(&c);
    }
  }
  touched_.clear();
}

void event_loop::remove(tcp_connection& c) {
  std::erase(again_, &c);
  const std::size_t place = c.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  connections_.pop_back();
  open_.store(connections_.size(), std::memory_order_relaxed);
}

void event_loop::tick_connections() {
  const std::uint64_t now = monotonic_time();
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (connections_[i]->is_overdue(now)) {
      remove(*connections_[i]);
    } else {
      connections_[i]->tick(now);
    }
  }
}

void event_loop::drain(application& app, std::uint64_t until) {
  if (drains_until_) return;
  drains_until_ = until;
  for (const auto& s : group_->sockets) {
    if (number_ >= s->services.size()) continue;
    accept_all(*s);  // clients that are already connected are served
    epoll_ctl(epoll_, EPOLL_CTL_DEL, s->fd, nullptr);
  }
  app.drain(number_);
  for (const auto& c : connections_) c->take_no_more();
  if (++group_->draining < group_->loops.size()) return;
  group_->close_sockets();
  for (const auto& loop : group_->loops) (void)eventfd_write(loop->wake_, 1);  // those without clients end now
}

// Whether all responses are finished, or the time for that is over. Until all loops drain, another one may still hand a
// connection over.
bool event_loop::is_drained(const application& app) const {
  if (monotonic_time() >= *drains_until_) return true;
  return group_->draining == group_->loops.size() && app.is_drained(number_) &&
         std::ranges::none_of(connections_, [](const auto& c) { return c->is_unfinished(); });
}

void event_loop::take_event(const epoll_event& e, process_duties* duties) {
  void* const source = e.data.ptr;
  if (source == &wake_) {
    is_woken_ = true;  // handled after the other events
    return;
  }
  if (source == this) {
    duties->console_event();
    return;
  }
  const auto s = std::ranges::find(group_->sockets, source, [](const auto& p) { return static_cast<void*>(p.get()); });
  if (s != group_->sockets.end()) {
    accept_all(**s);
    return;
  }
  auto& c = *static_cast<tcp_connection*>(source);
  c.notice(e.events);
  take_turn(c);
}

bool event_loop::run(application& app, process_duties* duties) {
  std::array<epoll_event, 256> events;
  std::uint64_t next_tick = monotonic_time() + kTick;
  bool has_work = true;
  is_woken_ = true;  // something may have happened before
  this_threads_disk_waits().loop = number_;
  bool is_good = true;
  while (!group_->stops) {
    if (std::exchange(is_woken_, false)) {
      eventfd_t n = 0;
      (void)eventfd_read(wake_, &n);
      if (duties != nullptr) duties->woken(app);
      if (take_mail(app)) has_work = true;
    }
    if (group_->stops || (drains_until_ && is_drained(app))) break;
    const std::uint64_t now = monotonic_time();
    const bool busy = has_work || !again_.empty() || (duties != nullptr && duties->wants_turn());
    const int wait = busy || now >= next_tick ? 0 : static_cast<int>((next_tick - now) / 1'000'000) + 1;
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
    if (n < 0 && errno != EINTR) {
      is_good = false;
      break;
    }
    for (int i = 0; i < n; ++i) take_event(events[static_cast<std::size_t>(i)], duties);
    serve_again();
    const bool console = duties != nullptr && duties->serve_console(app);
    const bool ticks = monotonic_time() >= next_tick;
    if (ticks) {
      next_tick = monotonic_time() + kTick;
      if (duties != nullptr) duties->tick();
      app.tick(number_);
    }
    if (has_work || console || ticks) has_work = app.work(number_);
    look_after_touched();
    if (ticks) tick_connections();
  }
  close_mailbox(app);
  return is_good;
}

}  // namespace docteur::cache_vm::on_linux
