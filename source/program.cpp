#include "source/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "object/result.hpp"
#include "source/printable.hpp"
#include "source/unique_fd.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBuffer = 64 << 10;  // bytes read at once
constexpr int kPatience = 100;             // ms between looks at whether the user wants to stop

// What the program reads: a file without a name, so that nobody has to write while others read.
outcome<unique_fd> input_file(bytes content) {
  unique_fd fd(::memfd_create("input", MFD_CLOEXEC));
  if (!fd) return give_up(blame::environment, std::string("memfd_create: ") + std::strerror(errno));
  while (!content.empty()) {
    const ssize_t n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return give_up(blame::environment, std::string("memory for another program: ") + std::strerror(errno));
    content = content.subspan(static_cast<std::size_t>(n));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

struct pipe_pair {
  unique_fd read, write;
};
outcome<pipe_pair> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return give_up(blame::environment, std::string("pipe: ") + std::strerror(errno));
  return pipe_pair{unique_fd(ends[0]), unique_fd(ends[1])};
}

// What posix_spawn() is told, freed on all ways out.
class spawn_settings {
 public:
  spawn_settings() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    // Ours are ignored or only leave a mark.
    sigset_t all, none;
    ::sigemptyset(&none);
    ::sigemptyset(&all);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::sigaddset(&all, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  void standard(int input, int output, int errors) {
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
  }
  void directory(const std::string& path) { ::posix_spawn_file_actions_addchdir_np(&actions_, path.c_str()); }

  // An errno value, 0 when it runs.
  int spawn(pid_t& pid, const std::vector<std::string>& arguments, const std::vector<std::string>& environment) const {
    const auto pointers = [](const std::vector<std::string>& of) {
      std::vector<char*> all;
      for (const std::string& s : of) all.push_back(const_cast<char*>(s.c_str()));
      all.push_back(nullptr);
      return all;
    };
    const std::vector<char*> argv = pointers(arguments), envp = pointers(environment);
    return ::posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv.data(), envp.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// A program that runs; ended and waited for on all ways out.
class running {
 public:
  explicit running(pid_t pid) : pid_(pid) {}
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    (void)wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

void capture(std::string& to, bytes piece) {
  to += as_text(piece.first(std::min(piece.size(), kMostCaptured - to.size())));
}

// Takes what the program writes until it has closed both.
outcome<void> collect(unique_fd out, unique_fd err, byte_sink* sink, program_result& result, const progress& watch) {
  std::array<std::byte, kBuffer> buffer;
  while (out || err) {
    if (watch.cancelled()) return give_up(blame::environment, "interrupted");
    std::array<pollfd, 2> ends{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), kPatience) < 0 && errno != EINTR)
      return give_up(blame::environment, std::string("poll: ") + std::strerror(errno));
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].revents == 0) continue;
      const ssize_t n = ::read(ends[i].fd, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        (i == 0 ? out : err) = unique_fd();
        continue;
      }
      const bytes piece = bytes(buffer).first(static_cast<std::size_t>(n));
      if (i == 0 && sink != nullptr) {
        DOCTEUR_CHECK(sink->write(piece));
      } else {
        capture(i == 0 ? result.output : result.errors, piece);
      }
    }
  }
  return {};
}

}  // namespace

outcome<program_result> run_program(const program_call& command, const progress& watch) {
  DOCTEUR_TRY(input, input_file(command.input));
  DOCTEUR_TRY(out, make_pipe());
  DOCTEUR_TRY(err, make_pipe());
  spawn_settings settings;
  settings.standard(input.get(), out.write.get(), err.write.get());
  if (!command.directory.empty()) settings.directory(command.directory);
  pid_t pid = 0;
  if (const int error = settings.spawn(pid, command.arguments, command.environment); error != 0)
    return give_up(blame::environment,
                   printable(command.arguments.front()) + ": cannot be run: " + std::strerror(error));
  running program(pid);
  out.write = unique_fd();
  err.write = unique_fd();
  program_result result{};
  DOCTEUR_CHECK(collect(std::move(out.read), std::move(err.read), command.output, result, watch));
  result.status = program.wait();
  return result;
}

std::vector<std::string> program_environment(std::initializer_list<const char*> more) {
  std::vector<std::string> all{"LC_ALL=C"};
  const auto pass = [&](const char* name) {
    if (const char* const value = std::getenv(name)) all.push_back(std::string(name) + "=" + value);
  };
  for (const char* name : {"PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"})
    pass(name);
  for (const char* name : more) pass(name);
  return all;
}

}  // namespace docteur
