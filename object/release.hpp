#pragma once
// Memory of containers given back. Guest-safe.

namespace docteur {

// Empties `c` and frees what it holds. `c = {}` does not: it assigns an empty list to a vector, which keeps its memory.
template <typename Container>
void release(Container& c) noexcept {
  Container().swap(c);
}

}  // namespace docteur
