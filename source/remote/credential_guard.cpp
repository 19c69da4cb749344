#include "source/remote/credential_guard.hpp"

#include <git2.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/unique_fd.hpp"
#include "libgit2/git_handle.hpp"

namespace docteur {
namespace {

constexpr char kTlsHandshake = 0x16;  // a client's first byte (RFC 8446, section 5.1)

// libgit2's registration takes no payload.
struct {
  endpoint home;
  endpoint last;
  bool stays = false;
  bool held_back = false;
} state;

struct connection {
  git_stream base{};  // what libgit2 sees; first, so that its address is ours
  std::string host, port;
  endpoint leads_to;
  bool begun = false;  // something has been sent
  unique_fd socket;
};

connection& of(git_stream* stream) { return *reinterpret_cast<connection*>(stream); }

int fail(const std::string& why) {
  set_git_error(why);
  return -1;
}

int open_connection(git_stream* stream) {
  connection& c = of(stream);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int error = ::getaddrinfo(c.host.c_str(), c.port.c_str(), &hints, &raw); error != 0)
    return fail("failed to resolve address for " + c.host + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(raw, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* a = all.get(); a != nullptr; a = a->ai_next) {
    unique_fd socket(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    if (socket && ::connect(socket.get(), a->ai_addr, a->ai_addrlen) == 0) {
      c.socket = std::move(socket);
      return 0;
    }
    error = errno;
  }
  return fail("failed to connect to " + c.host + ": " + std::strerror(error));
}

// What libgit2 sends to a proxy before it speaks TLS with the host behind it (RFC 9110, section 9.3.6).
void note_where_it_goes(connection& c, std::string_view data) {
  constexpr std::string_view kConnect = "CONNECT ";
  if (data.starts_with(kConnect)) {
    data.remove_prefix(kConnect.size());
    c.leads_to = endpoint_of("https://" + std::string(data.substr(0, data.find(' '))));
  } else if (!c.begun) {
    c.leads_to.encrypted = data.starts_with(kTlsHandshake);
  }
  c.begun = true;
  state.last = c.leads_to;
}

ssize_t send_some(git_stream* stream, const char* data, std::size_t size, int) {
  connection& c = of(stream);
  note_where_it_goes(c, {data, size});
  if (state.stays && !credential_guard::at_home()) {
    state.held_back = true;
    return fail("held back");
  }
  for (;;) {
    const ssize_t n = ::send(c.socket.get(), data, size, MSG_NOSIGNAL);
    if (n >= 0 || errno != EINTR) return n >= 0 ? n : fail(std::string("cannot send: ") + std::strerror(errno));
  }
}

ssize_t receive_some(git_stream* stream, void* data, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(of(stream).socket.get(), data, size, 0);
    if (n >= 0 || errno != EINTR) return n >= 0 ? n : fail(std::string("cannot receive: ") + std::strerror(errno));
  }
}

int close_connection(git_stream* stream) {
  of(stream).socket = unique_fd();
  return 0;
}

void free_connection(git_stream* stream) { delete &of(stream); }

int make_connection(git_stream** out, const char* host, const char* port) {
  auto c = std::make_unique<connection>();
  c->base.version = GIT_STREAM_VERSION;
  c->base.connect = open_connection;
  c->base.write = send_some;
  c->base.read = receive_some;
  c->base.close = close_connection;
  c->base.free = free_connection;
  c->host = host;
  c->port = port;
  c->leads_to = make_endpoint(false, host, port);
  *out = &c.release()->base;
  return 0;
}

}  // namespace

namespace credential_guard {

bool watch(const endpoint& home) {
  state.home = home;
  start_libgit2();
  git_stream_registration ours{};
  ours.version = GIT_STREAM_VERSION;
  ours.init = make_connection;
  return git_stream_register(GIT_STREAM_STANDARD, &ours) == 0;
}

bool at_home() { return state.last == state.home; }

void stay_home() { state.stays = true; }

bool held_back() { return state.held_back; }

std::string last_place() {
  const bool is_address = state.last.host.find(':') != std::string::npos;
  return (is_address ? "[" + state.last.host + "]" : state.last.host) + ":" + state.last.port;
}

}  // namespace credential_guard
}  // namespace docteur
