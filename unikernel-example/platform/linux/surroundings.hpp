#pragma once
// What a process may use of its machine. Hosted, Linux.

#include <cstdint>
#include <optional>
#include <string>

namespace docteur::cache_vm::on_linux {

// Bytes of memory that this process's control groups leave it, the least on the way up to the root: memory.max of
// version 2, memory.limit_in_bytes of version 1 (cgroups(7)). Absent where there is no limit or none to be seen.
// `root`: in front of /proc and /sys, "" but for tests.
[[nodiscard]] std::optional<std::uint64_t> memory_limit(const std::string& root = {});

// Raises the soft limit of open descriptors to the hard one; returns how many there may be now.
[[nodiscard]] std::uint64_t raise_descriptors() noexcept;

}  // namespace docteur::cache_vm::on_linux
