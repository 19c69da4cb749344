#include "libgit2/git_handle.hpp"

// Where git_error_set_str is declared since libgit2 1.8.
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif

#include "base/printable.hpp"

namespace docteur {

static_assert(GIT_OID_RAWSZ == id_size(hash_kind::sha1));

void start_libgit2() {
  static const bool kStarted = [] {
    git_libgit2_init();
    for (const int level :
         {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
    return true;
  }();
  (void)kStarted;
}

std::string git_error_text() {
  const git_error* const e = git_error_last();
  return e == nullptr || e->message == nullptr ? "unknown error" : printable(e->message);
}

void set_git_error(const std::string& text) { git_error_set_str(GIT_ERROR_NET, text.c_str()); }

oid from_git(const git_oid& id) noexcept {
  return oid::from(reinterpret_cast<const std::byte*>(id.id), hash_kind::sha1);
}

}  // namespace docteur
