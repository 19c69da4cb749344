#pragma once
// The rules that a version of an image has in its own files _headers and _redirects.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "reader/image_reader.hpp"
#include "unikernel-example/application/header_rules.hpp"
#include "unikernel-example/application/redirect_rules.hpp"

namespace docteur::cache_vm {

struct version_rules {
  header_rules headers;
  redirect_rules redirects;
  rule_faults faults;
  [[nodiscard]] std::size_t memory_used() const noexcept { return headers.memory_used() + redirects.memory_used(); }
  // fault_lines() of the faults; only the first call returns them. Any thread.
  [[nodiscard]] std::vector<std::string> untold_faults() const;
  // Whether `path` is one of the files, which are not served.
  [[nodiscard]] static bool is_own_file(std::string_view path) noexcept {
    return path == header_rules::kFile || path == redirect_rules::kFile;
  }

 private:
  mutable std::atomic_flag is_told_ = ATOMIC_FLAG_INIT;
};

// nullptr: the version has neither file. What is wrong in the files, or with them, is kept as faults. Errors: only
// those of the device, and out_of_memory. Throws std::bad_alloc.
[[nodiscard]] result<std::unique_ptr<const version_rules>> load_rules(const image& of, const snapshot& in,
                                                                      const memory& from);

// "_redirects, line 3: no destination", one for each fault that is kept, and how many more there are.
[[nodiscard]] std::vector<std::string> fault_lines(const rule_faults& faults);

}  // namespace docteur::cache_vm
