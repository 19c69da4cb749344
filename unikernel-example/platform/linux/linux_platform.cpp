#include "unikernel-example/platform/linux/linux_platform.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <new>

#include "host/huge_page_heap.hpp"
#include "unikernel-example/platform/linux/listening.hpp"
#include "unikernel-example/platform/linux/server_signals.hpp"
#include "unikernel-example/platform/linux/surroundings.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::uint64_t kTick = 100'000'000;  // ns
// Descriptors besides those of clients: the standard ones, those opened here, and connections that wait for their peer
// to close.
constexpr std::uint64_t kDescriptors = 48;

}  // namespace

outcome<std::shared_ptr<linux_platform::opened_file>> linux_platform::open_image(const std::string& path) const {
  // Opening a FIFO would block until it has a writer.
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode) && !S_ISDIR(info.st_mode))
    return give_up(blame::environment, path + ": neither a file nor a block device");
  DOCTEUR_TRY(file, file_device::open(path));
  auto opened = std::make_shared<opened_file>(opened_file{std::move(file), {}});
  if (!digests_.empty()) {
    DOCTEUR_TRY(pinned, load_pinned(opened->file.view(), digests_, path));
    opened->checked.emplace(opened->file.view(), std::move(pinned));
  }
  return opened;
}

outcome<std::unique_ptr<linux_platform>> linux_platform::make(std::vector<std::string> images, std::vector<oid> digests,
                                                              bool console) {
  std::unique_ptr<linux_platform> p(new linux_platform(console));
  p->digests_ = std::move(digests);
  p->descriptors_ = raise_descriptors();
  for (std::string& path : images) {
    DOCTEUR_TRY(file, p->open_image(path));
    p->images_.push_back({std::move(path), std::move(file), {}});
  }
  p->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  p->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  p->spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (p->epoll_ < 0 || p->wake_ < 0 || !p->watch(p->wake_, EPOLLIN, &p->wake_))
    return give_up(blame::environment, std::string("epoll: ") + std::strerror(errno));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  p->total_memory_ = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  if (const auto limit = memory_limit()) p->total_memory_ = std::min(p->total_memory_, *limit);
  return p;
}

linux_platform::~linux_platform() {
  connections_.clear();
  stop_listening();
  for (const int fd : {epoll_, wake_, spare_fd_})
    if (fd >= 0) ::close(fd);
}

bool linux_platform::watch(int fd, std::uint32_t events, void* who) const {
  epoll_event e{};
  e.events = events;
  e.data.ptr = who;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

void linux_platform::look_at_console() {
  if (!console_.look()) return;
  console_is_ready_ = false;
  if (!console_.is_there()) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
  } else if (!watch(STDIN_FILENO, EPOLLIN, this)) {
    console_is_ready_ = true;  // epoll refuses a file, which is always ready
  }
}

std::uint64_t linux_platform::monotonic_ns() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::optional<std::int64_t> linux_platform::wall_clock() const { return std::time(nullptr); }

void linux_platform::console_write(std::string_view text) {
  if (text.starts_with("docteur-cache: ")) {
    // A log without a reader must not block the server; the shell's `log` has the line as well.
    for (; !text.empty() && has_room(STDERR_FILENO); text.remove_prefix(std::min(text.size(), kAtOnce)))
      (void)write_all(STDERR_FILENO, text.substr(0, kAtOnce));  // an error cannot be reported anywhere
  } else if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    output_error_ = error;
  }
}

bool linux_platform::console_has_room() const { return has_room(STDOUT_FILENO); }

std::size_t linux_platform::console_read(std::span<char> into) {
  if (!console_is_ready_) return 0;
  console_is_ready_ = false;
  const bool was_there = console_.is_there();
  const std::size_t n = console_.read(into);
  if (was_there && !console_.is_there()) epoll_ctl(epoll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
  return n;
}

std::span<const disk> linux_platform::disks() {
  disks_.clear();
  for (std::size_t i = 0; i < images_.size(); ++i) {
    image_file& f = images_[i];
    // The file may have been replaced, or the block device resized.
    auto file = open_image(f.path);
    f.fault = file ? std::string() : file.error().message;
    if (file) f.file = std::move(*file);
    disks_.push_back({std::to_string(i), f.file->view(), f.file, f.fault});
  }
  return disks_;
}

memory_use linux_platform::memory() const {
  memory_use m{total_memory_, 0};
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  if (std::FILE* f = std::fopen("/proc/self/statm", "re")) {
    unsigned long long whole = 0;
    unsigned long long resident = 0;
    if (std::fscanf(f, "%llu %llu", &whole, &resident) == 2) m.used = resident * page;
    std::fclose(f);
  }
  return m;
}

docteur::memory linux_platform::heap() noexcept { return huge_page_memory(); }

std::string linux_platform::network_status() const { return "sockets of this host"; }

outcome<void> linux_platform::listen(std::string_view address, std::uint16_t port, service& s) {
  DOCTEUR_TRY(listening, listen_on(address, port));
  for (const int fd : listening) {
    listeners_.push_back(std::make_unique<listener>(listener{fd, &s}));
    if (!watch(fd, EPOLLIN, listeners_.back().get()))
      return give_up(blame::environment, std::string("epoll: ") + std::strerror(errno));
  }
  return {};
}

void linux_platform::stop_listening() {
  for (const auto& l : listeners_) ::close(l->fd);
  listeners_.clear();
}

connection_limit linux_platform::most_connections() const {
  const std::uint64_t others = kDescriptors + 2 * images_.size();
  return {descriptors_ - std::min(descriptors_ - 1, others),
          "only " + std::to_string(descriptors_) + " descriptors are available (ulimit -n)", false};
}

// No descriptor is left: refuses one waiting client with the spare one. False when no client waits.
bool linux_platform::refuse_one(const listener& l) {
  ::close(spare_fd_);
  const int waiting = accept4(l.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (waiting >= 0) {
    const std::string_view why = l.service->refusal();
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
tcp_connection* linux_platform::add(int fd, service& s) {
  std::unique_ptr<tcp_connection> c;
  try {
    c = std::make_unique<tcp_connection>(fd, s, touched_);
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
  if (!watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c.get())) return nullptr;
  c->place = connections_.size();
  connections_.push_back(std::move(c));
  return connections_.back().get();
}

void linux_platform::accept_all(const listener& l) {
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(l.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if ((errno != EMFILE && errno != ENFILE) || !refuse_one(l)) return;
      continue;
    }
    tcp_connection* const c = add(fd, *l.service);
    if (c == nullptr) continue;
    c->begin_turn();
    l.service->opened(*c);
  }
}

void linux_platform::take_turn(tcp_connection& c) {
  c.begin_turn();
  if (!c.is_closing()) c.service().ready(c);
}

void linux_platform::look_after_touched() {
  const std::uint64_t now = monotonic_ns();
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    switch (touched_[i]->end_turn(now)) {
      case tcp_connection::next::wait: break;
      case tcp_connection::next::again: again_.push_back(touched_[i]); break;
      case tcp_connection::next::gone: remove(*touched_[i]); break;
    }
  }
  touched_.clear();
}

void linux_platform::remove(tcp_connection& c) {
  std::erase(again_, &c);
  const std::size_t place = c.place;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place = place;
  connections_.pop_back();
}

void linux_platform::remove_overdue() {
  const std::uint64_t now = monotonic_ns();
  for (std::size_t i = connections_.size(); i-- > 0;)
    if (connections_[i]->is_overdue(now)) remove(*connections_[i]);
}

// Does what signals have asked for.
void linux_platform::obey_signals(application& app) {
  eventfd_t n = 0;
  (void)eventfd_read(wake_, &n);
  bool stops = server_signals::take_stop();
  if (server_signals::take_reload()) {
    // When the terminal's window was closed, SIGHUP means to stop.
    if (console_.hung_up()) {
      stops = true;
    } else {
      app.reload();
    }
  }
  if (server_signals::take_suspend()) {
    const bool was_there = console_.is_there();
    console_.leave();
    if (was_there) epoll_ctl(epoll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
    server_signals::suspend();
  }
  if (server_signals::take_resume()) look_at_console();
  if (!stops || drains_until_) return;
  for (const auto& l : listeners_) accept_all(*l);  // clients that are already connected are served
  stop_listening();
  drains_until_ = monotonic_ns() + app.drain();
}

// Whether all responses are finished, or the time for that is over.
bool linux_platform::is_drained(const application& app) const {
  if (monotonic_ns() >= *drains_until_) return true;
  return app.is_drained() && std::ranges::none_of(connections_, [](const auto& c) { return c->is_closing(); });
}

void linux_platform::take_event(const epoll_event& e) {
  void* const source = e.data.ptr;
  if (source == &wake_) {
    signalled_ = true;  // handled after the other events
    return;
  }
  if (source == this) {
    console_is_ready_ = true;
    return;
  }
  const auto l = std::ranges::find(listeners_, source, [](const auto& p) { return static_cast<void*>(p.get()); });
  if (l != listeners_.end()) {
    accept_all(**l);
    return;
  }
  auto& c = *static_cast<tcp_connection*>(source);
  c.notice(e.events);
  take_turn(c);
}

ending linux_platform::run(application& app) {
  std::array<epoll_event, 256> events;
  std::uint64_t next_tick = monotonic_ns() + kTick;
  bool has_work = true;
  server_signals::serve(wake_);
  signalled_ = true;  // a signal may have arrived before
  look_at_console();
  while (!how_) {
    if (std::exchange(signalled_, false)) obey_signals(app);
    if (drains_until_ && is_drained(app)) return ending::halt;
    const std::uint64_t now = monotonic_ns();
    const bool busy = has_work || !again_.empty() || console_is_ready_;
    const int wait = busy || now >= next_tick ? 0 : static_cast<int>((next_tick - now) / 1'000'000) + 1;
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
    if (n < 0 && errno != EINTR) return ending::failure;
    for (int i = 0; i < n; ++i) take_event(events[static_cast<std::size_t>(i)]);
    if (!again_.empty()) {
      served_again_.swap(again_);
      for (tcp_connection* c : served_again_) take_turn(*c);
      served_again_.clear();
    }
    const bool console = console_.is_there() && console_is_ready_;
    if (console) app.console_ready();
    const bool ticks = monotonic_ns() >= next_tick;
    if (ticks) {
      next_tick = monotonic_ns() + kTick;
      look_at_console();
      app.tick();
    }
    if (has_work || console || ticks) has_work = app.work();
    look_after_touched();
    if (ticks) remove_overdue();
  }
  return *how_;
}

}  // namespace docteur::cache_vm::on_linux
