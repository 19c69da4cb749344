#include "base/fork_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "base/spawn.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::size_t kHandedOver = 2;  // descriptors for each copy

// The line between this process and a copy carries the request, whose end is a shutdown; then, in the other direction,
// the copy's process id (or -errno) and, once the copy has ended, its status as waitpid(2) gives it. The copy is reaped
// only after this process has closed the line, so its id is not reused before.
struct copy {
  pid_t pid;
  unique_fd line;
  bool is_reported = false;  // its end
};

tl::unexpected<failure> system_failure(const char* what, int error) {
  return give_up(blame::environment, std::string(what) + ": " + std::strerror(error));
}

bool send_all(int socket, const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::send(socket, at, size, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

void send_number(int socket, int number) { (void)send_all(socket, &number, sizeof number); }

std::string receive_to_end(int socket) {
  std::string all;
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t n = ::recv(socket, piece.data(), piece.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
}

// Returns false at the end of the socket. `fds` stay empty if no descriptors came.
bool receive_descriptors(int socket, std::array<unique_fd, kHandedOver>& fds) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kHandedOver * sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  const ssize_t n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (n < 0) return errno == EINTR;
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  if (n == 0) return false;
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) return true;
  std::array<int, kHandedOver> raw{};
  std::memcpy(raw.data(), CMSG_DATA(head), sizeof raw);
  std::ranges::transform(raw, fds.begin(), [](int fd) { return unique_fd(fd); });
  return true;
}

bool send_descriptors(int socket, const std::array<int, kHandedOver>& fds) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> space{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(head), fds.data(), sizeof fds);
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

// The server's side.
class server {
 public:
  server(int socket, fork_server::work body) : socket_(socket), body_(body) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    ends_ = unique_fd(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  void serve() {
    for (;;) {
      std::vector<pollfd> fds{{socket_, POLLIN, 0}, {ends_.get(), POLLIN, 0}};
      for (const copy& c : copies_) fds.push_back({c.line.get(), 0, 0});
      if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
      report_ends();
      for (std::size_t i = copies_.size(); i-- > 0;)
        if ((fds[2 + i].revents & (POLLHUP | POLLERR)) != 0) end_copy(i);
      if (fds[0].revents != 0 && !answer()) break;
    }
    while (!copies_.empty()) end_copy(copies_.size() - 1);
  }

 private:
  bool answer() {
    std::array<unique_fd, kHandedOver> fds;
    if (!receive_descriptors(socket_, fds)) return false;
    auto& [line, messages] = fds;
    if (!line || !messages) return true;
    const pid_t pid = ::fork();
    if (pid == 0) work(line, messages);
    send_number(line.get(), pid > 0 ? pid : -errno);
    if (pid > 0) copies_.push_back({pid, std::move(line)});
    return true;
  }

  [[noreturn]] void work(unique_fd& line, unique_fd& messages) {
    ::setsid();
    copies_.clear();
    ::close(socket_);
    ends_ = unique_fd();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(messages.get(), STDERR_FILENO);
    const std::string request = receive_to_end(line.get());
    line = unique_fd();
    ::_exit(body_(request, messages.get()));
  }

  void report_ends() {
    signalfd_siginfo ignored;
    while (::read(ends_.get(), &ignored, sizeof ignored) > 0) {
    }
    for (copy& c : copies_) {
      siginfo_t end{};
      if (c.is_reported || ::waitid(P_PID, static_cast<id_t>(c.pid), &end, WEXITED | WNOHANG | WNOWAIT) != 0 ||
          end.si_pid == 0)
        continue;
      c.is_reported = true;
      send_number(c.line.get(), end.si_code == CLD_EXITED ? W_EXITCODE(end.si_status, 0) : end.si_status);
    }
  }

  void end_copy(std::size_t i) {
    const pid_t pid = copies_[i].pid;
    ::kill(pid, SIGKILL);  // it may not have its group yet
    ::kill(-pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    copies_.erase(copies_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  int socket_;
  fork_server::work body_;
  unique_fd ends_;  // readable when a copy has ended
  std::vector<copy> copies_;
};

[[noreturn]] void become_server(int socket, fork_server::work body) {
  constexpr int kSocket = STDERR_FILENO + 1;
  ::setsid();
  reset_signals();
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, standard);
  }
  if (socket != kSocket) ::dup3(socket, kSocket, O_CLOEXEC);
  close_above(kSocket);
  server(kSocket, body).serve();
  ::_exit(0);
}

}  // namespace

outcome<fork_server> fork_server::start(work body) {
  if (!__libc_single_threaded) return give_up(blame::environment, "a process that has threads cannot be copied safely");
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_failure("cannot make a socket", errno);
  unique_fd ours(ends[0]), its(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return system_failure("cannot start a process", errno);
  if (pid == 0) become_server(its.get(), body);
  return fork_server(pid, std::move(ours));
}

fork_server::fork_server(fork_server&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_(std::move(other.socket_)) {}

fork_server::~fork_server() {
  if (pid_ == 0) return;
  socket_ = unique_fd();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

outcome<child_process> fork_server::run(const std::string& request) const {
  DOCTEUR_TRY(messages, make_pipe());
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_failure("cannot make a socket", errno);
  unique_fd line(ends[0]);
  {
    const unique_fd its(ends[1]), write = std::move(messages.write);
    if (!send_descriptors(socket_.get(), {its.get(), write.get()}))
      return system_failure("the process that starts others", errno);
  }
  int pid = 0;
  const bool sent = send_all(line.get(), request.data(), request.size()) && ::shutdown(line.get(), SHUT_WR) == 0;
  ssize_t n = 0;
  do {
    n = ::recv(line.get(), &pid, sizeof pid, MSG_WAITALL);
  } while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof pid) && pid < 0) return system_failure("cannot start a process", -pid);
  if (!sent || n != static_cast<ssize_t>(sizeof pid))
    return give_up(blame::environment, "the process that starts others has ended");
  return child_process(pid, std::move(messages.read), std::move(line));
}

}  // namespace docteur
