#pragma once
// Checks the keys of paths that come in order from a list: names, lengths, directories. Guest-safe.

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "object/bytes.hpp"
#include "object/path_rules.hpp"
#include "object/tree.hpp"
#include "reader/limits.hpp"

namespace docteur {

class key_check {
 public:
  explicit key_check(const limits& bounds) noexcept : bounds_(&bounds) {}

  // `key` shares exactly `shared` bytes with the key before. Nothing after those but the end of a directory's key is
  // '/', which the caller checks: so, as the directories in the shared part are those of the last key, the path's
  // directory was listed. `may_have_backslash`: false if no key so far has one. Errors, at `at`: malformed, too_large.
  [[nodiscard]] result<done> check(std::string_view key, std::size_t shared, entry_kind kind, bool may_have_backslash,
                                   std::uint64_t at) noexcept {
    const bool is_directory = kind == entry_kind::directory;
    if (!std::exchange(has_root_, true)) {
      if (!key.empty() || !is_directory) return fail(errc::malformed, at, "the first path is not the root directory");
      return done{};
    }
    if (key.size() > bounds_->path_bytes) return fail(errc::too_large, at, "path is longer than the limit");
    if (is_directory) {
      if (!key.ends_with('/')) return fail(errc::malformed, at, "a directory's key does not end in '/'");
      key.remove_suffix(1);
    }
    if (shared < name_at_) {
      name_at_ = shared;
      while (name_at_ > 0 && key[name_at_ - 1] != '/') --name_at_;
    }
    const std::string_view name = drop(key, std::min(name_at_, key.size()));
    if (const char* why = may_have_backslash ? bad_entry_name(name) : bad_plain_name(name))
      return fail(errc::malformed, at, why);
    if (!is_file(kind) && stands_for_gitmodules(name)) return fail(errc::malformed, at, kGitmodulesIsNoFile);
    if (is_directory) name_at_ = key.size() + 1;
    return done{};
  }

 private:
  const limits* bounds_;
  bool has_root_ = false;
  // The start of the name, after the last '/', in a key that shares at least as many bytes with the last key.
  std::size_t name_at_ = 0;
};

}  // namespace docteur
