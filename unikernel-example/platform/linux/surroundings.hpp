#pragma once
// Limits of the process, and what it uses. Hosted, Linux.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace docteur::cache_vm::on_linux {

// The memory limit of this process's control groups in bytes, the smallest on the path to the root: memory.max of
// version 2, memory.limit_in_bytes of version 1 (cgroups(7)). nullopt without a visible limit. `root`: a prefix of
// /proc and /sys, for tests.
[[nodiscard]] std::optional<std::uint64_t> memory_limit(const std::string& root = {});

// Bytes of memory that this process has in use, the pages it shares included; 0 without /proc.
[[nodiscard]] std::uint64_t resident_memory() noexcept;

// Raises the soft limit of open descriptors to the hard limit; returns the limit now in force.
[[nodiscard]] std::uint64_t raise_descriptors() noexcept;

// Processors that this process may use: those of its affinity, bounded by the quota of its control groups (cpu.max of
// version 2, cpu.cfs_quota_us of version 1). At least 1. `root`: as for memory_limit().
[[nodiscard]] std::size_t processors(const std::string& root = {});

}  // namespace docteur::cache_vm::on_linux
