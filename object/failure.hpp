#pragma once
// How hosted code (builder, commands) fails: the exit status class of DESIGN and a sentence for a person.
// Not for guest-safe code, which uses result<T>.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace docteur {

// The values are the commands' exit statuses (doc/ARCHITECTURE.md, "Errors").
enum class blame : int {
  input = 1,        // the image or the repository is not good
  usage = 2,        // what was asked for makes no sense
  environment = 3,  // I/O, network, memory
};

struct failure {
  blame who;
  std::string message;  // one line, without program name: the thing, the reason, the way out
};

template <class T>
using outcome = tl::expected<T, failure>;

[[nodiscard]] inline tl::unexpected<failure> give_up(blame who, std::string message) {
  return tl::unexpected<failure>(failure{who, std::move(message)});
}

}  // namespace docteur
