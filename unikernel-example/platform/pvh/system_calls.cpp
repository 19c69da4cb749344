// The Linux system calls that static glibc and libstdc++ make in a program without files and threads. Registers as in
// Linux (man 2 syscall); results are values or -errno. Compiled for integer registers only, and calls no library
// function: boot.S keeps no SSE register.

#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/power.hpp"
#include "unikernel-example/platform/pvh/random.hpp"
#include "unikernel-example/platform/pvh/serial.hpp"

extern "C" std::int64_t system_call(std::uint64_t number, std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                    std::uint64_t d, std::uint64_t e, std::uint64_t f);

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::int64_t kNone = 0;

// malloc expects fresh memory to be zero, which RAM is not after a reboot.
void clear(std::uint64_t begin, std::uint64_t end) noexcept {
  for (; begin % 8 != 0 && begin < end; ++begin) *reinterpret_cast<volatile char*>(begin) = 0;
  std::uint64_t words = (end - begin) / 8;
  asm volatile("rep stosq" : "+D"(begin), "+c"(words) : "a"(0) : "memory");
  for (; begin < end; ++begin) *reinterpret_cast<volatile char*>(begin) = 0;
}

std::int64_t change_break(std::uint64_t to) noexcept {
  if (to >= machine.heap.begin && to <= machine.heap.end) {
    if (to > machine.heap_break) clear(machine.heap_break, to);
    machine.heap_break = to;
  }
  return static_cast<std::int64_t>(machine.heap_break);
}

bool is_console(std::uint64_t fd) noexcept { return fd == 1 || fd == 2; }

std::int64_t write(std::uint64_t fd, std::uint64_t text, std::uint64_t size) noexcept {
  if (!is_console(fd)) return -EBADF;
  serial::write(reinterpret_cast<const char*>(text), size);
  return static_cast<std::int64_t>(size);
}

std::int64_t write_vector(std::uint64_t fd, std::uint64_t vector, std::uint64_t count) noexcept {
  struct part {
    std::uint64_t base, size;
  };
  const auto* parts = reinterpret_cast<const part*>(vector);
  std::int64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t n = write(fd, parts[i].base, parts[i].size);
    if (n < 0) return n;
    sum += n;
  }
  return sum;
}

std::int64_t thread_register(std::uint64_t what, std::uint64_t address) noexcept {
  constexpr std::uint32_t kFsBase = 0xc0000100;
  if (what != ARCH_SET_FS) return -EINVAL;
  write_msr(kFsBase, address);
  return kNone;
}

std::int64_t time_of(std::uint64_t which, std::uint64_t into) noexcept {
  const bool is_date = which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE;
  const std::uint64_t now = monotonic_ns();
  auto* out = reinterpret_cast<timespec*>(into);
  out->tv_sec = is_date ? wall_clock().value_or(0) : static_cast<std::int64_t>(now / 1'000'000'000);
  out->tv_nsec = static_cast<std::int64_t>(now % 1'000'000'000);
  return kNone;
}

std::int64_t random_bytes(std::uint64_t into, std::uint64_t size) noexcept {
  auto* out = reinterpret_cast<std::uint8_t*>(into);
  std::uint64_t v = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    v = i % 8 == 0 ? random_number() : v >> 8;
    out[i] = static_cast<std::uint8_t>(v);
  }
  return static_cast<std::int64_t>(size);
}

// glibc makes relocated data read-only. No caller needs executable memory.
std::int64_t protect(std::uint64_t begin, std::uint64_t size, std::uint64_t how) noexcept {
  if ((how & PROT_EXEC) != 0) return -EACCES;
  if (size <= ~begin) protect_program(begin, begin + size, (how & PROT_WRITE) != 0);
  return kNone;
}

std::int64_t unknown(std::uint64_t number) noexcept {
  serial::write("remark: system call ");
  serial::write_decimal(number);
  serial::write(" does not exist here\n");
  return -ENOSYS;
}

[[noreturn]] void leave(std::uint64_t status) noexcept {
  if (status == 0) power_off();
  end_with_failure("the program ended");
}

}  // namespace
}  // namespace docteur::cache_vm::pvh

std::int64_t system_call(std::uint64_t number, std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t,
                         std::uint64_t, std::uint64_t) {
  using namespace docteur::cache_vm::pvh;
  switch (number) {
    case SYS_write: return write(a, b, c);
    case SYS_writev: return write_vector(a, b, c);
    case SYS_brk: return change_break(a);
    case SYS_arch_prctl: return thread_register(a, b);
    case SYS_clock_gettime: return time_of(a, b);
    case SYS_getrandom: return random_bytes(a, b);
    case SYS_exit:
    case SYS_exit_group: leave(a);
    case SYS_tgkill: end_with_failure("the program was aborted");
    case SYS_set_tid_address:
    case SYS_getpid:
    case SYS_gettid: return 1;
    case SYS_mmap: return -ENOMEM;  // memory comes by brk
    case SYS_mprotect: return protect(a, b, c);
    case SYS_munmap:
    case SYS_madvise:
    case SYS_futex:
    case SYS_sched_yield:
    case SYS_set_robust_list:
    case SYS_rt_sigprocmask:
    case SYS_rt_sigaction: return kNone;
    case SYS_ioctl: return -ENOTTY;
    case SYS_newfstatat:
    case SYS_fstat: return -EBADF;
    case SYS_read:
    case SYS_close:
    case SYS_lseek: return -EBADF;
    case SYS_readlink:
    case SYS_openat:
    case SYS_open:
    case SYS_access: return -ENOENT;
    case SYS_prlimit64:
    case SYS_rseq: return -ENOSYS;
    default: return unknown(number);
  }
}
