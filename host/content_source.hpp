#pragma once
// Another place where content of an image may be, which is asked before the image's own device. Hosted.

#include <memory>

#include "host/image_device.hpp"

namespace docteur {

class content_source {
 public:
  virtual ~content_source() = default;
  // A device that asks this source first, and `below` for what it does not have. It must not outlive the source. Until
  // learn() was called all comes from `below`.
  [[nodiscard]] virtual std::unique_ptr<image_device> over(std::unique_ptr<image_device> below) = 0;
  // Begins to be asked. `image`: all of the image, read through the device of over(), from where the source learns what
  // it has. To be called before other threads read that device, at most once.
  virtual void learn(const device& image) = 0;
};

}  // namespace docteur
