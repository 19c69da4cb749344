#pragma once
// What object databases answer. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "pack/object_source.hpp"

namespace docteur {

// Why an object cannot be had; whoever asked knows its id and path.
struct object_fault {
  bool missing;     // not there at all: a partial clone, a broken alternate
  std::string why;  // printable, continues "object <id> ..."
};
template <class T>
using object_result = tl::expected<T, object_fault>;

[[nodiscard]] inline tl::unexpected<object_fault> damaged(std::string why) {
  return tl::unexpected<object_fault>(object_fault{false, "is damaged: " + std::move(why)});
}

struct object_summary {
  std::optional<object_type> type;  // when it costs nothing to know
  std::uint64_t size;               // bytes
};

}  // namespace docteur
