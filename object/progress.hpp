#pragma once
// How long-running hosted code reports where it is, and learns that it must stop. Called from any thread.

#include <cstdint>
#include <string_view>

namespace docteur {

class progress {
 public:
  virtual ~progress() = default;
  // A phase begins: a static name ("reading", "comparing", "writing") and how many objects it will go through, 0 where
  // nobody knows. The work between two phases belongs to the first.
  virtual void phase(std::string_view name, std::uint64_t total) { (void)name, (void)total; }
  virtual void advance(std::uint64_t objects) { (void)objects; }
  // Bytes of this phase that are done: received, read of the content, or written into the image.
  virtual void add_bytes(std::uint64_t count) { (void)count; }
  // True when the user wants to stop (a signal came): the work ends soon with a failure.
  [[nodiscard]] virtual bool cancelled() const { return false; }
};

}  // namespace docteur
