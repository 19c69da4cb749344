#pragma once
// Gzip (RFC 1952) for responses.

#include "object/bytes.hpp"

namespace docteur::cache_vm::on_linux {

// Returns the size of the member in bytes; 0 when it does not fit `out`. Throws std::bad_alloc.
[[nodiscard]] std::size_t gzip_of(bytes content, mutable_bytes out);

}  // namespace docteur::cache_vm::on_linux
