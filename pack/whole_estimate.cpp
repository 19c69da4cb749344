#include "pack/whole_estimate.hpp"

namespace docteur {

whole_estimate whole_estimator::of(bytes content) {
  constexpr std::size_t kHardlySmaller = 4;
  const std::size_t size = estimate_.stream_size(content);
  if (size <= content.size() - content.size() / kHardlySmaller) return {size, false};
  const compressed small = quick_.compress(content);
  return {small.stream.size(), small.stored};
}

}  // namespace docteur
