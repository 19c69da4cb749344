#include "base/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::array kOurs{SIGPIPE, SIGXFSZ, SIGCHLD};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// What posix_spawn() is told, freed on all ways out.
class settings {
 public:
  explicit settings(const spawn_order& order) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    standard(order.input, STDIN_FILENO, O_RDONLY);
    standard(order.output, STDOUT_FILENO, O_WRONLY);
    standard(order.errors, STDERR_FILENO, O_WRONLY);
    if (order.closes_others) ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (!order.directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, order.directory.c_str());
    sigset_t none, ours;
    sigemptyset(&none);
    sigemptyset(&ours);
    for (const int signal : kOurs) sigaddset(&ours, signal);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &ours);
    int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (order.group == membership::own_group) flags |= POSIX_SPAWN_SETPGROUP;
    if (order.group == membership::own_session) flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  settings(const settings&) = delete;
  settings& operator=(const settings&) = delete;
  ~settings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void standard(int from, int to, int flags) {
    if (from >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, from, to);
    } else {
      ::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", flags, 0);
    }
  }
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

int spawn(const spawn_order& order, pid_t& pid) {
  const settings how(order);
  return ::posix_spawnp(&pid, order.arguments.front().c_str(), how.actions(), how.attributes(),
                        pointers(order.arguments).data(), pointers(order.environment).data());
}

void reset_signals() noexcept {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL)
      ::sigaction(signal, &standard, nullptr);
  }
  for (const int signal : kOurs) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool has_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/bin:/usr/bin";  // execvp(3)
  for (;;) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string folder(rest.substr(0, end));
    const std::string whole = folder.empty() ? name : folder + "/" + name;
    struct stat st {};
    if (::access(whole.c_str(), X_OK) == 0 && ::stat(whole.c_str(), &st) == 0 && S_ISREG(st.st_mode)) return true;
    if (end == rest.size()) return false;
    rest.remove_prefix(end + 1);
  }
}

unique_fd above_standard(unique_fd fd) {
  if (!fd || fd.get() > STDERR_FILENO) return fd;
  return unique_fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

outcome<pipe_ends> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return give_up(blame::environment, std::string("cannot make a pipe: ") + std::strerror(errno));
  unique_fd read(fds[0]), write(fds[1]);
  pipe_ends ends{above_standard(std::move(read)), above_standard(std::move(write))};
  if (!ends.read || !ends.write)
    return give_up(blame::environment, std::string("cannot make a pipe: ") + std::strerror(errno));
  ::fcntl(ends.read.get(), F_SETFL, O_NONBLOCK);
  return ends;
}

}  // namespace docteur
