#pragma once
// Memory for hosted programs that search a large path tree. Large blocks are in huge pages if Linux has any. With small
// pages each of the dozen distant accesses that find a path would miss the TLB, and a new block would cost a page fault
// for each of its pages. Small blocks come from the C library.

#include "object/memory.hpp"

namespace docteur {

[[nodiscard]] memory huge_page_memory() noexcept;

}  // namespace docteur
