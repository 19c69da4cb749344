#pragma once
// The seam between the cache VM's application (HTTP, shell) and what it runs on: an ordinary Linux process, or a bare
// x86-64 machine. One thread: the platform calls the application, which blocks nowhere but in reads of a disk.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "object/bytes.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/memory.hpp"

namespace docteur::cache_vm {

// A TCP connection. It is the platform's; the application may use it from opened() until it calls close() or abort().
class connection {
 public:
  enum class input { open, ended, broken };  // more may come; the peer has sent all it will; nothing works any more

  // Takes what has arrived, at most into.size() bytes. 0: nothing at the moment, or nothing any more (state()).
  // What is not taken stays with the platform, which slows the peer down when it has enough.
  [[nodiscard]] virtual std::size_t receive(mutable_bytes into) = 0;
  [[nodiscard]] virtual input state() const = 0;

  // Takes a copy of as much as there is room for; returns how many bytes.
  [[nodiscard]] virtual std::size_t send(bytes from) = 0;
  // Bytes that send() would take now; 0 as well while they are too few to be worth a turn. ready() follows then.
  [[nodiscard]] virtual std::size_t room() const = 0;
  // Bytes that the peer has acknowledged since the connection began, as far as the platform knows: what grows while a
  // slow client still reads.
  [[nodiscard]] virtual std::uint64_t delivered() const = 0;

  virtual void close() = 0;                            // what was sent still arrives
  virtual void abort() = 0;                            // at once
  [[nodiscard]] virtual std::string peer() const = 0;  // "192.0.2.1:4711"

  void* user = nullptr;  // the application's

 protected:
  ~connection() = default;
};

// What answers on a port.
class service {
 public:
  virtual ~service() = default;
  virtual void opened(connection& c) = 0;  // sets `user`; may send, close or abort at once
  // Something arrived, or there is room to send again, or state() has changed.
  virtual void ready(connection& c) = 0;
  // What a client gets who cannot even be accepted.
  [[nodiscard]] virtual std::string_view refusal() const { return {}; }
};

struct disk {
  std::string name;      // "0", "1", ... in the order of the machine's disks; "module" for a boot module
  docteur::device view;  // valid as long as the platform, or as `keeps` where there is one
  // What the view needs, to be held while it is used: a host's file that was replaced goes with its last user.
  std::shared_ptr<const void> keeps = {};
  // Why there is nothing to be had of it any more, one line; the view then is of what was there before. "": it is well.
  std::string fault = {};
};

struct memory_use {
  std::uint64_t total;  // bytes the machine (or the process) may use
  std::uint64_t used;
};

// How many connections there can be at once.
struct connection_limit {
  std::size_t most;
  std::string why;
  bool is_fixed;  // it cannot be raised: a request for more is refused
};

// How the run ends.
enum class ending { halt, reboot, failure };

// The application, as the platform sees it.
class application {
 public:
  virtual ~application() = default;
  virtual void console_ready() = 0;  // there is console input
  virtual void tick() = 0;           // about ten times a second: time-outs
  // A slice of background work (prefetch), some milliseconds at most; false when there is nothing more to do.
  [[nodiscard]] virtual bool work() = 0;
  // The image is to be mounted again, for it was replaced.
  virtual void reload() = 0;
  // The machine is to end: no connection will be opened any more, and each is to be closed once what it is being sent
  // has gone out. Returns how long that may take, ns.
  [[nodiscard]] virtual std::uint64_t drain() = 0;
  [[nodiscard]] virtual bool is_drained() const = 0;
};

class platform {
 public:
  virtual ~platform() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;                   // "linux", "pvh"
  [[nodiscard]] virtual std::uint64_t monotonic_ns() const = 0;              // since boot, or any fixed moment
  [[nodiscard]] virtual std::optional<std::int64_t> wall_clock() const = 0;  // seconds since 1970 UTC; RTC in a guest

  virtual void console_write(std::string_view text) = 0;  // '\n' ends a line
  // False: to write some kilobytes would wait for whoever reads them.
  [[nodiscard]] virtual bool console_has_room() const { return true; }
  [[nodiscard]] virtual std::size_t console_read(std::span<char> into) = 0;  // what was typed; 0 when nothing is there

  // Looks at the disks again: a disk's size may change between calls, and the bytes on it.
  [[nodiscard]] virtual std::span<const disk> disks() = 0;
  [[nodiscard]] virtual memory_use memory() const = 0;
  // For what is large and looked at all over, as the tree of an image is: in the largest pages there are.
  [[nodiscard]] virtual docteur::memory heap() noexcept = 0;

  // Where the machine is to be reached, for people: "10.0.2.15/24 gateway 10.0.2.2, mac ..."; counters of the link.
  [[nodiscard]] virtual std::string network_status() const = 0;
  // `address`: "" for all, of which each must be had. Fails with the address that cannot be had and the reason.
  [[nodiscard]] virtual outcome<void> listen(std::string_view address, std::uint16_t port, service& s) = 0;
  [[nodiscard]] virtual connection_limit most_connections() const = 0;

  // Until stop(); returns how it ended.
  virtual ending run(application& app) = 0;
  virtual void stop(ending how) = 0;
};

}  // namespace docteur::cache_vm
