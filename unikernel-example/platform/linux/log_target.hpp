#pragma once
// What an access log is written to: a file, standard output or error, or a syslog socket. One thread uses it. Hosted,
// Linux.

#include <functional>
#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur::cache_vm::on_linux {

struct log_place {
  enum class kind { none, file, standard_output, standard_error, syslog } what = kind::none;
  std::string path;  // of a file, or of a socket

  // "-" (standard output), "stderr", "syslog" (/dev/log), "syslog:SOCKET", else a file's path; "": none. Errors: usage.
  [[nodiscard]] static outcome<log_place> parse(const std::string& text);
  // The descriptor that the process was started with; -1: it opens one.
  [[nodiscard]] int inherited() const noexcept;
};

class log_target {
 public:
  // Creates the file, or connects to the socket: a socket without a reader is tried again later. Errors: environment.
  [[nodiscard]] static outcome<log_target> open(log_place place);
  log_target(log_target&& other) noexcept;
  log_target& operator=(log_target&&) = delete;
  ~log_target();

  // Writes whole lines. Returns how many were lost. Waits for a slow reader as long as `may_wait` says so, which it
  // asks ten times a second.
  [[nodiscard]] std::size_t write(std::string_view lines, const std::function<bool()>& may_wait);
  // Opens the file of this name, or connects, again. Errors: environment; the former file is kept.
  [[nodiscard]] outcome<void> reopen();
  // The errno value of the latest failure since the last call; 0: none.
  [[nodiscard]] int take_error() noexcept;
  [[nodiscard]] const log_place& place() const noexcept { return place_; }

 private:
  log_target(log_place place, int fd) noexcept : place_(std::move(place)), fd_(fd) {}
  [[nodiscard]] std::size_t write_stream(std::string_view lines, const std::function<bool()>& may_wait);
  [[nodiscard]] std::size_t send_lines(std::string_view lines, const std::function<bool()>& may_wait);
  [[nodiscard]] bool send_line(std::string_view line, const std::function<bool()>& may_wait);
  [[nodiscard]] bool connect_again();

  log_place place_;
  int fd_;  // -1: a socket that is not connected
  int error_ = 0;
  bool torn_ = false;  // the last line was written in part
};

}  // namespace docteur::cache_vm::on_linux
