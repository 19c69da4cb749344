#pragma once
// Standard input and output as a console: a terminal while this process is in its foreground, or what they were
// redirected to.

#include <span>
#include <string_view>

#include "base/leftover.hpp"

namespace docteur::cache_vm::on_linux {

class console {
 public:
  // `is_wanted`: use standard input as a console. look() takes it.
  explicit console(bool is_wanted);
  console(const console&) = delete;
  console& operator=(const console&) = delete;
  ~console() = default;

  // In the foreground, switches the terminal to single keys without echo; in the background, leaves it alone. To be
  // called now and then, since shells do not report a change (`fg`). True when is_there() changed.
  bool look();
  // Restores the terminal, before this process is stopped.
  void leave();
  // Whether standard input is to be read.
  [[nodiscard]] bool is_there() const noexcept { return is_there_; }
  // Reads typed characters; 0 at the end of input, or when there are none.
  [[nodiscard]] std::size_t read(std::span<char> into);
  // Whether a standard descriptor was a terminal that has gone away, for instance with its window.
  [[nodiscard]] bool hung_up() const;

 private:
  bool is_wanted_;
  bool is_there_ = false;
  bool is_terminal_;
  unsigned terminals_ = 0;  // bit N: descriptor N (0 to 2) was a terminal
  leftover settings_;       // restores the terminal's settings
};

// Writes all of `text`, and blocks until that is done. Returns an errno value, 0 on success.
[[nodiscard]] int write_all(int fd, std::string_view text);
// Whether kAtOnce bytes can be written without blocking.
[[nodiscard]] bool has_room(int fd);
inline constexpr std::size_t kAtOnce = 4096;  // bytes: PIPE_BUF

}  // namespace docteur::cache_vm::on_linux
