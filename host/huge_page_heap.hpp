#pragma once
// Memory for hosted programs that look into a large path tree. Its large blocks are in huge pages where Linux has them
// to give: a path is found by a dozen looks far from one another, each of which would miss the processor's table of
// small pages, and a new block costs a fault for each page. Small blocks are the C library's.

#include "object/memory.hpp"

namespace docteur {

[[nodiscard]] memory huge_page_memory() noexcept;

}  // namespace docteur
