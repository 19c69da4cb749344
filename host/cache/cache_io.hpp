#pragma once
// System calls on cache files: who may open them, how long they may be, and locks that end with the process. Hosted,
// Linux.

#include <cstdint>

namespace docteur {

// Whether the open file is a regular file of this user that nobody else can open.
[[nodiscard]] bool is_own_file(int fd) noexcept;

// The lock that says that a process uses the file; dies with the descriptor. A remover takes it alone. Returns false if
// another descriptor holds it in a way that excludes this. On a file system without locks it returns true.
enum class file_use { shared, alone };
[[nodiscard]] bool lock_use(int fd, file_use how) noexcept;
// Whether another descriptor holds it, in either way.
[[nodiscard]] bool is_in_use(int fd) noexcept;
// Locks for fetching: `n` blocks from `block` on. false if another descriptor has one of them.
[[nodiscard]] bool lock_blocks(int fd, std::uint64_t block, std::uint64_t n) noexcept;
void unlock_blocks(int fd, std::uint64_t block, std::uint64_t n) noexcept;

// Whether a file may be `size` bytes long: a write beyond RLIMIT_FSIZE would end a process that does not ignore
// SIGXFSZ.
[[nodiscard]] bool may_be_as_long(std::uint64_t size) noexcept;

}  // namespace docteur
