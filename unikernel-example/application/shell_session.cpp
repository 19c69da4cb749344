#include "unikernel-example/application/shell_session.hpp"

#include <algorithm>
#include <array>

#include "unikernel-example/application/cache_machine.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMostAhead = 16 << 10;
constexpr std::string_view kPrompt = "> ";

constexpr char kInterrupt = 3;   // ^C
constexpr char kEndOfInput = 4;  // ^D
constexpr char kBackspace = 8;   // ^H
constexpr char kDelete = 127;
// RFC 854
constexpr char kTelnet = static_cast<char>(255);
constexpr char kTelnetWill = static_cast<char>(251);
constexpr char kTelnetSub = static_cast<char>(250);
constexpr char kTelnetEnd = static_cast<char>(240);

// "GET / HTTP/1.1", "Host: a": no command of the shell looks like that.
bool is_http(std::string_view line) noexcept {
  const std::size_t name = span_of(line, char_class::token);
  if (name > 0 && name < line.size() && line[name] == ':') return true;
  const std::size_t version = line.rfind(" HTTP/");
  return version != std::string_view::npos && version > 0;
}

}  // namespace

shell_session::shell_session(cache_machine& machine, origin where)
    : machine_(&machine), out_(kPrompt), trusted_(where == origin::console) {}

void shell_session::type(std::string_view keys) {
  for (const char c : keys) {
    if (telnet_escape_) {
      telnet_escape_ = false;
      if (c == kTelnetSub) {
        telnet_ = -1;
      } else if (c == kTelnetEnd) {
        telnet_ = 0;
      } else if (telnet_ == 0 && static_cast<unsigned char>(c) >= static_cast<unsigned char>(kTelnetWill) &&
                 c != kTelnet) {
        telnet_ = 1;
      }
      continue;
    }
    if (c == kTelnet) {
      telnet_escape_ = true;
      continue;
    }
    if (telnet_ != 0) {
      if (telnet_ > 0) --telnet_;
      continue;
    }
    if (c == kInterrupt || !is_running()) {
      key(c);
    } else if (ahead_.size() < kMostAhead) {
      ahead_ += c;
    }
  }
}

void shell_session::key(char c) {
  const bool second_of_pair = last_was_cr_ && (c == '\n' || c == '\0');
  last_was_cr_ = c == '\r';
  if (second_of_pair || over_) return;
  switch (c) {
    case '\r':
    case '\n': return finish_line();
    case kInterrupt:
      stop_command();
      line_.clear();
      out_ = std::string("^C\n").append(kPrompt);
      return;
    case kEndOfInput:
      if (line_.empty()) {
        over_ = true;
        out_ += '\n';
      }
      return;
    case kBackspace:
    case kDelete:
      if (line_.empty()) return;
      // Removes all bytes of a character.
      while (line_.size() > 1 && (static_cast<unsigned char>(line_.back()) & 0xc0) == 0x80) line_.pop_back();
      line_.pop_back();
      out_ += "\b \b";
      return;
    default:
      // No key sends NUL, but TLS, STUN and other protocols of browsers do before any text that a page can choose. A
      // first line longer than the buffer is refused too, since its end, which may be " HTTP/1.1", would not be seen.
      if (!trusted_ && (c == '\0' || line_.size() >= kLongestLine)) return end_as_misdirected();
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || line_.size() >= kLongestLine) return;
      line_ += c;
      out_ += c;
  }
}

void shell_session::stop_command() noexcept {
  more_ = nullptr;
  again_.clear();
  waits_for_ = 0;
  ahead_.clear();
}

void shell_session::end_as_misdirected() {
  machine_->log().say_rarely("shell: ended a session whose peer is not a shell user");
  stop_command();
  line_.clear();
  out_ += "\nthis is a shell\n";
  over_ = true;
}

void shell_session::finish_line() {
  if (!trusted_ && is_http(line_)) return end_as_misdirected();
  trusted_ = trusted_ || !line_.empty();
  out_ += '\n';
  run(std::exchange(line_, {}));
}

void shell_session::run(std::string line) {
  shell_output result = run_shell_command(*machine_, line);
  waits_for_ = result.waits_for;
  if (waits_for_ != 0) {
    again_ = std::move(line);
    return;
  }
  out_ += result.text;
  more_ = std::move(result.more);
  over_ = result.leaves;
  if (!more_ && !over_) out_ += kPrompt;
}

// Continues the command that prints or waited.
void shell_session::go_on() {
  if (!again_.empty()) {
    run(std::exchange(again_, {}));
  } else {
    const no_waiting here(machine_->platform());
    const shell_step step = more_(out_);
    waits_for_ = machine_->platform().take_ticket();
    if (waits_for_ != 0 || step == shell_step::more) return;
    if (step == shell_step::waits) {
      waits_for_ = kAside;
      return;
    }
    more_ = nullptr;
    out_ += kPrompt;
  }
  if (is_running()) return;
  // Input that came meanwhile, up to the next command with more to print.
  const std::string waiting = std::exchange(ahead_, {});
  type(waiting);
}

std::string_view shell_session::output() {
  while (out_.empty() && is_running() && !is_waiting()) go_on();
  return out_;
}

bool shell_session::arrived(std::uint64_t ticket) noexcept {
  if (waits_for_ != ticket) return false;
  waits_for_ = 0;
  return true;
}

void shell_service::opened(connection& c) {
  c.user = nullptr;
  if (sessions_.size() >= kMost) {
    constexpr std::string_view full = "too many sessions\r\n";
    (void)c.send(as_bytes(full));
    return c.close();
  }
  sessions_.push_back({&c, shell_session(*machine_, shell_session::origin::network)});
  c.user = &sessions_.back();
  machine_->log().say("shell: " + c.peer() + " connected");
  ready(c);
}

void shell_service::ready(connection& c) {
  auto* mine = static_cast<client*>(c.user);
  if (mine == nullptr) return;
  std::array<char, 1024> keys;
  // No input is taken from a client that does not read.
  const auto read = [&] {
    if (c.room() == 0) return false;
    const std::size_t n = c.receive(std::as_writable_bytes(std::span(keys)));
    mine->session.type({keys.data(), n});
    return n > 0;
  };
  bool more = true;
  while (more) {
    more = read();
    for (std::string_view text = mine->session.output(); !text.empty() && c.room() > 0; text = mine->session.output()) {
      // A network terminal expects CR LF.
      const std::string_view line = text.substr(0, std::min(text.find('\n'), c.room()));
      const std::size_t n = line.empty() ? 0 : c.send(as_bytes(line));
      mine->session.shown(n);
      if (n < line.size() || line.size() == text.size() || text[line.size()] != '\n') continue;
      if (c.room() < 2) break;
      (void)c.send(as_bytes("\r\n"));
      mine->session.shown(1);
    }
  }
  const bool gone = c.state() != connection::input::open;
  if (!gone && !mine->session.is_over()) return;
  // The peer has said all and still reads.
  if (c.state() == connection::input::ended && mine->session.is_waiting()) return;
  if (c.state() == connection::input::broken) {
    c.abort();
  } else {
    c.close();
  }
  sessions_.remove_if([mine](const client& s) { return &s == mine; });
}

void shell_service::arrived(std::uint64_t ticket) {
  for (auto next = sessions_.begin(); next != sessions_.end();) {
    client& each = *next++;  // ready() may remove it
    if (each.session.arrived(ticket)) ready(*each.link);
  }
}

}  // namespace docteur::cache_vm
