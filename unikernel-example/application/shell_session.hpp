#pragma once
// A small shell, for whoever sits at the console or has connected to its port: lines in, text out, no faster than it is
// read.

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

class cache_machine;

// What a command prints, as far as it is made: more comes from `more` until that returns false.
struct shell_output {
  std::string text;
  std::function<bool(std::string&)> more;
  bool leaves = false;  // the session ends behind it
};

// The output of one command line; never fails otherwise than by what it says.
[[nodiscard]] shell_output run_shell_command(cache_machine& machine, std::string_view line);

class shell_session {
 public:
  // Who types. What comes from a network may be no shell's user: a browser sends what any page says to any port, text
  // of the page's author behind a head of its own. Such a session ends at its first line, and nothing is executed.
  enum class origin { console, network };
  shell_session(cache_machine& machine, origin where);

  // What was typed: backspace, ^C and ^D mean what they mean, telnet's commands (RFC 854) are passed over. While a
  // command still prints, only ^C counts; what else was typed waits, a few lines of it.
  void type(std::string_view keys);
  // Text to show now, at least one byte if there is any; empty when the session waits for a line.
  [[nodiscard]] std::string_view output();
  void shown(std::size_t bytes) { out_.erase(0, bytes); }
  [[nodiscard]] bool is_over() const noexcept { return over_ && out_.empty(); }
  [[nodiscard]] bool is_busy() const noexcept { return static_cast<bool>(more_) || !out_.empty(); }

 private:
  void key(char c);
  void finish_line();
  void end_as_misdirected();

  cache_machine* machine_;
  std::string line_;
  std::string ahead_;  // typed while a command printed
  std::string out_;
  std::function<bool(std::string&)> more_;
  int telnet_ = 0;  // bytes of a telnet command still to be passed over; -1: in a subnegotiation
  bool telnet_escape_ = false;
  bool last_was_cr_ = false;
  bool over_ = false;
  bool trusted_;  // the first line was a command, so the peer means a shell
};

// Sessions on TCP.
class shell_service final : public service {
 public:
  explicit shell_service(cache_machine& machine) : machine_(&machine) {}
  void opened(connection& c) override;
  void ready(connection& c) override;
  [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }

 private:
  static constexpr std::size_t kMost = 8;
  struct client {
    connection* link;
    shell_session session;
  };
  cache_machine* machine_;
  std::list<client> sessions_;
};

}  // namespace docteur::cache_vm
