#pragma once
// Content that a coder makes of other content, if that makes it smaller.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "object/bytes.hpp"
#include "unikernel-example/application/held_content.hpp"

namespace docteur::cache_vm {

// Writes the coded content to the room; returns its size in bytes, 0 if it does not fit.
using content_coder = std::function<std::size_t(std::span<std::byte>)>;

// `front` and then what `code` writes, with its position, form, CRC-32, and `live` as its `counted`. nullptr unless it
// is 64 bytes smaller than `plain`. Throws std::bad_alloc.
[[nodiscard]] std::shared_ptr<content> code_content(const content& plain, content_form form, bytes front,
                                                    const content_coder& code,
                                                    const std::shared_ptr<std::atomic<std::uint64_t>>& live);

}  // namespace docteur::cache_vm
