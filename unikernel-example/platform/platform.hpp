#pragma once
// The seam between the cache VM's application (HTTP, shell) and what it runs on: an ordinary Linux process, or a bare
// x86-64 machine. The platform has one or more event loops, each a thread, and calls the application on them. A
// connection belongs to one loop from its beginning to its end.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "object/bytes.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/memory.hpp"
#include "object/oid.hpp"
#include "unikernel-example/platform/request_log.hpp"

namespace docteur::cache_vm {

// A TCP connection, owned by the platform. The application may use it from opened() until it calls close() or abort().
class connection {
 public:
  enum class input { open, ended, broken };  // more may come; the peer has ended its input; the connection is unusable

  // Moves received bytes to `into` and returns their number. 0: nothing has arrived, or the input is over (state()).
  // The platform keeps the rest, and slows the peer down when that is too much.
  [[nodiscard]] virtual std::size_t receive(mutable_bytes into) = 0;
  [[nodiscard]] virtual input state() const = 0;

  // Copies as much of `from` as there is room for; returns how many bytes.
  [[nodiscard]] virtual std::size_t send(bytes from) = 0;
  // Bytes that send() would take now; also 0 while there are too few to be worth a turn. ready() is called when there
  // are more.
  [[nodiscard]] virtual std::size_t room() const = 0;
  // Bytes that the peer has acknowledged, as far as the platform knows: grows as long as a slow client reads.
  [[nodiscard]] virtual std::uint64_t delivered() const = 0;

  virtual void close() = 0;                            // after delivering what was sent
  virtual void finish() { close(); }                   // the same, when the peer has said that it sends no more
  virtual void abort() = 0;                            // at once; the peer sees an error
  [[nodiscard]] virtual std::string peer() const = 0;  // "192.0.2.1:4711"
  // Whether it is a stream of HTTP/2 (RFC 9113): it carries one request and its response, as messages of HTTP/1.1 but
  // for the version HTTP/2.0 in the request, and without the fields that are about the connection.
  [[nodiscard]] virtual bool is_stream() const { return false; }

  void* user = nullptr;  // the application's

 protected:
  ~connection() = default;
};

// Of connections whose streams are the application's connections.
struct stream_limits {
  std::size_t connections;  // at once, of all loops
  std::uint32_t requests;   // on one connection
  std::uint64_t idle_ns;    // without a request
};

// The application's side of a port, on one loop.
class service {
 public:
  virtual ~service() = default;
  virtual void opened(connection& c) = 0;  // sets `user`; may already send, close or abort
  // Input arrived, there is room to send again, or state() changed.
  virtual void ready(connection& c) = 0;
  // The answer to a client for which the platform has no connection.
  [[nodiscard]] virtual std::string_view refusal() const { return {}; }
  // Whether its clients may come through a proxy that says on whose behalf (platform/linux/proxy_head.hpp).
  [[nodiscard]] virtual bool takes_proxies() const { return false; }
  // Whether its clients send the first bytes. The platform may then delay opened() until they arrive.
  [[nodiscard]] virtual bool clients_speak_first() const { return false; }
  // Limits of connections that carry streams; nullopt: it takes none.
  [[nodiscard]] virtual std::optional<stream_limits> streams() const { return std::nullopt; }
};

struct disk {
  std::string name;      // "0", "1", ... in the order of the machine's disks; "module" for a boot module
  docteur::device view;  // valid as long as the platform, or as `keeps` if that is set
  // To be held while the view is used: a file that was replaced is closed with its last user.
  std::shared_ptr<const void> keeps = {};
  // Why the disk can no longer be opened, one line; the view then shows its former content. "": no fault.
  std::string fault = {};
  // The digest that the image must have because the disk's own name says so.
  std::optional<oid> named_digest = {};
};

struct memory_use {
  std::uint64_t total;  // bytes the machine (or the process) may use
  std::uint64_t used;
};

// The number of connections that are possible at once.
struct connection_limit {
  std::size_t most;
  std::string why;  // "a guest has no room for more"
  bool is_fixed;    // a request for more is refused
};

// How the run ends.
enum class ending { halt, reboot, failure };

// The application, as the platform sees it. `loop`: the number of the loop on whose thread it is called; what has none
// is called on loop 0.
class application {
 public:
  virtual ~application() = default;
  virtual void console_ready() = 0;         // console input is available
  virtual void tick(std::size_t loop) = 0;  // about ten times a second, for time-outs
  // Does some milliseconds of background work; false when no more is left.
  [[nodiscard]] virtual bool work(std::size_t loop) = 0;
  // The bytes that a read on this loop waited for are there, or cannot be had: the read may be tried again.
  virtual void arrived(std::size_t loop, std::uint64_t ticket) = 0;
  // The image was replaced and is to be mounted again.
  virtual void reload() = 0;
  // How long responses in progress may take when the machine is to end, ns.
  [[nodiscard]] virtual std::uint64_t drain_time() const = 0;
  // The machine is to end: no further connection is opened, and each is closed once its response was sent.
  virtual void drain(std::size_t loop) = 0;
  // drain() was called on each loop, and nothing listens any more.
  virtual void all_drain() = 0;
  [[nodiscard]] virtual bool is_drained(std::size_t loop) const = 0;
};

class platform {
 public:
  virtual ~platform() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;                   // "linux", "pvh"
  [[nodiscard]] virtual std::uint64_t monotonic_ns() const = 0;              // since boot or another fixed moment
  [[nodiscard]] virtual std::optional<std::int64_t> wall_clock() const = 0;  // seconds since 1970 UTC; RTC in a guest

  virtual void console_write(std::string_view text) = 0;  // '\n' ends a line
  // False: writing some kilobytes would have to wait for their reader.
  [[nodiscard]] virtual bool console_has_room() const { return true; }
  [[nodiscard]] virtual std::size_t console_read(std::span<char> into) = 0;  // typed characters; 0: none

  // Examines the disks again: their sizes and content may change between calls. Any thread may call it.
  [[nodiscard]] virtual std::vector<disk> disks() = 0;
  // With `waits` false, reads of disks by this thread do not wait from now on: one that would have to fails with
  // errc::unavailable, and its bytes are fetched meanwhile. The thread then has a ticket, with which
  // application::arrived() is called; take_ticket() returns it and forgets it, or returns 0. Of several reads that
  // failed, the last one counts. A disk that cannot do that waits in any case.
  virtual void wait_for_disks(bool waits) { (void)waits; }
  [[nodiscard]] virtual bool has_ticket() const { return false; }
  [[nodiscard]] virtual std::uint64_t take_ticket() { return 0; }
  // Gives this thread, a loop's, a ticket for something else than a disk: it arrives when the function that is returned
  // is called, by any thread. Throws std::bad_alloc, and then gives none.
  [[nodiscard]] virtual std::function<void()> promise() { return {}; }
  [[nodiscard]] virtual memory_use memory() const = 0;
  // For large data with scattered accesses, like the tree of an image: in the largest pages available.
  [[nodiscard]] virtual docteur::memory heap() noexcept = 0;

  // The machine's addresses and the link's counters, for people: "10.0.2.15/24 gateway 10.0.2.2, mac ...".
  [[nodiscard]] virtual std::string network_status() const = 0;
  // `services`: one for each loop, or one in all, which gets its connections on loop 0. `address`: "" for all
  // addresses, each of which must succeed; a process also takes the name of a host, "unix:PATH", "systemd" for sockets
  // that it was handed, and as `port` 0 for one that is free. Returns where it listens, for people: "127.0.0.1:80".
  // Errors: environment, with the address that failed and the reason.
  [[nodiscard]] virtual outcome<std::string> listen(std::string_view address, std::uint16_t port,
                                                    std::span<service* const> services) = 0;
  // Tells who started the process how far it is.
  enum class progress { serves, reloads, stops };
  virtual void tell(progress p) { (void)p; }
  [[nodiscard]] virtual connection_limit most_connections() const = 0;
  // Where each request that was answered is recorded; nullptr: nowhere.
  [[nodiscard]] virtual request_log* requests() { return nullptr; }

  [[nodiscard]] virtual std::size_t loops() const { return 1; }
  // Calls task(loop) on the thread of each loop and returns when all calls have; before run(), on the caller's thread.
  // To be called on loop 0 or before run().
  virtual void on_each_loop(const std::function<void(std::size_t)>& task) { task(0); }
  // Calls `task` where it delays no loop, if the platform can, and then `then` on loop 0. Neither may throw.
  virtual void aside(std::function<void()> task, std::function<void()> then) {
    task();
    then();
  }

  // Whether aside() delays no loop and gzip() codes.
  [[nodiscard]] virtual bool can_gzip() const { return false; }
  // Writes a gzip member (RFC 1952) of `content` to `out`, and returns its size in bytes; 0: it does not fit. The same
  // content always has the same member. Any thread may call it. Throws std::bad_alloc.
  [[nodiscard]] virtual std::size_t gzip(bytes content, mutable_bytes out) const {
    (void)content;
    (void)out;
    return 0;
  }

  // Whether aside() delays no loop, promise() gives tickets and zstd() codes.
  [[nodiscard]] virtual bool can_zstd() const { return false; }
  // Writes a Zstandard frame (RFC 8878) of `content` to `out`, and returns its size in bytes; 0: it does not fit. The
  // content of `dictionary` is taken as if it came before. The same two always make the same frame, whose window is as
  // large as both need. Any thread may call it. Throws std::bad_alloc.
  [[nodiscard]] virtual std::size_t zstd(bytes content, bytes dictionary, mutable_bytes out) const {
    (void)content;
    (void)dictionary;
    (void)out;
    return 0;
  }

  // Runs until stop(), and returns how it ended.
  virtual ending run(application& app) = 0;
  virtual void stop(ending how) = 0;
};

// While it exists, this thread's reads of disks do not wait.
class no_waiting {
 public:
  explicit no_waiting(platform& p) : platform_(&p) { platform_->wait_for_disks(false); }
  no_waiting(const no_waiting&) = delete;
  no_waiting& operator=(const no_waiting&) = delete;
  ~no_waiting() { platform_->wait_for_disks(true); }

 private:
  platform* platform_;
};

}  // namespace docteur::cache_vm
