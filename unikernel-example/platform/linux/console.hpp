#pragma once
// Standard input and output as a console: a terminal, as long as it is ours, or whatever they were redirected to.

#include <span>
#include <string_view>

#include "base/leftover.hpp"

namespace docteur::cache_vm::on_linux {

class console {
 public:
  // `is_wanted`: standard input is one. Takes nothing yet.
  explicit console(bool is_wanted);
  console(const console&) = delete;
  console& operator=(const console&) = delete;
  ~console() = default;

  // Takes the terminal, each key as it is typed and without echo, or finds that it is another's: a process in the
  // background leaves it alone. To be called now and then, for shells do not tell (`fg`). True when is_there() changed.
  bool look();
  // The terminal as it was, before this process is stopped.
  void leave();
  // Whether standard input is to be read.
  [[nodiscard]] bool is_there() const noexcept { return is_there_; }
  // What was typed; 0 when nothing is there any more.
  [[nodiscard]] std::size_t read(std::span<char> into);
  // Whether one of the standard descriptors was a terminal that has gone away, with its window for instance.
  [[nodiscard]] bool hung_up() const;

 private:
  bool is_wanted_;
  bool is_there_ = false;
  bool is_terminal_;
  unsigned terminals_ = 0;  // a bit for each of the descriptors 0 to 2 that was one
  leftover settings_;       // the terminal's, as they were
};

// Writes all of `text` and waits for that; an errno value, 0 when all was written.
[[nodiscard]] int write_all(int fd, std::string_view text);
// Whether some kilobytes can be written without waiting for whoever reads them.
[[nodiscard]] bool has_room(int fd);
inline constexpr std::size_t kAtOnce = 4096;  // bytes of these: PIPE_BUF

}  // namespace docteur::cache_vm::on_linux
