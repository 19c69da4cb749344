#pragma once
// Answers and faults of object databases. Hosted.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/printable.hpp"
#include "pack/object_source.hpp"

namespace docteur {

// Why an object, or a file of a repository, cannot be read; the caller knows its id or path.
struct object_fault {
  bool missing;              // it does not exist: a partial clone, a broken alternate. No other error means that
  std::string why;           // printable, continues "object <id> ..." or "<path> ..."
  blame who = blame::input;  // environment: permissions, I/O, descriptors, memory
  int error = 0;             // errno of the call that failed, if one did
};
template <class T>
using object_result = tl::expected<T, object_fault>;

[[nodiscard]] inline tl::unexpected<object_fault> damaged(std::string why) {
  return tl::unexpected<object_fault>(object_fault{false, "is damaged: " + std::move(why)});
}

// `error`: an errno value of a call that failed.
[[nodiscard]] inline tl::unexpected<object_fault> unreadable(int error) {
  return tl::unexpected<object_fault>(
      object_fault{false, std::string("cannot be read: ") + std::strerror(error), blame::environment, error});
}

// The same with the file's name appended, unless the object is missing.
[[nodiscard]] inline tl::unexpected<object_fault> located(object_fault fault, std::string_view path) {
  if (!fault.missing) fault.why += " (" + printable(path) + ")";
  return tl::unexpected<object_fault>(std::move(fault));
}

// The same as a phrase of its own that begins with the file's name.
[[nodiscard]] inline object_fault about(std::string_view path, object_fault fault) {
  fault.why = printable(path) + " " + fault.why;
  return fault;
}

struct object_summary {
  std::optional<object_type> type;  // if known without reading content
  std::uint64_t size;               // bytes
};

}  // namespace docteur
