#include "unikernel-example/platform/linux/linux_platform.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "cli/signal_watch.hpp"
#include "host/huge_page_heap.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::uint64_t kTick = 100'000'000;  // ns
constexpr int kBacklog = 1024;

[[nodiscard]] outcome<std::array<std::uint64_t, 3>> identity_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return give_up(blame::environment, path + ": " + std::strerror(errno));
  return std::array<std::uint64_t, 3>{info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size)};
}

// An errno value, 0 when all was written.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

outcome<std::unique_ptr<linux_platform>> linux_platform::make(std::vector<std::string> images, bool console) {
  std::unique_ptr<linux_platform> p(new linux_platform);
  for (std::string& path : images) {
    DOCTEUR_TRY(identity, identity_of(path));
    DOCTEUR_TRY(file, file_device::open(path));
    p->images_.push_back({std::move(path), std::make_shared<file_device>(std::move(file)), identity});
  }
  p->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  p->spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (p->epoll_ < 0) return give_up(blame::environment, std::string("epoll: ") + std::strerror(errno));
  if (console) p->use_console();
  return p;
}

linux_platform::~linux_platform() {
  connections_.clear();
  for (const auto& l : listeners_) ::close(l->fd);
  for (const int fd : {epoll_, spare_fd_})
    if (fd >= 0) ::close(fd);
}

bool linux_platform::watch(int fd, std::uint32_t events, void* who) const {
  epoll_event e{};
  e.events = events;
  e.data.ptr = who;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

// A terminal gives each key as it is typed, and the shell shows it; ^C still ends the program.
void linux_platform::use_console() {
  termios now{};
  if (tcgetattr(STDIN_FILENO, &now) == 0) {
    terminal_ = leftover([&now]() -> std::function<void()> {
      const termios before = now;
      now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      tcsetattr(STDIN_FILENO, TCSANOW, &now);
      return [before] { tcsetattr(STDIN_FILENO, TCSANOW, &before); };
    });
  }
  has_console_ = true;
  // A file is always ready, and epoll refuses it.
  if (!watch(STDIN_FILENO, EPOLLIN, this)) console_is_ready_ = true;
}

std::uint64_t linux_platform::monotonic_ns() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::optional<std::int64_t> linux_platform::wall_clock() const { return std::time(nullptr); }

void linux_platform::console_write(std::string_view text) {
  if (text.starts_with("docteur-cache: ")) {
    (void)write_all(STDERR_FILENO, text);  // nobody to tell
  } else if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    output_error_ = error;
  }
}

std::size_t linux_platform::console_read(std::span<char> into) {
  if (!has_console_ || !console_is_ready_) return 0;
  const ssize_t n = ::read(STDIN_FILENO, into.data(), into.size());
  console_is_ready_ = false;
  if (n > 0) return static_cast<std::size_t>(n);
  has_console_ = false;  // its end
  epoll_ctl(epoll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
  return 0;
}

std::span<const disk> linux_platform::disks() {
  disks_.clear();
  for (std::size_t i = 0; i < images_.size(); ++i) {
    image_file& f = images_[i];
    // An image that was replaced has another inode; a block device may have got another size.
    const auto identity = identity_of(f.path);
    if (identity && *identity != f.identity) {
      if (auto file = file_device::open(f.path)) {
        f.file = std::make_shared<file_device>(std::move(*file));
        f.identity = *identity;
      }
    }
    disks_.push_back({std::to_string(i), f.file->view(), f.file});
  }
  return disks_;
}

memory_use linux_platform::memory() const {
  memory_use m{};
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  m.total = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
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

bool linux_platform::listen(std::string_view address, std::uint16_t port, service& s) {
  addrinfo how{};
  how.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  how.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string host(address);
  if (getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &how, &found) != 0) return false;
  bool listens = false;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    auto l = std::make_unique<listener>(listener{fd, &s});
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0 && watch(fd, EPOLLIN, l.get())) {
      listeners_.push_back(std::move(l));
      listens = true;
    } else {
      ::close(fd);
    }
  }
  freeaddrinfo(found);
  return listens;
}

void linux_platform::accept_all(const listener& l) {
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(l.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EMFILE && errno != ENFILE) return;
      // No descriptor left: with the spare one the waiting client is told so, by the end of its connection.
      ::close(spare_fd_);
      const int waiting = accept4(l.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (waiting >= 0) ::close(waiting);
      spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (waiting < 0) return;
      continue;
    }
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto c = std::make_unique<tcp_connection>(fd, *l.of, touched_);
    if (!watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c.get())) continue;
    c->place = connections_.size();
    connections_.push_back(std::move(c));
    tcp_connection& mine = *connections_.back();
    mine.begin_turn();
    l.of->opened(mine);
  }
}

void linux_platform::take_turn(tcp_connection& c) {
  c.begin_turn();
  if (!c.is_closing()) c.of().ready(c);
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

ending linux_platform::run(application& app) {
  std::array<epoll_event, 256> events;
  std::uint64_t next_tick = monotonic_ns() + kTick;
  bool has_work = true;
  while (!how_) {
    if (cli::signal_watch::interrupted()) return ending::halt;
    const std::uint64_t now = monotonic_ns();
    const bool busy = has_work || !again_.empty() || (has_console_ && console_is_ready_);
    const int wait = busy || now >= next_tick ? 0 : static_cast<int>((next_tick - now) / 1'000'000) + 1;
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
    if (n < 0 && errno != EINTR) return ending::failure;
    for (int i = 0; i < n; ++i) {
      void* who = events[static_cast<std::size_t>(i)].data.ptr;
      if (who == this) {
        console_is_ready_ = true;
        continue;
      }
      const auto l = std::ranges::find(listeners_, who, [](const auto& p) { return static_cast<void*>(p.get()); });
      if (l != listeners_.end()) {
        accept_all(**l);
        continue;
      }
      auto& c = *static_cast<tcp_connection*>(who);
      c.notice(events[static_cast<std::size_t>(i)].events);
      take_turn(c);
    }
    if (!again_.empty()) {
      const std::vector<tcp_connection*> others = std::exchange(again_, {});
      for (tcp_connection* c : others) take_turn(*c);
    }
    const bool console = has_console_ && console_is_ready_;
    if (console) app.console_ready();
    const bool ticks = monotonic_ns() >= next_tick;
    if (ticks) {
      next_tick = monotonic_ns() + kTick;
      app.tick();
    }
    if (has_work || console || ticks) has_work = app.work();
    look_after_touched();
    if (ticks) remove_overdue();
  }
  return *how_;
}

}  // namespace docteur::cache_vm::on_linux
