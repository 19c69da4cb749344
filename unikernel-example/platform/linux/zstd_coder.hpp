#pragma once
// Zstandard (RFC 8878) with a dictionary, for responses.

#include "object/bytes.hpp"

namespace docteur::cache_vm::on_linux {

// As platform::zstd() says.
[[nodiscard]] std::size_t zstd_of(bytes content, bytes dictionary, mutable_bytes out);

}  // namespace docteur::cache_vm::on_linux
