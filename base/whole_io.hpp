#pragma once
// pread(2) and pwrite(2) that go on until all is read or written. Hosted, POSIX.

#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

// Fills `out` from byte `at` of the file. False with errno otherwise; ENODATA: the file ends before.
[[nodiscard]] bool read_whole(int fd, std::uint64_t at, mutable_bytes out) noexcept;
// Writes `data` to byte `at` of the file. False with errno otherwise; `written` bytes are written then.
[[nodiscard]] bool write_whole(int fd, std::uint64_t at, bytes data, std::uint64_t* written = nullptr) noexcept;

}  // namespace docteur
