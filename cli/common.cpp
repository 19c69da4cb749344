#include "cli/common.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

namespace docteur::cli {
namespace {

volatile std::sig_atomic_t caught_signal = 0;

extern "C" void leave_mark(int signal) { caught_signal = signal; }

int end_of_failure(const std::string& program, const failure& why) {
  // The shell wants to know of the signal, and whoever sent it knows why nothing was made.
  if (caught_signal != 0) {
    std::signal(caught_signal, SIG_DFL);
    std::raise(caught_signal);
  }
  if (!why.message.empty()) say(program, why.message);
  return static_cast<int>(why.who);
}

}  // namespace

int run(CLI::App& app, int argc, char** argv, const std::function<outcome<void>()>& body) {
  const std::string program = app.get_name();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    app.exit(e);
    std::cout.flush();
    return std::cout ? 0 : static_cast<int>(blame::environment);
  } catch (const CLI::ParseError& e) {
    say(program, std::string(e.what()) + " (see " + program + " --help)");
    return static_cast<int>(blame::usage);
  }
  try {
    const outcome<void> done = body();
    return done ? 0 : end_of_failure(program, done.error());
  } catch (const std::bad_alloc&) {
    return end_of_failure(program, {blame::environment, "out of memory"});
  } catch (const std::exception& e) {
    return end_of_failure(program, {blame::environment, e.what()});
  }
}

void say(std::string_view program, std::string_view text) {
  std::string line;
  line.reserve(program.size() + text.size() + 3);
  line.append(program).append(": ").append(text).append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

signal_watch::signal_watch() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    // nohup(1) and background jobs of a shell ignore some of them on purpose.
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = leave_mark;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(signal, &action, nullptr);
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

bool signal_watch::interrupted() noexcept { return caught_signal != 0; }

}  // namespace docteur::cli
