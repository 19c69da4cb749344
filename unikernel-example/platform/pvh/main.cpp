// main(): starts the platform and the application, and ends the machine.

#include <malloc.h>

#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "unikernel-example/platform/entry.hpp"
#include "unikernel-example/platform/pvh/boot_words.hpp"
#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/network_options.hpp"
#include "unikernel-example/platform/pvh/power.hpp"
#include "unikernel-example/platform/pvh/pvh_platform.hpp"

namespace docteur::cache_vm::pvh {
namespace {

int run() {
  static const std::vector<std::string_view> words = split_words(machine.command_line);
  const auto options = read_network_options(words);
  if (!options) {
    std::printf("failure: %s\n", options.error().c_str());
    std::fflush(stdout);
    end_with_failure(nullptr);
  }
  auto* platform = new pvh_platform(words, *options);  // lives as long as the machine
  std::fflush(stdout);
  const int status = start(*platform, words);
  std::fflush(stdout);
  if (status != 0 || platform->wanted_ending() == ending::failure) end_with_failure(nullptr);
  if (platform->wanted_ending() == ending::reboot) reboot();
  power_off();
}

}  // namespace
}  // namespace docteur::cache_vm::pvh

int main() {
  using namespace docteur::cache_vm::pvh;
  mallopt(M_MMAP_MAX, 0);                       // only brk is available
  mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);  // no other program needs the memory
  std::setvbuf(stdout, nullptr, _IOLBF, 1024);
  start_clock();
  try {
    return run();
  } catch (const std::bad_alloc&) {
    end_with_failure("out of memory");
  } catch (const std::exception& e) {
    end_with_failure(e.what());
  }
}
