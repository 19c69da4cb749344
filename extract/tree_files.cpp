#include "extract/tree_files.hpp"

#include <tbb/enumerable_thread_specific.h>

#include <atomic>
#include <climits>
#include <vector>

#include "base/parallel.hpp"
#include "base/printable.hpp"
#include "extract/folder_writer.hpp"
#include "host/checked_blob.hpp"
#include "host/describe.hpp"
#include "host/heap.hpp"

namespace docteur {
namespace {

constexpr std::size_t kLongestTarget = PATH_MAX - 1;  // bytes of a symbolic link's

// The state of one thread.
struct worker {
  worker(const snapshot& from, int root, const std::string& target)
      : reader(image_reader::make(from.image(), heap_memory())), out(root, target) {}
  result<image_reader> reader;
  folder_writer out;
  checked_blob blob;
};

class extraction {
 public:
  extraction(const snapshot& from, int root, const tree_files_options& options, const std::string& subject,
             const std::string& target, progress& report)
      : from_(from),
        options_(options),
        subject_(subject),
        report_(report),
        out_(root, target),
        workers_([this, root, &target] { return worker(from_, root, target); }) {}

  outcome<tree_files_count> run() {
    DOCTEUR_CHECK(collect());
    report_.phase("extracting", folders_.size() + files_.size() + links_.size());
    for (const item& folder : folders_) {
      if (report_.cancelled()) return give_up(blame::environment, "interrupted");
      DOCTEUR_CHECK(out_.make_folder(path(folder)));
    }
    report_.advance(folders_.size());
    DOCTEUR_CHECK(write_all(files_));
    DOCTEUR_CHECK(write_all(links_));
    // From the inside out: a folder's time changes when something is made in it.
    for (std::size_t i = folders_.size(); options_.modified && i-- > 0;)
      DOCTEUR_CHECK(out_.set_time(path(folders_[i]), *options_.modified));
    count_.content_bytes = content_bytes_;
    return count_;
  }

 private:
  struct item {
    std::size_t path_at;  // in paths_
    std::size_t path_size;
    node what;
  };

  outcome<void> collect() {
    auto entries = from_.list(options_.path, snapshot::depth::all);
    if (!entries) return tl::make_unexpected(describe(entries.error(), about(options_.path)));
    while (const auto e = entries->next()) {
      const item i{paths_.size(), e->name.size(), e->node};
      paths_ += e->name;
      switch (e->node.kind) {
        case entry_kind::submodule: ++count_.submodules; [[fallthrough]];
        case entry_kind::directory: folders_.push_back(i); break;
        case entry_kind::symlink: links_.push_back(i); break;
        case entry_kind::file:
        case entry_kind::executable: files_.push_back(i); break;
      }
    }
    count_.files = files_.size() + links_.size();
    count_.folders = folders_.size() - count_.submodules;
    return {};
  }

  outcome<void> write_all(const std::vector<item>& items) {
    return for_each_index(items.size(), options_.threads, report_, [&](std::size_t i) { return write(items[i]); });
  }

  outcome<void> write(const item& i) {
    worker& own = workers_.local();
    if (!own.reader) return tl::make_unexpected(describe(own.reader.error(), subject_));
    if (i.what.kind == entry_kind::symlink) return write_link(i, own);
    DOCTEUR_TRY(file, own.out.make_file(path(i), i.what.kind == entry_kind::executable ? 0777 : 0666));
    std::uint64_t written = 0;
    DOCTEUR_CHECK(own.blob.read(*own.reader, i.what, about(path(i)), [&](bytes piece) -> outcome<void> {
      if (report_.cancelled()) return give_up(blame::environment, "interrupted");
      written += piece.size();
      return file.write(piece);
    }));
    content_bytes_.fetch_add(written, std::memory_order_relaxed);
    return file.finish(options_.modified);
  }

  outcome<void> write_link(const item& i, worker& own) {
    const auto refuse = [&](const char* why) { return give_up(blame::input, about(path(i)) + ": " + why); };
    const auto size = own.reader->size(i.what);
    if (!size) return tl::make_unexpected(describe(size.error(), about(path(i))));
    if (*size == 0 || *size > kLongestTarget)
      return refuse("a symbolic link whose target is empty or too long for a file system");
    std::string target;
    DOCTEUR_CHECK(own.blob.read(*own.reader, i.what, about(path(i)), [&](bytes piece) -> outcome<void> {
      target += as_text(piece);
      return {};
    }));
    if (target.find('\0') != std::string::npos) return refuse("a symbolic link with a NUL in its target");
    content_bytes_.fetch_add(target.size(), std::memory_order_relaxed);
    return own.out.make_link(path(i), target, options_.modified);
  }

  [[nodiscard]] std::string_view path(const item& i) const {
    return std::string_view(paths_).substr(i.path_at, i.path_size);
  }
  [[nodiscard]] std::string about(std::string_view path) const { return subject_ + ": " + printable(path); }

  const snapshot& from_;
  const tree_files_options& options_;
  const std::string& subject_;
  progress& report_;
  folder_writer out_;
  tbb::enumerable_thread_specific<worker> workers_;
  std::string paths_;
  std::vector<item> folders_;  // a folder before its content
  std::vector<item> files_;
  std::vector<item> links_;
  tree_files_count count_;
  std::atomic<std::uint64_t> content_bytes_{0};
};

}  // namespace

outcome<tree_files_count> write_tree_files(const snapshot& from, int root, const tree_files_options& options,
                                           const std::string& subject, const std::string& target, progress& report) {
  return extraction(from, root, options, subject, target, report).run();
}

}  // namespace docteur
