#include "mount/serve_mount.hpp"

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>

#include "base/printable.hpp"
#include "base/signals.hpp"
#include "base/unique_fd.hpp"
#include "mount/fuse_workers.hpp"
#include "mount/mount_table.hpp"

namespace docteur {
namespace {

constexpr std::chrono::milliseconds kGrace{500};  // for reads that are going on when a signal comes

// What libfuse has to say, for our own message.
std::mutex said_mutex;
std::string said;

void hear(fuse_log_level level, const char* format, va_list arguments) {
  if (level > FUSE_LOG_WARNING) return;
  std::array<char, 512> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  const std::lock_guard lock(said_mutex);
  if (said.size() < text.size()) said += text.data();
}

std::string heard() {
  const std::lock_guard lock(said_mutex);
  std::string text = said;
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? "libfuse does not say why" : text;
}

// libfuse's parser takes "\," for a comma in a value.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == ',' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string libfuse_options(const mount_plan& plan) {
  std::string text = "ro,nosuid,nodev,default_permissions,subtype=docteur,fsname=" + escaped(plan.source);
  if (plan.options.allow_other) text += ",allow_other";
  if (plan.options.allow_root) text += ",allow_root";
  for (const std::string& option : plan.options.for_kernel) text += "," + option;
  return text;
}

struct session_end {
  void operator()(fuse_session* s) const { ::fuse_session_destroy(s); }
};
using session_handle = std::unique_ptr<fuse_session, session_end>;

outcome<session_handle> mount(fuse_answers& with, const mount_plan& plan) {
  const auto failed = [&](const std::string& why) {
    return give_up(blame::environment, printable(plan.folder) + ": cannot be mounted: " + why);
  };
  if (const auto there = find_mount(plan.folder); there && there->type == kMountType)
    return failed("an image is mounted there already");
  ::fuse_set_log_func(hear);
  std::string program = "docteur-mount", option = "-o", options = libfuse_options(plan);
  std::array<char*, 4> words = {program.data(), option.data(), options.data(), nullptr};
  fuse_args arguments = FUSE_ARGS_INIT(3, words.data());
  const fuse_lowlevel_ops operations = fuse_operations();
  session_handle session(::fuse_session_new(&arguments, &operations, sizeof operations, &with));
  ::fuse_opt_free_args(&arguments);
  if (session == nullptr || ::fuse_session_mount(session.get(), plan.folder.c_str()) != 0) return failed(heard());
  return session;
}

// The signals that end the program, blocked in this thread and all that it starts.
unique_fd block_end_signals() {
  sigset_t all;
  sigemptyset(&all);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(signal)) sigaddset(&all, signal);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return unique_fd(::signalfd(-1, &all, SFD_CLOEXEC));
}

}  // namespace

outcome<void> serve_mount(fuse_answers& with, const mount_plan& plan) {
  const unique_fd signals = block_end_signals();
  if (!signals) return give_up(blame::environment, "signalfd: out of descriptors");
  bool has_started = false, was_told_to_end = false;
  const auto tell = std::move(with.started);
  with.started = [&] {
    has_started = true;
    tell();
  };
  DOCTEUR_TRY(session, mount(with, plan));
  const auto own = find_mount(plan.folder);
  const unsigned threads = plan.threads != 0 ? plan.threads : std::max(1u, std::thread::hardware_concurrency());
  const auto unmount = [&] {
    // Something else may have been mounted over the image since.
    const auto top = find_mount(plan.folder);
    if (!own || !top || top->device == own->device) ::fuse_session_unmount(session.get());
  };
  {
    std::unique_ptr<fuse_workers> workers;
    try {
      workers = std::make_unique<fuse_workers>(session.get(), threads);
    } catch (...) {
      unmount();
      throw;
    }
    std::array<pollfd, 2> events = {pollfd{signals.get(), POLLIN, 0}, pollfd{workers->ended(), POLLIN, 0}};
    while (::poll(events.data(), events.size(), -1) < 0) {
    }
    was_told_to_end = events[0].revents != 0;
    if (!workers->stop(kGrace)) {
      unmount();
      ::_exit(0);
    }
  }
  unmount();
  if (!has_started && !was_told_to_end) return give_up(blame::environment, printable(plan.folder) + ": " + heard());
  return {};
}

}  // namespace docteur
