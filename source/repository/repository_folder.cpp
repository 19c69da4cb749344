#include "source/repository/repository_folder.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/absence.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/objects/regular_file.hpp"
#include "source/repository/repository_format.hpp"

namespace docteur {
namespace {

constexpr std::size_t kMostPathFile = 16 * 1024;  // bytes of a file that contains a path

enum class found_kind { nothing, file, folder, other };

// What `path` is, after following symbolic links; a link to nothing is `other`.
outcome<found_kind> look_at(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0)
    return S_ISDIR(st.st_mode) ? found_kind::folder : S_ISREG(st.st_mode) ? found_kind::file : found_kind::other;
  const int error = errno;
  if (error == ENOENT && ::lstat(path.c_str(), &st) == 0) return found_kind::other;
  if (is_absence(error)) return found_kind::nothing;
  return give_up(blame::environment, printable(path) + ": " + std::strerror(error));
}

tl::unexpected<failure> no_repository(const std::string& path, const std::string& why) {
  return give_up(blame::input, printable(path) + ": is not a repository that can be read: " + why);
}

outcome<std::string> absolute(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (!real) return give_up(blame::environment, printable(path) + ": " + std::strerror(errno));
  return std::string(real.get());
}

// A relative `path` is taken relative to `folder`.
std::string path_from(const std::string& folder, std::string_view path) {
  return path.starts_with('/') ? std::string(path) : folder + "/" + std::string(path);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The path after `before` in `file`, relative to the folder that `file` is in.
outcome<std::string> path_in(const std::string& file, std::string_view before) {
  const auto text = read_regular(file, kMostPathFile);
  if (!text) return give_up(text.error().who, printable(file) + ": " + text.error().why);
  std::string_view path = *text;
  while (path.ends_with('\n') || path.ends_with('\r')) path.remove_suffix(1);
  const bool is_path = path.starts_with(before) && path.size() > before.size() && path.find('\0') == path.npos;
  if (!is_path) return no_repository(file, "it contains no path");
  return path_from(parent_of(file), path.substr(before.size()));
}

class finder {
 public:
  // `folder`: where the repository's own files are, if there is one.
  explicit finder(std::string folder) : folder_(std::move(folder)) {}

  // The number of things that make a folder look like a repository.
  outcome<unsigned> signs() {
    DOCTEUR_TRY(head, look_at(folder_ + "/HEAD"));
    DOCTEUR_TRY(objects, look_at(folder_ + "/objects"));
    DOCTEUR_TRY(refs, look_at(folder_ + "/refs"));
    DOCTEUR_TRY(packed, look_at(folder_ + "/packed-refs"));
    DOCTEUR_TRY(common, look_at(folder_ + "/commondir"));  // a linked worktree has no objects
    const auto is_file = [](found_kind k) { return k == found_kind::file || k == found_kind::other; };
    const auto is_folder = [](found_kind k) { return k == found_kind::folder || k == found_kind::other; };
    return unsigned{is_file(head)} + unsigned{is_folder(objects)} + unsigned{is_folder(refs)} +
           unsigned{is_file(packed)} + unsigned{is_file(common)};
  }

  // `worktree`: the folder whose `.git` led here, or empty.
  outcome<std::optional<local_repository>> open(const std::string& worktree) {
    DOCTEUR_TRY(common, common_folder());
    DOCTEUR_TRY(head, look_at(folder_ + "/HEAD"));
    if (head == found_kind::nothing || head == found_kind::folder) return no_repository(folder_, "it has no file HEAD");
    DOCTEUR_TRY(objects, look_at(common + "/objects"));
    if (objects != found_kind::folder) return no_repository(common, "it has no folder objects");
    local_repository found;
    DOCTEUR_TRY(own, absolute(folder_));
    DOCTEUR_TRY(shared, absolute(common));
    found.place = {own, shared, {}};
    DOCTEUR_CHECK(read_format(common, worktree, found));
    const std::string name = "HEAD";
    if (const auto says = found.references()->read({&name, 1}); !says)
      return give_up(says.error().who, printable(folder_) + "/" + says.error().message);
    return found;
  }

 private:
  // The main worktree's folder, if this is a linked worktree.
  outcome<std::string> common_folder() const {
    const std::string file = folder_ + "/commondir";
    DOCTEUR_TRY(kind, look_at(file));
    if (kind == found_kind::nothing) return folder_;
    DOCTEUR_TRY(common, path_in(file, ""));
    DOCTEUR_TRY(there, look_at(common));
    if (there != found_kind::folder)
      return no_repository(folder_, "commondir leads to " + printable(common) + ", which is not a folder");
    return common;
  }

  outcome<void> read_format(const std::string& common, const std::string& worktree, local_repository& found) const {
    DOCTEUR_TRY(config, read_config(common + "/config", printable(common) + "/config"));
    auto format = repository_format_of(config);
    if (!format) return give_up(format.error().who, printable(folder_) + ": " + format.error().message);
    const bool is_linked = found.place.folder != found.place.common_folder;
    if (is_linked) format->worktree.clear();  // that of the main worktree
    if (format->worktree_config) {
      DOCTEUR_TRY(own, read_config(folder_ + "/config.worktree", printable(folder_) + "/config.worktree"));
      take_worktree(own, *format);
    }
    found.is_partial = format->is_partial;
    found.kind = format->kind;
    found.has_reftables = format->has_reftables;
    if (!format->worktree.empty()) {
      found.expected_worktree = path_from(found.place.folder, format->worktree);
    } else if (!worktree.empty() && (is_linked || !format->is_bare)) {
      DOCTEUR_TRY(top, absolute(worktree));
      found.expected_worktree = std::move(top);
    }
    // It may be gone, or the repository may have moved.
    if (found.expected_worktree.empty()) return {};
    const auto there = look_at(found.expected_worktree);
    if (there && *there == found_kind::folder) found.place.worktree = found.expected_worktree;
    return {};
  }

  std::string folder_;
};

// `.git` of a worktree: a folder, or a file that names the folder.
outcome<std::optional<local_repository>> open_dot_git(const std::string& path, found_kind kind,
                                                      const std::string& worktree) {
  if (kind == found_kind::other) return no_repository(path, "it is neither a folder nor a regular file");
  if (kind == found_kind::folder) return finder(path).open(worktree);
  DOCTEUR_TRY(folder, path_in(path, "gitdir: "));
  DOCTEUR_TRY(there, look_at(folder));
  if (there != found_kind::folder)
    return no_repository(path, "it leads to " + printable(folder) + ", which is not a folder");
  return finder(folder).open(worktree);
}

}  // namespace

outcome<std::optional<local_repository>> find_repository(const std::string& path) {
  std::string plain = path;
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  const std::string inner = plain == "/" ? "/.git" : plain + "/.git";
  DOCTEUR_TRY(kind, look_at(inner));
  if (kind != found_kind::nothing) return open_dot_git(inner, kind, plain);

  DOCTEUR_TRY(itself, look_at(plain));
  const bool is_dot_git = plain == ".git" || plain.ends_with("/.git");
  if (is_dot_git && itself != found_kind::nothing) return open_dot_git(plain, itself, parent_of(plain));
  if (itself != found_kind::folder) return std::nullopt;
  finder here(plain);
  DOCTEUR_TRY(signs, here.signs());
  if (signs >= 2) return here.open("");
  return std::nullopt;
}

}  // namespace docteur
