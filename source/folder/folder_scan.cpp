#include "source/folder/folder_scan.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/printable.hpp"
#include "object/path_rules.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {
namespace {

struct close_folder {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};

class scanner {
 public:
  scanner(int root, std::string_view shown, std::span<const excluded_file> excluded)
      : root_(root), shown_(shown), excluded_(excluded) {}

  outcome<folder_scan> run(progress& report) {
    scan_.nodes.push_back({0, 0, 0, entry_kind::directory, 0, 0, {}, {}});
    // Folders still to list, the next one last: listing goes depth-first in tree order.
    struct pending {
      std::uint32_t node;
      unsigned depth;
    };
    std::vector<pending> todo{{0, 0}};
    while (!todo.empty()) {
      if (report.cancelled()) return give_up(blame::environment, "interrupted");
      const auto [node, depth] = todo.back();
      todo.pop_back();
      DOCTEUR_CHECK(list(node));
      const folder_node folder = scan_.nodes[node];
      report.advance(folder.children);
      for (std::uint32_t i = folder.children; i-- > 0;) {
        const std::uint32_t child = folder.first_child + i;
        if (scan_.nodes[child].kind != entry_kind::directory) continue;
        if (depth == kMaxTreeDepth) return refuse(scan_.path(child), "folders are nested too deeply");
        todo.push_back({child, depth + 1});
      }
    }
    return std::move(scan_);
  }

 private:
  outcome<void> list(std::uint32_t index) {
    const std::string path = scan_.path(index);
    auto fd = open_beneath(root_, path, O_RDONLY | O_DIRECTORY);
    if (!fd) return unreadable(path, fd.error());
    // The stream gets its own descriptor: closedir() closes it.
    const std::unique_ptr<DIR, close_folder> folder(::fdopendir(::fcntl(fd->get(), F_DUPFD_CLOEXEC, 0)));
    if (!folder) return unreadable(path, errno);

    const std::size_t first = scan_.nodes.size();
    for (;;) {
      errno = 0;
      const dirent* const entry = ::readdir(folder.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      DOCTEUR_CHECK(add(index, fd->get(), path, name));
    }
    if (errno != 0) return unreadable(path, errno);

    std::sort(scan_.nodes.begin() + static_cast<std::ptrdiff_t>(first), scan_.nodes.end(),
              [this](const folder_node& a, const folder_node& b) {
                return compare_tree_names(scan_.name(a), a.kind == entry_kind::directory, scan_.name(b),
                                          b.kind == entry_kind::directory) < 0;
              });
    scan_.nodes[index].first_child = static_cast<std::uint32_t>(first);
    scan_.nodes[index].children = static_cast<std::uint32_t>(scan_.nodes.size() - first);
    return {};
  }

  outcome<void> add(std::uint32_t parent, int folder, const std::string& folder_path, std::string_view name) {
    const std::string path = folder_path.empty() ? std::string(name) : folder_path + "/" + std::string(name);
    if (name == ".git") {
      scan_.left_out.push_back(path);
      return {};
    }
    if (const char* const why = bad_entry_name(name)) return refuse(path, std::string("a bad name: ") + why);
    if (path.size() > kMaxSourcePath) return refuse(path, "the path is too long");
    struct stat st;
    if (::fstatat(folder, std::string(name).c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return unreadable(path, errno);
    const file_stamp stamp = stamp_of(st);
    if (const auto out = std::ranges::find(excluded_, identity_of(st), &excluded_file::which); out != excluded_.end()) {
      if (out->is_noted) scan_.left_out.push_back(path);
      return {};
    }
    entry_kind kind;
    if (!S_ISREG(st.st_mode) && stands_for_gitmodules(name)) return refuse(path, kGitmodulesIsNoFile);
    switch (st.st_mode & S_IFMT) {
      case S_IFDIR: kind = entry_kind::directory; break;
      case S_IFREG: kind = (st.st_mode & S_IXUSR) != 0 ? entry_kind::executable : entry_kind::file; break;
      case S_IFLNK: kind = entry_kind::symlink; break;
      case S_IFIFO: return refuse(path, "is a FIFO; an image can only contain files, folders and symbolic links");
      case S_IFSOCK: return refuse(path, "is a socket; an image can only contain files, folders and symbolic links");
      default: return refuse(path, "is a device; an image can only contain files, folders and symbolic links");
    }
    if (scan_.nodes.size() == kMaxPaths) return refuse(path, "too many files");
    scan_.nodes.push_back({parent, 0, 0, kind, scan_.names.size(), static_cast<std::uint32_t>(name.size()), stamp, {}});
    scan_.names += name;
    return {};
  }

  [[nodiscard]] tl::unexpected<failure> refuse(const std::string& path, const std::string& why) const {
    return give_up(blame::input, printable(std::string(shown_) + "/" + path) + ": " + why);
  }
  [[nodiscard]] tl::unexpected<failure> unreadable(const std::string& path, int error) const {
    return give_up(blame::environment,
                   printable(std::string(shown_) + (path.empty() ? "" : "/") + path) + ": " + std::strerror(error));
  }

  int root_;
  std::string_view shown_;
  std::span<const excluded_file> excluded_;
  folder_scan scan_;
};

}  // namespace

std::string folder_scan::path(std::uint32_t index) const {
  std::vector<std::uint32_t> chain;
  for (; index != 0; index = nodes[index].parent) chain.push_back(index);
  std::string out;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!out.empty()) out += '/';
    out += name(nodes[*it]);
  }
  return out;
}

outcome<folder_scan> scan_folder(int root, std::string_view shown, std::span<const excluded_file> excluded,
                                 progress& report) {
  report.phase("listing", 0);
  auto scan = scanner(root, shown, excluded).run(report);
  if (scan) std::ranges::sort(scan->left_out);
  return scan;
}

}  // namespace docteur
