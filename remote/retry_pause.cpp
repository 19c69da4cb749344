#include "remote/retry_pause.hpp"

#include <algorithm>
#include <cstdint>

namespace docteur {

std::chrono::milliseconds retry_pause::before(unsigned tries, const http_options& options) {
  const std::int64_t most = options.first_pause.count() << std::min(tries, 16u);
  const std::int64_t longest = std::chrono::milliseconds(options.longest_pause).count();
  const auto ms = static_cast<double>(std::min(most, longest)) * std::uniform_real_distribution(0.5, 1.0)(random_);
  return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

}  // namespace docteur
