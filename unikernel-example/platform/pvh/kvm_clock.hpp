#pragma once
// KVM's clock for guests (Linux, Documentation/virt/kvm/x86/msr.rst and cpuid.rst). Integer registers only.
// Written from that text; not run, for the tests have software emulation only.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// False when there is none. Has KVM keep its time in a page of ours.
[[nodiscard]] bool start_kvm_clock() noexcept;

// Nanoseconds for a count of the time stamp counter, times 2^32.
[[nodiscard]] std::uint64_t kvm_clock_ns_per_count() noexcept;

// Seconds since 1970 UTC. One exit to KVM: the host's date is asked for each time, so a pause does not make it late.
[[nodiscard]] std::int64_t kvm_clock_date() noexcept;

}  // namespace docteur::cache_vm::pvh
