#pragma once
// How long to wait before a request is tried again. Hosted.

#include <chrono>
#include <random>

#include "remote/http_options.hpp"

namespace docteur {

class retry_pause {
 public:
  retry_pause() : random_(std::random_device()()) {}
  // The pause before try `tries`, counted from 0: grows with each; a random part keeps many clients from coming back
  // all at once.
  [[nodiscard]] std::chrono::milliseconds before(unsigned tries, const http_options& options);

 private:
  std::minstd_rand random_;
};

}  // namespace docteur
