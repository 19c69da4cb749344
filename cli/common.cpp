#include "cli/common.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>

#include "base/printable.hpp"
#include "cli/signal_watch.hpp"
#include "cli/standard_descriptors.hpp"

namespace docteur::cli {
namespace {

int end_of_failure(const std::string& program, const failure& why) {
  // The shell needs to see the signal; its sender needs no message.
  end_by_signal();
  if (!why.message.empty()) say(program, why.message);
  return static_cast<int>(why.who);
}

}  // namespace

int run(CLI::App& app, int argc, char** argv, const std::function<outcome<void>()>& body) {
  const std::string program = app.get_name();
  if (!open_standard_descriptors()) return static_cast<int>(blame::environment);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    app.exit(e);
    std::cout.flush();
    return std::cout ? 0 : end_of_failure(program, {blame::environment, "stdout: cannot be written"});
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
  std::string line(program);
  line.append(": ").append(printable_line(text)).append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

outcome<void> write_out(bytes data, bool& pipe_closed) {
  while (!data.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) {
      pipe_closed = true;
      return {};
    }
    if (n < 0) return give_up(blame::environment, std::string("stdout: ") + std::strerror(errno));
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace docteur::cli
