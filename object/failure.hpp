#pragma once
// How hosted code (builder, commands) fails: a class of exit status and a message for the user. Guest-safe code uses
// result<T> instead.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace docteur {

// The values are the commands' exit statuses (doc/ARCHITECTURE.md, "Errors").
enum class blame : int {
  input = 1,        // the image or the repository is faulty
  usage = 2,        // the request makes no sense
  environment = 3,  // I/O, network, memory
};

struct failure {
  blame who;
  std::string message;  // one line, without program name: what failed, why, and what to do about it
};

template <class T>
using outcome = tl::expected<T, failure>;

[[nodiscard]] inline tl::unexpected<failure> give_up(blame who, std::string message) {
  return tl::unexpected<failure>(failure{who, std::move(message)});
}

}  // namespace docteur
