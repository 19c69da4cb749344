#pragma once
// KVM's clock for guests (Linux, Documentation/virt/kvm/x86/msr.rst and cpuid.rst). Integer registers only.
// Written from that text and not run: the tests use software emulation.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Asks KVM to keep its time in a page of ours. False when there is no such clock.
[[nodiscard]] bool start_kvm_clock() noexcept;

// Nanoseconds per count of the time stamp counter, times 2^32.
[[nodiscard]] std::uint64_t kvm_clock_ns_per_count() noexcept;

// Seconds since 1970 UTC. Costs one exit to KVM, which reads the host's date each time: a pause does not delay it.
[[nodiscard]] std::int64_t kvm_clock_date() noexcept;

}  // namespace docteur::cache_vm::pvh
