#pragma once
// How long-running hosted code reports progress and finds out that it must stop. Called from any thread.

#include <cstdint>
#include <string_view>

namespace docteur {

class progress {
 public:
  virtual ~progress() = default;
  // A phase begins: a static name ("reading", "comparing", "writing") and the number of objects it will process, 0 if
  // unknown. Work between two phases belongs to the first.
  virtual void phase(std::string_view name, std::uint64_t total) { (void)name, (void)total; }
  virtual void advance(std::uint64_t objects) { (void)objects; }
  // Bytes done in this phase: received, read of the content, or written into the image.
  virtual void add_bytes(std::uint64_t count) { (void)count; }
  // Returns true if the user wants to stop (a signal arrived): the work then soon ends with a failure.
  [[nodiscard]] virtual bool cancelled() const { return false; }
};

}  // namespace docteur
