#include "cli/common.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
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

int run(command_line& app, int argc, char** argv, const std::function<outcome<void>()>& body) {
  if (!open_standard_descriptors()) return static_cast<int>(blame::environment);
  try {
    const outcome<bool> wanted = app.parse(argc, argv);
    if (wanted && !*wanted) return 0;
    const outcome<void> done = wanted ? body() : tl::make_unexpected(wanted.error());
    return done ? 0 : end_of_failure(app.program(), done.error());
  } catch (const std::bad_alloc&) {
    return end_of_failure(app.program(), {blame::environment, "out of memory"});
  } catch (const std::exception& e) {
    return end_of_failure(app.program(), {blame::environment, e.what()});
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

outcome<void> check_image_name(std::string_view name) {
  if (name != "-") return {};
  return give_up(blame::usage, "an image is not written to standard output; ./- is a file of that name");
}

}  // namespace docteur::cli
