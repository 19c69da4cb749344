#pragma once
// What an image is read from, whoever provides it: a file, a server, a cache of a server. Hosted.

#include <cstdint>
#include <optional>
#include <string>

#include "object/device.hpp"
#include "object/oid.hpp"

namespace docteur {

// Requests to another machine so far, and the bytes they brought.
struct transfer {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;  // received
};

class image_device {
 public:
  virtual ~image_device() = default;
  // Valid as long as this object exists; its read() may be called from many threads at once.
  [[nodiscard]] virtual device view() const noexcept = 0;
  // A printable line that pins the version of the content, without credentials; empty if nothing does.
  [[nodiscard]] virtual std::string identity() const { return {}; }
  // The digest (host/image_digests.hpp) that the image must have, as whoever named it says; nullopt: nobody said.
  [[nodiscard]] virtual std::optional<oid> demanded_digest() const { return std::nullopt; }
  // Why the last read failed, or had to be tried again: one printable line, or empty. device::read returns static
  // texts only.
  [[nodiscard]] virtual std::string last_failure() const { return {}; }
  [[nodiscard]] virtual transfer transferred() const noexcept { return {}; }
  // Fills all of `out` from byte `offset`, inside the image, if that needs no waiting: it is in memory. False: read it
  // with view(). Any thread may call it.
  [[nodiscard]] virtual bool read_now(std::uint64_t offset, mutable_bytes out) noexcept {
    (void)offset, (void)out;
    return false;
  }
  // Whether prefetch() does anything.
  [[nodiscard]] virtual bool takes_advice() const noexcept { return false; }
  // These bytes will probably be read soon. Returns at once; what is out of bounds or too much is ignored.
  virtual void prefetch(std::uint64_t offset, std::uint64_t size) noexcept { (void)offset, (void)size; }
  // From now on only prefetch() says what to fetch before it is read: who calls it knows more, such as what is kept
  // elsewhere.
  virtual void stop_reading_ahead() noexcept {}
  // Whether what was fetched once is kept, so that fetch() is of use.
  [[nodiscard]] virtual bool keeps() const noexcept { return false; }
  // Fetches those of these bytes that are not kept yet, and keeps them; returns how many there were. Waits for them.
  // Errors: those of reading; io if they came and could not be kept.
  [[nodiscard]] virtual result<std::uint64_t> fetch(std::uint64_t offset, std::uint64_t /*size*/) noexcept {
    return fail(errc::io, offset, "nothing is kept of this device");
  }
};

}  // namespace docteur
