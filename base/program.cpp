#include "base/program.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "base/child_process.hpp"
#include "base/leftover.hpp"
#include "base/printable.hpp"
#include "base/spawn.hpp"
#include "base/unique_fd.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBuffer = 64 << 10;  // bytes read at once
constexpr int kPatience = 100;             // ms between checks whether the user wants to stop
constexpr int kTick = 20;                  // ms between checks whether it has ended
constexpr int kGrace = 75;                 // ticks from SIGTERM to SIGKILL
constexpr int kMoment = 15;                // the same when a signal ends this process

// The program's stdin: an unnamed file, so that nothing has to be written while output is read.
outcome<unique_fd> input_file(bytes content) {
  unique_fd fd = above_standard(unique_fd(::memfd_create("input", MFD_CLOEXEC)));
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

// A running program, which is ended and reaped on all ways out.
class running {
 public:
  explicit running(const std::function<pid_t(const child_guard&)>& start)
      : process_([&]() -> std::function<void()> {
          pid_ = start(guard_);
          if (pid_ == 0) return {};
          return [pid = pid_] { end(pid, kMoment); };
        }) {}
  running(const running&) = delete;
  running& operator=(const running&) = delete;
  ~running() {
    if (pid_ == 0) return;
    end(pid_, kGrace);
    process_.keep();
    guard_.release();
  }
  int wait() {
    const int status = reap(pid_);
    guard_.release();
    pid_ = 0;
    process_.keep();
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  static int reap(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }
  // Sends SIGTERM, so that it can end its own children, and after `ticks` SIGKILL.
  static void end(pid_t pid, int ticks) {
    ::kill(pid, SIGTERM);
    for (int i = 0; ::waitpid(pid, nullptr, WNOHANG) == 0; ++i) {
      if (i == ticks) {
        ::kill(pid, SIGKILL);
        (void)reap(pid);
        break;
      }
      ::poll(nullptr, 0, kTick);
    }
  }

  child_guard guard_;
  pid_t pid_ = 0;     // 0: it has ended, or was never started
  leftover process_;  // ends it when a signal ends this process
};

void capture(std::string& to, bytes piece) {
  to += as_text(piece.first(std::min(piece.size(), kMostCaptured - to.size())));
}

// Reads what the program writes until it has closed both.
outcome<void> collect(unique_fd out, unique_fd err, byte_sink* sink, program_result& result, const progress& report) {
  std::array<std::byte, kBuffer> buffer;
  while (out || err) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    std::array<pollfd, 2> ends{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), kPatience) < 0 && errno != EINTR)
      return give_up(blame::environment, std::string("poll: ") + std::strerror(errno));
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].revents == 0) continue;
      const ssize_t n = ::read(ends[i].fd, buffer.data(), buffer.size());
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
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

outcome<program_result> run_program(const program_call& command, const progress& report) {
  DOCTEUR_TRY(input, input_file(command.input));
  DOCTEUR_TRY(out, make_pipe());
  DOCTEUR_TRY(err, make_pipe());
  spawn_order order{command.arguments, command.environment, command.directory};
  order.input = input.get();
  order.output = out.write.get();
  order.errors = err.write.get();
  order.closes_others = true;
  int error = 0;
  running program([&](const child_guard& guard) {
    pid_t pid = 0;
    error = spawn(order, guard, pid);
    return error == 0 ? pid : 0;
  });
  if (error != 0)
    return give_up(blame::environment,
                   printable(command.arguments.front()) + ": cannot be run: " + std::strerror(error));
  out.write = unique_fd();
  err.write = unique_fd();
  program_result result{};
  DOCTEUR_CHECK(collect(std::move(out.read), std::move(err.read), command.output, result, report));
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
