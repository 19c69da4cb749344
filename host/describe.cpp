#include "host/describe.hpp"

#include <array>
#include <cstdio>

namespace docteur {

failure describe(const error& e, const std::string& subject) {
  std::string text = subject + ": ";
  switch (e.code) {
    // These are answers rather than faults, so the place in the image is left out.
    case errc::not_found:
    case errc::symlink_loop: return {blame::input, text + e.what};
    case errc::wrong_kind:
      if (e.at == 0) return {blame::input, text + e.what};
      break;
    case errc::out_of_memory: return {blame::environment, text + e.what};
    default: break;
  }
  std::array<char, 32> at;
  std::snprintf(at.data(), at.size(), " at 0x%llx: ", static_cast<unsigned long long>(e.at));
  text += name(e.code);
  text += at.data();
  text += e.what;
  return {is_device_failure(e) ? blame::environment : blame::input, text};
}

}  // namespace docteur
