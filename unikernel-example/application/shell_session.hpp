#pragma once
// A small shell on the console and on a TCP port: reads lines and prints text, no faster than the text is read.

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

class cache_machine;

// What a call for more output did. waits: nothing more can be said before a task of platform::aside() is done.
enum class shell_step { more, waits, ended };

// The output of a command: `text`, then what `more` appends, until that returns `ended`. Its reads do not wait for a
// disk: it appends nothing for one that has a ticket, and is called again when that arrives.
struct shell_output {
  std::string text;
  std::function<shell_step(std::string&)> more;
  bool leaves = false;          // the session ends after it
  std::uint64_t waits_for = 0;  // a ticket of the disk: the line is to be run again when it arrives; 0: none
};

// Runs one command line. Failures are part of the output. Reads do not wait for a disk.
[[nodiscard]] shell_output run_shell_command(cache_machine& machine, std::string_view line);

class shell_session {
 public:
  // The source of the input. Input from the network may not come from a user of the shell: any page can make a browser
  // send text of the page's author, behind a head of the browser's, to any port. Such a session ends at its first line,
  // and nothing is executed.
  enum class origin { console, network };
  shell_session(cache_machine& machine, origin where);

  // Takes typed keys: backspace, ^C and ^D have their usual effect, telnet commands (RFC 854) are skipped. While a
  // command still prints or waits, only ^C has an effect; up to 16 KiB of other input wait.
  void type(std::string_view keys);
  // Text to print now; empty when the session waits for input or for a disk.
  [[nodiscard]] std::string_view output();
  // What `ticket` stands for is there. Returns whether the session waited for it; output() then has more.
  [[nodiscard]] bool arrived(std::uint64_t ticket) noexcept;
  void shown(std::size_t bytes) { out_.erase(0, bytes); }
  [[nodiscard]] bool is_over() const noexcept { return over_ && out_.empty(); }
  [[nodiscard]] bool is_waiting() const noexcept { return waits_for_ != 0; }
  // Whether output() has something to do.
  [[nodiscard]] bool is_busy() const noexcept { return !out_.empty() || (is_running() && !is_waiting()); }

  // Instead of a ticket: for what runs aside.
  static constexpr std::uint64_t kAside = ~std::uint64_t{0};

 private:
  [[nodiscard]] bool is_running() const noexcept { return static_cast<bool>(more_) || !again_.empty(); }
  void key(char c);
  void stop_command() noexcept;
  void finish_line();
  void run(std::string line);
  void go_on();
  void end_as_misdirected();

  cache_machine* machine_;
  std::string line_;
  std::string ahead_;  // input that came while a command printed
  std::string out_;
  std::string again_;  // the line that waits for a disk
  std::function<shell_step(std::string&)> more_;
  std::uint64_t waits_for_ = 0;  // a ticket, or kAside; 0: nothing
  int telnet_ = 0;               // bytes of a telnet command still to be skipped; -1: in a subnegotiation
  bool telnet_escape_ = false;
  bool last_was_cr_ = false;
  bool over_ = false;
  bool trusted_;  // a line was a command, so the peer is a shell's user
};

// Shell sessions over TCP.
class shell_service final : public service {
 public:
  explicit shell_service(cache_machine& machine) : machine_(&machine) {}
  void opened(connection& c) override;
  void ready(connection& c) override;
  // Goes on with the sessions that waited for `ticket`.
  void arrived(std::uint64_t ticket);
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
